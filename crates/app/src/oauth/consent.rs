//! What somebody has agreed to: seen, and withdrawn.

use domain::{Application, ClientId, Consent, ConsentId, DeveloperId, GrantEnd, SessionId};
use store::{GrantsOf, Page, PageRequest, Tx};

use crate::{App, Caller, Error, Result};

/// A consent with what people call the one who has it.
#[derive(Clone, Debug)]
pub struct ShownConsent {
    /// The consent.
    pub consent: Consent,
    /// The application's name.
    pub application: String,
    /// What the client calls itself.
    pub client_id: String,
}

#[macros::boxed]
impl App {
    /// What the caller has agreed to, from the newest to the oldest.
    ///
    /// # Errors
    /// If no developer is signed in.
    pub async fn consents(&self, caller: &Caller, page: PageRequest) -> Result<Page<ShownConsent>> {
        let developer = developer(caller)?;
        let read = self.store.read();
        let page = read.consents(developer, page).await?;
        let ids = page.items.iter().map(|consent| consent.application_id.0);
        let applications: Vec<Application> = read.find_all(ids).await?;
        let name = |consent: &Consent| {
            let found = applications.iter().find(|application| application.id == consent.application_id);
            found.map(|application| application.name.to_string()).unwrap_or_default()
        };
        let client_id =
            |id: ClientId| self.verifier().client(id).map(|it| it.client_id.clone()).unwrap_or_default();
        let shown = page.items.into_iter().map(|consent| ShownConsent {
            application: name(&consent),
            client_id: client_id(consent.client_id),
            consent,
        });
        Ok(Page { items: shown.collect(), next: page.next })
    }

    /// The caller does not agree any more: they will be asked again, and what the client has now is worth nothing.
    ///
    /// # Errors
    /// If no developer is signed in, or it is not theirs.
    pub async fn withdraw_consent(&self, caller: &Caller, id: ConsentId) -> Result<()> {
        let developer = developer(caller)?;
        let mut tx = self.begin(caller).await?;
        let consent: Option<Consent> = tx.read().find_visible(id, Some(developer)).await?;
        let consent = consent.ok_or(Error::NotFound(ConsentId::KIND))?;
        let of = GrantsOf::DeveloperAtClient(developer, consent.client_id);
        end_grants(&mut tx, of, GrantEnd::Withdrawn, |_| true).await?;
        tx.save(consent.withdraw()).await?;
        self.commit(tx).await
    }
}

/// Ends grants, in the transaction of whatever ends them.
pub(crate) async fn end_grants(
    tx: &mut Tx,
    of: GrantsOf,
    why: GrantEnd,
    which: impl Fn(&domain::OAuthGrant) -> bool,
) -> Result<()> {
    let now = tx.now();
    for grant in tx.read().living_grants(of).await?.iter().filter(|grant| which(grant)) {
        if let Some(end) = grant.end(why, now) {
            tx.save(end).await?;
        }
    }
    Ok(())
}

/// Ends what was granted in a session that is signed out of. Who asked for `offline_access` was told that it outlives
/// that.
pub(crate) async fn end_grants_of_session(tx: &mut Tx, session: SessionId) -> Result<()> {
    let is_bound = |grant: &domain::OAuthGrant| !grant.scopes.iter().any(|scope| scope == "offline_access");
    end_grants(tx, GrantsOf::Session(session), GrantEnd::SignedOut, is_bound).await
}

fn developer(caller: &Caller) -> Result<DeveloperId> {
    match caller.developer() {
        Some(developer) => Ok(developer),
        None => match caller.identity {
            crate::Identity::Anonymous => Err(Error::Unauthenticated("sign in first")),
            _ => Err(Error::Forbidden("only developers agree to anything; sign in as one".to_owned())),
        },
    }
}
