//! What a browser brings back (OpenID Connect Core §3.1.2.5 and §3.1.2.6, RFC 9207).

use super::metadata::Metadata;
use super::{Failure, Result};
use crate::Params;

/// The state that the answer is for: looked at first, to find out whose answer it may be.
pub fn state(params: &Params) -> Option<&str> {
    params.get("state").ok().flatten()
}

/// The code in an answer that must be this provider's.
///
/// # Errors
/// If it is somebody else's (RFC 9207 §2.4), an error, or no answer at all.
pub fn code<'a>(params: &'a Params, metadata: &Metadata) -> Result<&'a str> {
    params.must_be_single(&[]).map_err(|_| Failure::NoCode)?;
    match params.get("iss").map_err(|_| Failure::NoCode)? {
        Some(issuer) if issuer != metadata.issuer => return Err(Failure::MixedUp),
        None if metadata.names_issuer => return Err(Failure::MixedUp),
        Some(_) | None => {}
    }
    match params.get("error").map_err(|_| Failure::NoCode)? {
        Some("access_denied" | "interaction_required" | "login_required" | "consent_required") => {
            return Err(Failure::Denied);
        }
        Some(_) => return Err(Failure::Refused),
        None => {}
    }
    params.get("code").ok().flatten().filter(|code| code.len() <= 4_096).ok_or(Failure::NoCode)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(names_issuer: bool) -> Metadata {
        let url = |path: &str| format!("https://login.test/{path}");
        Metadata {
            issuer: "https://login.test".to_owned(),
            authorization_endpoint: url("auth"),
            token_endpoint: url("token"),
            jwks_uri: url("jwks"),
            userinfo_endpoint: None,
            names_issuer,
        }
    }

    fn read(query: &str, names_issuer: bool) -> Result<String> {
        let params = Params::parse(query.as_bytes()).unwrap();
        code(&params, &metadata(names_issuer)).map(str::to_owned)
    }

    #[test]
    fn rfc9207_2_4_an_answer_of_somebody_else_is_none() {
        assert_eq!(read("code=a&state=s&iss=https%3A%2F%2Flogin.test", true).as_deref(), Ok("a"));
        assert_eq!(read("code=a&state=s", true), Err(Failure::MixedUp));
        assert_eq!(read("code=a&state=s", false).as_deref(), Ok("a"));
        for names in [true, false] {
            for other in ["https%3A%2F%2Fevil.test", "https%3A%2F%2Flogin.test%2F", "x"] {
                assert_eq!(read(&format!("code=a&state=s&iss={other}"), names), Err(Failure::MixedUp));
                // An error of somebody else is none of ours either.
                let error = format!("error=access_denied&state=s&iss={other}");
                assert_eq!(read(&error, names), Err(Failure::MixedUp));
            }
        }
    }

    #[test]
    fn errors_and_confused_answers_hold_no_code() {
        assert_eq!(read("error=access_denied&state=s", false), Err(Failure::Denied));
        assert_eq!(read("error=server_error&code=a&state=s", false), Err(Failure::Refused));
        for query in ["", "state=s", "code=&state=s", "code=a&code=b&state=s", "code=a&state=s&state=t"] {
            assert_eq!(read(query, false), Err(Failure::NoCode), "{query}");
        }
        let twice = Params::parse(b"state=s&state=t").unwrap();
        assert_eq!(state(&twice), None);
    }
}
