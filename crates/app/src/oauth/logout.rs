//! A client asks that somebody be signed out (OpenID Connect RP-Initiated Logout 1.0).

use std::time::Duration;

use domain::{Client, Instant, Session};
use oauth::jose::{self, Expected};
use oauth::logout::{self, LogoutRequest};
use oauth::{OAuthError, Params, id_token};

use super::refuse;
use crate::{App, Caller};

/// What a request to sign out comes to.
#[derive(Debug)]
pub struct Logout {
    /// Where to go afterwards.
    pub target: Option<String>,
    /// Whose place that is.
    pub host: Option<String>,
    /// Whether to ask first: the client did not show that it is about whoever is signed in here (§2).
    pub must_ask: bool,
}

/// By how long an ID token may be over as a hint: "long after it has expired" (§4).
const HINT_AGE: Duration = Duration::from_secs(400 * 24 * 3600);

#[macros::boxed]
impl App {
    /// Looks at a request to sign out; nobody is signed out by that.
    ///
    /// # Errors
    /// If it names an address that is not the client's, a hint that is not ours, or two clients.
    pub async fn logout_request(&self, caller: &Caller, params: &Params) -> Result<Logout, OAuthError> {
        let session = self.session_of(caller).await?;
        let request: LogoutRequest = logout::read(params)?;
        let hint = match &request.id_token_hint {
            Some(hint) => Some(self.claims_of_hint(hint)?),
            None => None,
        };
        let text =
            |name: &str| hint.as_ref().and_then(|claims| claims.get(name)?.as_str()).map(str::to_owned);
        let audience = text("aud");
        let client = match request.client(audience.as_deref())? {
            Some(id) => {
                let unknown = || OAuthError::invalid_request("client_id is not known here");
                Some(self.verifier().client_by_name(id).ok_or_else(unknown)?)
            }
            None => None,
        };
        let registered = client.as_ref().map(|client| client.post_logout_redirect_uris.as_slice());
        let target = request.target(registered)?;
        let host = target.as_deref().map(oauth::redirect_uri::shown);
        let subject = text("sub");
        let is_about_them = match (&session, &client, subject) {
            (Some(session), Some(client), Some(subject)) => self.is_subject(client, session, &subject),
            _ => false,
        };
        Ok(Logout { target, host, must_ask: session.is_some() && !is_about_them })
    }

    fn is_subject(&self, client: &Client, session: &Session, subject: &str) -> bool {
        match session.person {
            domain::Person::Developer(id) => self.subject_for(client, id) == subject,
            domain::Person::Administrator(_) => false,
        }
    }

    /// Whom an ID token of ours is about, expired or not.
    pub(super) async fn subject_of_hint(&self, hint: &str) -> Result<String, OAuthError> {
        let claims = self.claims_of_hint(hint)?;
        let subject = claims.get("sub").and_then(|sub| sub.as_str());
        subject
            .map(str::to_owned)
            .ok_or_else(|| refuse(crate::Error::Internal("an ID token without sub".to_owned())))
    }

    fn claims_of_hint(&self, hint: &str) -> Result<jose::Claims, OAuthError> {
        let now: Instant = self.clock.now();
        let expected = Expected { types: &[id_token::TYP], now, skew: HINT_AGE };
        let refused = || OAuthError::invalid_request("id_token_hint is no ID token of this server");
        let claims = jose::verify(hint, &self.issuance().keys, &expected).map_err(|_| refused())?;
        match claims.get("iss").and_then(|iss| iss.as_str()) == Some(self.settings.public_url.as_str()) {
            true => Ok(claims),
            false => Err(refused()),
        }
    }
}
