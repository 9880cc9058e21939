//! A client asks that somebody be signed out (OpenID Connect RP-Initiated Logout 1.0).

use crate::{OAuthError, Params, Result, redirect_uri};

/// What a request asks for, not yet compared with anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutRequest {
    /// An ID token of ours, unproven.
    pub id_token_hint: Option<String>,
    /// Which client asks.
    pub client_id: Option<String>,
    /// Where to go afterwards.
    pub post_logout_redirect_uri: Option<String>,
    /// Comes back with it.
    pub state: Option<String>,
}

/// Reads a request.
///
/// # Errors
/// If a parameter is there twice.
pub fn read(params: &Params) -> Result<LogoutRequest> {
    params.must_be_single(&[])?;
    let text = |name| params.get(name).map(|value| value.map(str::to_owned));
    Ok(LogoutRequest {
        id_token_hint: text("id_token_hint")?,
        client_id: text("client_id")?,
        post_logout_redirect_uri: text("post_logout_redirect_uri")?,
        state: text("state")?,
    })
}

impl LogoutRequest {
    /// Which client asks: the one that the hint was issued to, and the one that is named, if both are there (§2).
    ///
    /// # Errors
    /// If they differ.
    pub fn client<'a>(&'a self, of_hint: Option<&'a str>) -> Result<Option<&'a str>> {
        match (of_hint, self.client_id.as_deref()) {
            (Some(hint), Some(named)) if hint != named => Err(OAuthError::invalid_request(
                "client_id must be the one that the id_token_hint was issued to",
            )),
            (Some(client), _) | (None, Some(client)) => Ok(Some(client)),
            (None, None) => Ok(None),
        }
    }

    /// Where to go afterwards: one of the client's own addresses, or nowhere (§3).
    ///
    /// # Errors
    /// If it is not registered, or nobody says for which client it would be.
    pub fn target(&self, registered: Option<&[String]>) -> Result<Option<String>> {
        let Some(uri) = &self.post_logout_redirect_uri else { return Ok(None) };
        let registered = registered.ok_or_else(|| {
            OAuthError::invalid_request(
                "post_logout_redirect_uri needs an id_token_hint or a client_id beside it",
            )
        })?;
        if !registered.contains(uri) {
            return Err(OAuthError::invalid_request(
                "post_logout_redirect_uri is not registered for this client",
            ));
        }
        let state = self.state.iter().map(|state| ("state", state.as_str()));
        Ok(Some(if self.state.is_some() { redirect_uri::with_query(uri, state) } else { uri.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(pairs: &[(&str, &str)]) -> LogoutRequest {
        read(&pairs.iter().copied().collect()).unwrap()
    }

    #[test]
    fn rp_logout_3_only_registered_addresses_are_gone_to() {
        let registered = ["https://rp.test/bye".to_owned()];
        let to = |uri: &str| {
            request(&[("post_logout_redirect_uri", uri), ("state", "s 1")]).target(Some(&registered))
        };
        assert_eq!(to("https://rp.test/bye").unwrap().as_deref(), Some("https://rp.test/bye?state=s+1"));
        for other in ["https://rp.test/bye?x=1", "https://rp.test/BYE", "https://evil.test", "//rp.test/bye"]
        {
            assert!(to(other).is_err(), "{other}");
        }
        assert!(request(&[("post_logout_redirect_uri", "https://rp.test/bye")]).target(None).is_err());
        assert_eq!(request(&[("state", "s")]).target(Some(&registered)), Ok(None));
    }

    #[test]
    fn rp_logout_2_the_client_of_the_hint_is_the_client_that_is_named() {
        assert_eq!(request(&[]).client(Some("c1")), Ok(Some("c1")));
        assert_eq!(request(&[("client_id", "c1")]).client(Some("c1")), Ok(Some("c1")));
        assert!(request(&[("client_id", "c2")]).client(Some("c1")).is_err());
        assert_eq!(request(&[]).client(None), Ok(None));
        assert!(read(&[("state", "a"), ("state", "b")].into_iter().collect()).is_err());
    }
}
