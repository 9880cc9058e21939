//! What somebody is asked before a client may act for them, and how it is remembered.

use domain::{Application, Client, Consent, Developer, Owner, Partner};
use oauth::Params;
use store::Tx;

use super::authorize::Asked;
use crate::{App, Result};

/// What somebody is asked.
#[derive(Debug)]
pub struct Question {
    /// What wants to be allowed something.
    pub application: String,
    /// Whose it is: a partner's name, or a developer's.
    pub owner: String,
    /// Where they go from here.
    pub host: String,
    /// As whom.
    pub email: String,
    /// What it wants, in words.
    pub wishes: Vec<WantedScope>,
    /// The request, to be answered.
    pub query: String,
}

/// One scope as it is shown.
#[derive(Debug)]
pub struct WantedScope {
    /// Its name.
    pub scope: String,
    /// What it means, if somebody has written that down.
    pub description: String,
    /// Whether it was agreed to before.
    pub is_known: bool,
}

impl App {
    /// Notes that somebody agrees, so that they are not asked again.
    pub(super) async fn remember(
        &self,
        tx: &mut Tx,
        client: &Client,
        developer: &Developer,
        scopes: &[String],
    ) -> Result<()> {
        let now = tx.now();
        // Two windows may be answered at once.
        tx.lock_developer(developer.id).await?;
        let change = match tx.read().consent(developer.id, client.id).await? {
            Some(consent) if consent.covers(scopes) => return Ok(()),
            Some(consent) => consent.widen(scopes, now),
            None => Consent {
                id: self.new_id(),
                meta: domain::Meta::new(now),
                client_id: client.id,
                application_id: client.application_id,
                developer_id: developer.id,
                scopes: scopes.to_vec(),
            }
            .create(),
        };
        tx.save(change).await?;
        Ok(())
    }

    /// What somebody is to be shown before they answer.
    pub(super) async fn question(
        &self,
        params: &Params,
        asked: &Asked,
        developer: &Developer,
        granted: &[String],
        consent: Option<&Consent>,
    ) -> Result<Question> {
        let read = self.store.read();
        let application: Option<Application> = read.find(asked.client.application_id).await?;
        let (application, owner) = match application {
            Some(it) => (it.name.to_string(), Some(it.owner)),
            None => (asked.client.client_id.clone(), None),
        };
        let owner = match owner {
            Some(Owner::Partner(id)) => read.find(id).await?.map(|partner: Partner| partner.name.to_string()),
            Some(Owner::Developer(id)) => read.find(id).await?.map(|owner: Developer| owner.name.to_string()),
            None => None,
        };
        let known =
            |name: &str| consent.is_some_and(|consent| consent.scopes.iter().any(|scope| scope == name));
        let wish = |name: &String| WantedScope {
            scope: name.clone(),
            description: asked
                .scopes
                .iter()
                .find(|scope| scope.name == *name)
                .map(|scope| scope.description.as_str().to_owned())
                .unwrap_or_default(),
            is_known: known(name),
        };
        Ok(Question {
            application,
            owner: owner.unwrap_or_default(),
            host: oauth::redirect_uri::shown(&asked.request.back.redirect_uri),
            email: developer.email.to_string(),
            wishes: granted.iter().map(wish).collect(),
            query: params.to_query(),
        })
    }
}
