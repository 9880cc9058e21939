//! The client acts for itself (RFC 6749 §4.4).

use std::sync::Arc;

use domain::{Client, GrantType, ScopeKind};
use oauth::client_auth::Method;
use oauth::scope::{Scopes, choose};
use oauth::{OAuthError, Params, resource};
use serde::Serialize;

use super::client_auth::Proven;
use super::{About, Minted};
use crate::oauth::refuse;
use crate::{App, Error, Result};

/// What a client gets (RFC 6749 §5.1).
#[derive(Clone, Debug, Serialize)]
pub struct TokenAnswer {
    /// The token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Whole seconds.
    pub expires_in: u64,
    /// What it opens, which may be less than was asked for.
    pub scope: String,
    /// With which another one is had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in (OpenID Connect Core §3.1.3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl TokenAnswer {
    /// The answer with nothing but an access token.
    pub fn of(client: &Client, minted: &Minted) -> Self {
        Self {
            access_token: minted.text.expose().to_owned(),
            token_type: if client.lower_case_bearer { "bearer" } else { "Bearer" },
            expires_in: minted.token.expires_at.since(minted.token.issued_at).as_secs(),
            scope: minted.token.scopes.join(" "),
            refresh_token: None,
            id_token: None,
        }
    }
}

#[macros::boxed]
impl App {
    /// A token for the client itself. There is never a refresh token with it (RFC 6749 §4.4.3).
    ///
    /// # Errors
    /// `unauthorized_client` if the client may not, `invalid_scope` or `invalid_target` if it asks for what it may not
    /// have.
    pub async fn client_credentials(
        &self,
        proven: &Proven,
        params: &Params,
    ) -> Result<TokenAnswer, OAuthError> {
        let client = &proven.client;
        // RFC 6749 §4.4: only those that prove who they are, whatever their settings say.
        if !client.confidential || proven.method == Method::None {
            return Err(OAuthError::unauthorized_client(
                "client_credentials needs a client that proves who it is",
            ));
        }
        if !client.allows_grant(GrantType::ClientCredentials) {
            return Err(OAuthError::unauthorized_client("this client may not use client_credentials"));
        }
        let allowed = self.scopes_for_itself(client);
        let must_ask = client.requested_scopes_required && !allowed.is_empty();
        let scopes = choose(Scopes::of_request(params)?, &allowed, must_ask)?;
        let audience = resource::of_request(params)?;
        resource::must_be_known(&audience, |resource| self.is_audience(client, resource))?;
        let about = About { scopes: scopes.into_vec(), audience, ..About::default() };
        let minted = self.mint_access_token(client, about).await.map_err(refuse)?;
        let answer = TokenAnswer::of(client, &minted);
        self.keep_access_token(minted).await.map_err(refuse)?;
        Ok(answer)
    }

    /// What a client may ask for without a person: nothing that is about one.
    fn scopes_for_itself(&self, client: &Client) -> Scopes {
        let issuance = self.issuance();
        let allowed = client.allowed_scopes(&issuance.scopes);
        let is_open = |name: &String| {
            issuance.scopes.iter().any(|scope| {
                scope.name == *name
                    && match scope.kind {
                        ScopeKind::Plain | ScopeKind::System => true,
                        ScopeKind::Role | ScopeKind::Openid => false,
                    }
            })
        };
        allowed.into_iter().filter(is_open).collect()
    }

    /// Whether tokens of a client may be for this audience: one that its definition or an API version names.
    pub(crate) fn is_audience(&self, client: &Client, resource: &str) -> bool {
        let issuance = self.issuance();
        let definition = issuance.definition(client.token_definition);
        definition.is_some_and(|definition| definition.audience.iter().any(|known| known == resource))
            || resource == self.settings.public_url
            || self.verifier().is_audience(resource)
    }

    /// Keeps a token together with all that are made meanwhile. Returns once it is safe.
    pub(crate) async fn keep_access_token(&self, minted: Minted) -> Result<(), Error> {
        if !minted.is_kept() {
            return Ok(());
        }
        let token = Arc::new(minted.token);
        self.oauth.writer.keep(Arc::clone(&token)).await?;
        if let Some(hash) = token.hash {
            self.oauth.tokens.put(hash, token);
        }
        Ok(())
    }
}
