//! Who a token acts for (OpenID Connect Core §5.3).

use domain::{AccessToken, Developer, DeveloperState, OAuthGrant};
use oauth::claims::{ClaimsRequest, Place};
use oauth::scope::Scopes;
use oauth::{ErrorCode, OAuthError};
use serde_json::{Map, Value, json};

use super::refuse;
use super::tokens::Told;
use crate::App;

#[macros::boxed]
impl App {
    /// What the bearer of a token is told about the person.
    ///
    /// # Errors
    /// `invalid_token` if it is worth nothing; `insufficient_scope` without `openid`, and for tokens that act for nobody.
    pub async fn userinfo(&self, token: &str) -> Result<Map<String, Value>, OAuthError> {
        let invalid = || OAuthError::invalid_token("the access token is unknown, expired or ended");
        let token = self.live_access_token(token).await.map_err(refuse)?.ok_or_else(invalid)?;
        let grant = self.grant_of(&token).await?;
        // A JWT is not stored, and says who it acts for by its grant.
        let person = token.developer_id.or(grant.as_ref().map(|grant| grant.developer_id));
        let Some(developer) = person.filter(|_| token.scopes.iter().any(|scope| scope == "openid")) else {
            return Err(OAuthError::new(
                ErrorCode::InsufficientScope,
                "the access token must act for a person, and have the scope openid",
            ));
        };
        let read = self.store.read();
        let developer: Option<Developer> = read.find(developer).await.map_err(refuse)?;
        let developer = developer.filter(|it| it.state == DeveloperState::Approved).ok_or_else(invalid)?;
        let client = self.verifier().client(token.client_id).ok_or_else(invalid)?;
        let claims: ClaimsRequest =
            grant.and_then(|grant| serde_json::from_value(grant.claims).ok()).unwrap_or_default();
        let scopes = Scopes::from_iter(&token.scopes);
        let told = Told { client: &client, developer: &developer, scopes: &scopes, claims: &claims };
        let mut answer = self.claims_at(&told, Place::Userinfo);
        answer.insert("sub".to_owned(), json!(token.subject));
        Ok(answer)
    }

    /// The client of a token, live or not; `None` if it is none of ours.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn client_id_of(&self, token: &str) -> Result<Option<String>, OAuthError> {
        let token = self.access_token(token).await.map_err(refuse)?;
        let client = token.and_then(|token| self.verifier().client(token.client_id));
        Ok(client.map(|client| client.client_id.clone()))
    }

    /// Whether scripts from a place may read answers to a client; without one, to any public client.
    pub fn allows_origin(&self, origin: &str, client_id: Option<&str>) -> bool {
        match client_id.and_then(|client_id| self.verifier().client_by_name(client_id)) {
            Some(client) => client.browser_origins().iter().any(|known| known == origin),
            None => self.verifier().is_origin(origin),
        }
    }

    /// What somebody allowed when they allowed this token.
    async fn grant_of(&self, token: &AccessToken) -> Result<Option<OAuthGrant>, OAuthError> {
        match token.grant_id {
            Some(id) => self.store.read().find(id).await.map_err(refuse),
            None => Ok(None),
        }
    }
}
