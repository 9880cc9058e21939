//! What a token is worth (RFC 7662).

use domain::{AccessToken, Client};
use oauth::OAuthError;
use oauth::client_auth::Method;
use serde::Serialize;

use super::client_auth::Proven;
use crate::App;
use crate::oauth::refuse;

/// The answer (RFC 7662 §2.2). Of a token that is worth nothing it says only that.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Introspection {
    /// Whether it is worth something.
    pub active: bool,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// How it is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// Until when it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Since when it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// For whom it acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// For whom it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

#[macros::boxed]
impl App {
    /// What a token is worth, for a client that proved who it is: its own tokens, and those that are for it.
    ///
    /// # Errors
    /// `invalid_client` if the client did not prove who it is.
    pub async fn introspect(&self, proven: &Proven, token: &str) -> Result<Introspection, OAuthError> {
        // RFC 7662 §2.1: who asks must be known, so that nobody can try out tokens.
        if proven.method == Method::None {
            return Err(OAuthError::invalid_client("only clients that prove who they are may ask"));
        }
        let Some(token) = self.live_access_token(token).await.map_err(refuse)? else {
            return Ok(Introspection::default());
        };
        let Some(owner) = self.verifier().client(token.client_id) else {
            return Ok(Introspection::default());
        };
        if !may_look(&proven.client, &token) {
            return Ok(Introspection::default());
        }
        let issuer = self.issuance().definition(owner.token_definition).and_then(|it| it.issuer.clone());
        Ok(Introspection {
            active: true,
            scope: Some(token.scopes.join(" ")),
            client_id: Some(owner.client_id.clone()),
            token_type: Some("Bearer"),
            exp: Some(token.expires_at.unix_seconds()),
            iat: Some(token.issued_at.unix_seconds()),
            sub: Some(token.subject.clone()),
            aud: token.audience.clone(),
            iss: Some(issuer.unwrap_or_else(|| self.settings.public_url.clone())),
            jti: Some(token.id.to_string()),
        })
    }
}

/// A client may look at its own tokens, and at those that are for it: a resource server is named by its client id in the
/// audience. Of all others it learns nothing.
fn may_look(client: &Client, token: &AccessToken) -> bool {
    token.client_id == client.id || token.audience.contains(&client.client_id)
}
