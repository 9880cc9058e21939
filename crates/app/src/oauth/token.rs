//! The token endpoint: who asks, by which grant, and what they get.

use domain::GrantType;
use oauth::client_auth::Presented;
use oauth::{OAuthError, Params};

use super::TokenAnswer;
use crate::{App, Caller};

/// Every grant there is, by its name on the wire. Another one is a line here and an arm in [`App::token`]; what is on
/// comes out of this table for the endpoint and for the metadata alike.
pub(super) const GRANTS: [(&str, GrantType); 4] = [
    ("authorization_code", GrantType::AuthorizationCode),
    ("client_credentials", GrantType::ClientCredentials),
    ("refresh_token", GrantType::RefreshToken),
    ("password", GrantType::Password),
];

#[macros::boxed]
impl App {
    /// A client asks for tokens.
    ///
    /// # Errors
    /// In the words of RFC 6749 §5.2.
    pub async fn token(
        &self,
        caller: &Caller,
        presented: &Presented,
        params: &Params,
    ) -> Result<TokenAnswer, OAuthError> {
        let proven = self.authenticate_client(caller, presented).await?;
        let on = self.grants_on();
        let grant = oauth::token::grant(params, &on)?;
        if !proven.client.allows_grant(grant) {
            return Err(OAuthError::unauthorized_client("this client may not use this grant_type"));
        }
        match grant {
            GrantType::AuthorizationCode => Box::pin(self.redeem_code(caller, &proven.client, params)).await,
            GrantType::RefreshToken => Box::pin(self.refresh(caller, &proven.client, params)).await,
            GrantType::ClientCredentials => Box::pin(self.client_credentials(&proven, params)).await,
            GrantType::Password => Box::pin(self.password_grant(caller, &proven.client, params)).await,
            GrantType::Implicit | GrantType::Hybrid => {
                Err(OAuthError::unauthorized_client("this grant is not for the token endpoint"))
            }
        }
    }

    /// The grants of the token endpoint that are on. Legacy ones are not unless the configuration names them.
    pub(super) fn grants_on(&self) -> Vec<(&'static str, GrantType)> {
        GRANTS.into_iter().filter(|(_, grant)| self.has_grant(*grant)).collect()
    }
}
