//! Tokens for clients that act for themselves: who gets one, what it is worth, and when it ends.

mod assertions;
mod ending;
mod gateway;
mod getting;
mod keys;
mod proving;

use domain::{
    ApplicationDraft, ApplicationId, Client, ClientType, OAuthScopeDraft, ScopeKind, SigningAlgorithm,
};
use keywright_app::{App, Caller, ClientRequest, OAuthSettings, Proven, Settings, TokenAnswer};
use oauth::client_auth::{Presented, Proof};
use oauth::{ErrorCode, OAuthError, Params};
use serde_json::Value;

use crate::harness::anonymous;

/// Keys that are quickly made.
pub(crate) fn quick() -> Settings {
    let algorithms = vec![SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];
    Settings { oauth: OAuthSettings { algorithms, ..OAuthSettings::default() }, ..Settings::default() }
}

/// A client of an application of its own.
pub(crate) struct Made {
    pub(crate) client: Client,
    pub(crate) secret: String,
}

impl Made {
    pub(crate) fn application(&self) -> ApplicationId {
        self.client.application_id
    }

    pub(crate) fn shows(&self, secret: &str) -> Presented {
        Presented { client_id: self.client.client_id.clone(), proof: Proof::Basic(secret.to_owned()) }
    }
}

pub(crate) async fn scope(app: &App, name: &str, kind: ScopeKind) {
    let draft = OAuthScopeDraft {
        name: name.to_owned(),
        kind,
        role: None,
        description: String::new(),
        claims: Vec::new(),
    };
    app.create_oauth_scope(&Caller::operator(), draft).await.unwrap();
}

pub(crate) async fn client(app: &App, name: &str, change: impl FnOnce(&mut ClientRequest)) -> Made {
    let operator = Caller::operator();
    let draft = ApplicationDraft { name: name.to_owned(), ..ApplicationDraft::default() };
    let partner = domain::PartnerDraft { name: format!("{name} Ltd"), ..domain::PartnerDraft::default() };
    let partner = app.create_partner(&operator, partner).await.unwrap().value;
    let owner = domain::Owner::Partner(partner.id);
    let application = app.create_application(&operator, draft, Some(owner), None).await.unwrap().value;
    let mut request = ClientRequest::of(ClientType::NonInteractive);
    change(&mut request);
    let made = app.create_client(&operator, application.id, request).await.unwrap();
    let secret = made.secret.map(|secret| secret.expose().to_owned()).unwrap_or_default();
    Made { client: made.value, secret }
}

pub(crate) async fn token_with(
    app: &App,
    presented: &Presented,
    pairs: &[(&str, &str)],
) -> Result<TokenAnswer, OAuthError> {
    let proven: Proven = app.authenticate_client(&anonymous(), presented).await?;
    app.client_credentials(&proven, &pairs.iter().copied().collect::<Params>()).await
}

pub(crate) async fn token(app: &App, made: &Made) -> TokenAnswer {
    token_with(app, &made.shows(&made.secret), &[]).await.unwrap()
}

pub(crate) fn code<T>(result: Result<T, OAuthError>) -> ErrorCode {
    result.err().map(|error| error.code).unwrap()
}

pub(crate) async fn is_live(app: &App, text: &str) -> bool {
    app.live_access_token(text).await.unwrap().is_some()
}

pub(crate) fn claims(jwt: &str) -> Value {
    Value::Object(oauth::jose::peek(jwt).unwrap())
}
