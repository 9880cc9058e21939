//! Who brings an access token to the userinfo endpoint (OpenID Connect Core §5.3, RFC 6750).

use crate::{ErrorCode, OAuthError, Params, Result};

/// The access token of a request: in the header or in a form, and never in the query, where logs and histories keep it
/// (RFC 6750 §2.3, RFC 9700 §4.3.2). `Ok(None)`: there is none.
///
/// # Errors
/// `invalid_request` if there is more than one, or it is in the query; `invalid_token` if it is malformed.
pub fn bearer<'a>(
    authorization: impl IntoIterator<Item = &'a str>,
    query: &Params,
    form: &'a Params,
) -> Result<Option<&'a str>> {
    if query.all("access_token").next().is_some() {
        return Err(OAuthError::invalid_request(
            "send the access token in the Authorization header, not in the query",
        ));
    }
    let mut headers = authorization.into_iter();
    let header = headers.next();
    let in_form = form.get("access_token")?;
    // RFC 6750 §2: one method only.
    if headers.next().is_some() || (header.is_some() && in_form.is_some()) {
        return Err(OAuthError::invalid_request("send the access token once"));
    }
    let Some(header) = header else { return Ok(in_form) };
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && is_b64token(token) => {
            Ok(Some(token))
        }
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("bearer") => {
            Err(OAuthError::invalid_token("the access token is malformed"))
        }
        _ => Ok(None),
    }
}

/// RFC 6750 §2.1.
fn is_b64token(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

/// The value of `WWW-Authenticate` (RFC 6750 §3): without an error if nothing was brought.
pub fn challenge(realm: &str, error: Option<&OAuthError>) -> String {
    match error {
        None => format!("Bearer realm=\"{realm}\""),
        Some(error) => {
            let scope = if error.code == ErrorCode::InsufficientScope { ", scope=\"openid\"" } else { "" };
            format!(
                "Bearer realm=\"{realm}\", error=\"{}\", error_description=\"{}\"{scope}",
                error.code.as_str(),
                error.description
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().copied().collect()
    }

    #[test]
    fn a_066_rfc6750_2_a_token_comes_once_and_not_in_the_query() {
        let none = form(&[]);
        let body = form(&[("access_token", "b")]);
        assert_eq!(bearer(["Bearer a"], &none, &none), Ok(Some("a")));
        assert_eq!(bearer(["bearer a"], &none, &none), Ok(Some("a")));
        assert_eq!(bearer([], &none, &body), Ok(Some("b")));
        assert_eq!(bearer([], &none, &none), Ok(None));
        assert_eq!(bearer(["Basic a"], &none, &none), Ok(None));
        assert_eq!(bearer(["Bearer a"], &none, &body).unwrap_err().code, ErrorCode::InvalidRequest);
        assert_eq!(
            bearer(["Bearer a", "Bearer b"], &none, &none).unwrap_err().code,
            ErrorCode::InvalidRequest
        );
        assert_eq!(bearer([], &body, &none).unwrap_err().code, ErrorCode::InvalidRequest);
        for odd in ["Bearer ", "Bearer a b", "Bearer \u{e9}", "Bearer ="] {
            assert_eq!(bearer([odd], &none, &none).unwrap_err().code, ErrorCode::InvalidToken, "{odd}");
        }
    }

    #[test]
    fn rfc6750_3_no_error_is_named_to_whoever_brings_nothing() {
        assert_eq!(challenge("desk", None), "Bearer realm=\"desk\"");
        let error = OAuthError::new(ErrorCode::InsufficientScope, "openid is needed");
        assert_eq!(
            challenge("desk", Some(&error)),
            "Bearer realm=\"desk\", error=\"insufficient_scope\", error_description=\"openid is needed\", scope=\"openid\""
        );
    }
}
