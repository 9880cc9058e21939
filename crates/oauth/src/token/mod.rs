//! The token endpoint: the table of grants, and one file for each of those whose rules are here. A rule decides on what
//! was loaded, and hands out what is to be stored, ended and answered.

pub mod authorization_code;
pub mod refresh_token;

use serde::Serialize;

use crate::scope::Scopes;
use crate::{ErrorCode, OAuthError, Params, Result};

/// The answer of the token endpoint (RFC 6749 §5.1).
#[derive(Clone, Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// For how many seconds.
    pub expires_in: u64,
    /// A refresh token, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What it opens; always there.
    pub scope: Scopes,
    /// Who signed in (OpenID Connect Core §3.1.3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenResponse({})", self.scope)
    }
}

/// The grant that a request asks for, out of those that are on.
///
/// # Errors
/// `invalid_request` if it names none; `unsupported_grant_type` if it is not on: a grant that is off does not exist.
pub fn grant<G: Copy>(params: &Params, on: &[(&str, G)]) -> Result<G> {
    params.must_be_single(&["resource", "audience"])?;
    let asked = params.require("grant_type")?;
    on.iter().find(|(name, _)| *name == asked).map(|(_, grant)| *grant).ok_or_else(|| {
        let names: Vec<&str> = on.iter().map(|(name, _)| *name).collect();
        OAuthError::new(
            ErrorCode::UnsupportedGrantType,
            format!("grant_type must be one of: {}", names.join(" ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_5_2_a_grant_that_is_off_is_unsupported() {
        let on = [("authorization_code", 1), ("refresh_token", 2)];
        let ask = |pairs: &[(&str, &str)]| grant(&pairs.iter().copied().collect(), &on);
        assert_eq!(ask(&[("grant_type", "refresh_token")]), Ok(2));
        assert_eq!(ask(&[("grant_type", "password")]).unwrap_err().code, ErrorCode::UnsupportedGrantType);
        assert_eq!(ask(&[]).unwrap_err().code, ErrorCode::InvalidRequest);
        for twice in ["grant_type", "scope", "client_id", "code"] {
            let error = ask(&[("grant_type", "refresh_token"), (twice, "x"), (twice, "x")]).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{twice}");
        }
    }

    #[test]
    fn rfc6749_5_1_the_answer_has_all_that_clients_need() {
        let answer = TokenResponse {
            access_token: "a".into(),
            token_type: "Bearer",
            expires_in: 60,
            refresh_token: None,
            scope: Scopes::parse("b a").unwrap(),
            id_token: None,
        };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"access_token":"a","token_type":"Bearer","expires_in":60,"scope":"b a"}"#
        );
        assert!(!format!("{answer:?}").contains("access"));
    }
}
