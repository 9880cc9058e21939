//! A client gives a token back (RFC 7009).

use oauth::OAuthError;

use super::client_auth::Proven;
use crate::oauth::refuse;
use crate::{App, Caller, Result};

#[macros::boxed]
impl App {
    /// Ends an access token of the client. What is unknown, over, or somebody else's is passed over in silence: the
    /// client has what it wanted (RFC 7009 §2.2), and learns nothing about the tokens of others.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn revoke_access_token(
        &self,
        caller: &Caller,
        proven: &Proven,
        token: &str,
    ) -> Result<bool, OAuthError> {
        let Some(token) = self.live_access_token(token).await.map_err(refuse)? else { return Ok(false) };
        if token.client_id != proven.client.id {
            return Ok(false);
        }
        let mut tx = self.begin(caller).await.map_err(refuse)?;
        match tx.save(token.revoke(tx.now())).await {
            // Somebody was faster.
            Err(store::Error::Unique { .. }) => return Ok(true),
            other => other.map_err(refuse)?,
        };
        self.commit(tx).await.map_err(refuse)?;
        Ok(true)
    }
}
