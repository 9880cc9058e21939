//! Codes: made when somebody allows a client something, and redeemed by that client (RFC 6749 §4.1).

use std::time::Duration;

use domain::{Client, GrantEnd, OAuthGrant, SecretKind, secret};
use oauth::claims::ClaimsRequest;
use oauth::pkce::Challenge;
use oauth::scope::Scopes;
use oauth::token::authorization_code::{Code, Verdict, decide, refused};
use oauth::{OAuthError, Params};
use store::{AuthorizationCode, Tx};

use super::TokenAnswer;
use super::authorize::Asked;
use super::refuse;
use super::tokens::Wanted;
use crate::{App, Caller, Result};

/// How long a code lives.
const LIFETIME: Duration = Duration::from_secs(60);

impl App {
    /// Makes the code for a grant.
    pub(super) async fn put_code(&self, tx: &Tx, asked: &Asked, grant: &OAuthGrant) -> Result<String> {
        let (secret, hash) = self.keys.mint(SecretKind::AuthorizationCode);
        let code = AuthorizationCode {
            hash,
            grant_id: grant.id,
            redirect_uri: asked.request.back.redirect_uri.clone(),
            challenge: asked
                .request
                .challenge
                .as_ref()
                .map(|challenge: &Challenge| challenge.as_str().to_owned()),
            nonce: asked.request.nonce.clone(),
            expires_at: tx.now() + LIFETIME,
            used_at: None,
        };
        tx.put_code(&code).await?;
        Ok(secret.expose().to_owned())
    }

    /// A client brings a code.
    ///
    /// # Errors
    /// `invalid_grant` if it is worth nothing; a code that comes a second time ends all that came from it.
    pub(super) async fn redeem_code(
        &self,
        caller: &Caller,
        client: &Client,
        params: &Params,
    ) -> Result<TokenAnswer, OAuthError> {
        let presented = params.require("code")?;
        if secret::kind_of(presented) != Some(SecretKind::AuthorizationCode) {
            return Err(refused());
        }
        let hashes = self.keys.hashes(SecretKind::AuthorizationCode, presented);
        let tx = self.begin(caller).await?;
        let Some(code) = tx.read().code(&hashes).await.map_err(refuse)? else { return Err(refused()) };
        let grant: Option<OAuthGrant> = tx.read().find(code.grant_id).await.map_err(refuse)?;
        let Some(grant) = grant else { return Err(refused()) };
        let seen = Code {
            client_id: grant.client_id,
            redirect_uri: &code.redirect_uri,
            challenge: code.challenge.as_deref(),
            expires_at: code.expires_at,
            is_used: code.used_at.is_some(),
            is_ended: !grant.is_alive(),
            resources: &grant.resources,
        };
        let resources = match decide(&seen, client.id, params, tx.now()) {
            Verdict::Redeem(resources) => resources,
            Verdict::Replayed => return self.end_family(tx, &grant, GrantEnd::CodeReplayed, refused()).await,
            Verdict::Burn(error) => {
                tx.use_code(&code.hash).await.map_err(refuse)?;
                self.commit(tx).await?;
                return Err(error);
            }
            Verdict::Refuse(error) => return Err(error),
        };
        if !tx.use_code(&code.hash).await.map_err(refuse)? {
            // Somebody was faster between our looking and our using it: this is the second time (F-44).
            return self.end_family(tx, &grant, GrantEnd::CodeReplayed, refused()).await;
        }
        let claims: ClaimsRequest = serde_json::from_value(grant.claims.clone()).unwrap_or_default();
        let wanted = Wanted {
            grant: &grant,
            scopes: Scopes::from_iter(&grant.scopes),
            resources,
            nonce: code.nonce.as_deref(),
            claims: &claims,
        };
        let refresh = self.first_refresh_token(&tx, client, &grant).await?;
        self.finish(tx, client, wanted, refresh).await
    }

    /// Ends all that came from a grant, and says no. The end is kept even though the answer is an error.
    pub(super) async fn end_family<T>(
        &self,
        mut tx: Tx,
        grant: &OAuthGrant,
        why: GrantEnd,
        error: oauth::OAuthError,
    ) -> Result<T, OAuthError> {
        if let Some(end) = grant.end(why, tx.now()) {
            match tx.save(end).await {
                Ok(_) => self.commit(tx).await?,
                // Somebody else has ended it at the same moment.
                Err(store::Error::Stale) => {}
                Err(error) => return Err(refuse(error)),
            }
        }
        Err(error)
    }
}
