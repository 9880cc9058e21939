//! How a client says who it is (RFC 6749 §2.3, RFC 7523): what it presents is read here, and compared where it is kept.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::jose::{self, Expected, KeySet};
use crate::params::decode;
use crate::{OAuthError, Params, Result};

/// The ways of a client to authenticate, by the names of the registry. Others will join: one line here, one arm below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Id and secret as HTTP Basic.
    ClientSecretBasic,
    /// Id and secret in the body.
    ClientSecretPost,
    /// A JWT signed with the client's key (RFC 7523).
    PrivateKeyJwt,
    /// A public client: it only says who it is.
    None,
}

impl Method {
    /// All of them, as metadata list them.
    pub const ALL: [Self; 4] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt, Self::None];

    /// Its registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }
}

/// The only type of assertion (RFC 7523 §2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request presents, not yet compared with anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Which client it claims to be.
    pub client_id: String,
    /// How it proves it.
    pub proof: Proof,
}

/// How a client proves who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// A secret in the header.
    Basic(String),
    /// A secret in the body.
    Post(String),
    /// A signed JWT.
    Assertion(String),
    /// Nothing.
    None,
}

impl Proof {
    /// Which method this is.
    pub fn method(&self) -> Method {
        match self {
            Self::Basic(_) => Method::ClientSecretBasic,
            Self::Post(_) => Method::ClientSecretPost,
            Self::Assertion(_) => Method::PrivateKeyJwt,
            Self::None => Method::None,
        }
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Proof({})", self.method().as_str())
    }
}

/// The one refusal for all reasons: an unknown client, a wrong secret, a method that is not the client's (A-079).
pub fn refused() -> OAuthError {
    OAuthError::invalid_client("the client is unknown, or did not prove who it is")
}

/// Reads what a request presents. `authorization` are all values of that header.
///
/// # Errors
/// `invalid_request` if it uses more than one method (RFC 6749 §2.3) or names two clients; `invalid_client` if there
/// is nothing, or it is malformed.
pub fn read<'a>(authorization: impl IntoIterator<Item = &'a str>, params: &Params) -> Result<Presented> {
    let mut headers = authorization.into_iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(OAuthError::invalid_request("there is more than one Authorization header"));
    }
    let client_id = params.get("client_id")?;
    let secret = params.get("client_secret")?;
    let assertion = match (params.get("client_assertion_type")?, params.get("client_assertion")?) {
        (None, None) => None,
        (Some(ASSERTION_TYPE), Some(assertion)) => Some(assertion),
        _ => {
            return Err(OAuthError::invalid_request(format!(
                "client_assertion and client_assertion_type go together, and the type must be {ASSERTION_TYPE}"
            )));
        }
    };
    let methods = [header.is_some(), secret.is_some(), assertion.is_some()];
    if methods.into_iter().filter(|used| *used).count() > 1 {
        return Err(OAuthError::invalid_request("use one method of client authentication, not several"));
    }
    let presented = match (header, secret, assertion) {
        (Some(header), ..) => basic(header)?,
        (_, Some(secret), _) => {
            let client_id = client_id.ok_or_else(refused)?.to_owned();
            Presented { client_id, proof: Proof::Post(secret.to_owned()) }
        }
        (.., Some(assertion)) => {
            // Only to find the client whose keys are to be tried.
            let subject =
                jose::peek(assertion).and_then(|claims| Some(claims.get("sub")?.as_str()?.to_owned()));
            Presented {
                client_id: subject.ok_or_else(refused)?,
                proof: Proof::Assertion(assertion.to_owned()),
            }
        }
        (None, None, None) => {
            let none = || {
                OAuthError::invalid_client("say who you are: by HTTP Basic, in the body, or by an assertion")
            };
            Presented { client_id: client_id.ok_or_else(none)?.to_owned(), proof: Proof::None }
        }
    };
    match client_id {
        // RFC 7521 §4.2: it must be the same client.
        Some(other) if other != presented.client_id => Err(refused()),
        _ => Ok(presented),
    }
}

/// HTTP Basic with both parts form-encoded (RFC 6749 §2.3.1).
fn basic(header: &str) -> Result<Presented> {
    let (scheme, value) = header.split_once(' ').ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") || value.len() > 4_096 {
        return Err(refused());
    }
    let bytes = BASE64_STANDARD.decode(value.trim()).map_err(|_| refused())?;
    let text = String::from_utf8(bytes).map_err(|_| refused())?;
    let (id, secret) = text.split_once(':').ok_or_else(refused)?;
    let (client_id, secret) = (decode(id).ok_or_else(refused)?, decode(secret).ok_or_else(refused)?);
    if client_id.is_empty() || secret.is_empty() {
        return Err(refused());
    }
    Ok(Presented { client_id: client_id.into_owned(), proof: Proof::Basic(secret.into_owned()) })
}

/// An assertion that was checked. Its id must be new: whoever keeps them says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedAssertion {
    /// Its id, unique for the client.
    pub jti: String,
    /// When it can be forgotten.
    pub expires_at: Instant,
}

/// The longest time for which an assertion may be valid.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// By how much clocks may differ.
const SKEW: Duration = Duration::from_secs(60);

/// Checks an assertion with the client's keys (RFC 7523 §3). `audiences`: what it may be meant for, the issuer and the
/// address of the token endpoint.
///
/// # Errors
/// `invalid_client`, for whatever reason.
pub fn check_assertion(
    assertion: &str,
    client_id: &str,
    keys: &KeySet,
    audiences: &[&str],
    now: Instant,
) -> Result<CheckedAssertion> {
    let expected = Expected { types: &["", "JWT", "client-authentication+jwt"], now, skew: SKEW };
    let claims = jose::verify(assertion, keys, &expected).map_err(|_| refused())?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    // RFC 7523 §3 (1) and (2): issuer and subject are the client.
    if text("iss") != Some(client_id) || text("sub") != Some(client_id) {
        return Err(refused());
    }
    // §3 (3): we must be the audience.
    let is_for_us = match claims.get("aud") {
        Some(Value::String(audience)) => audiences.contains(&audience.as_str()),
        Some(Value::Array(list)) => {
            list.len() == 1 && list[0].as_str().is_some_and(|one| audiences.contains(&one))
        }
        _ => false,
    };
    // §3 (4): it ends, and soon. §3 (7): once.
    let expires = claims.get("exp").and_then(Value::as_i64).ok_or_else(refused)?;
    let expires_at = Instant::from_micros(expires.saturating_mul(1_000_000));
    let jti = text("jti").filter(|jti| (1..=500).contains(&jti.len())).ok_or_else(refused)?;
    if !is_for_us || expires_at > now + LONGEST + SKEW {
        return Err(refused());
    }
    Ok(CheckedAssertion { jti: jti.to_owned(), expires_at: expires_at + SKEW })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ErrorCode;
    use crate::jose::tests::{key, public};

    fn form(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().copied().collect()
    }

    fn encoded(text: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(text))
    }

    #[test]
    fn rfc6749_2_3_1_basic_is_form_encoded_and_its_scheme_has_no_case() {
        let header = encoded("a%3Ab:p%2Bq+r");
        let presented = read([header.as_str()], &form(&[])).unwrap();
        assert_eq!(presented, Presented { client_id: "a:b".into(), proof: Proof::Basic("p+q r".into()) });
        let header = header.replace("Basic", "bAsIc");
        assert!(read([header.as_str()], &form(&[("client_id", "a:b")])).is_ok());
    }

    #[test]
    fn a_082_what_is_not_basic_is_nobody() {
        let many = format!("Basic {}", "A".repeat(1_000_000));
        for header in [
            "Basic",
            "Basic ",
            "Basic !!!",
            "Bearer abc",
            &encoded("nocolon"),
            &encoded(":secret"),
            &encoded("id:"),
            &encoded("id:%FF"),
            &format!("Basic {}", BASE64_STANDARD.encode([0xff, 0xfe, b':', 1])),
            &many,
        ] {
            assert_eq!(
                read([header], &form(&[])).unwrap_err().code,
                ErrorCode::InvalidClient,
                "{header:.40}"
            );
        }
    }

    #[test]
    fn rfc6749_2_3_one_method_and_one_client_only() {
        let header = encoded("a:b");
        let code = |result: Result<Presented>| result.unwrap_err().code;
        assert_eq!(
            code(read([header.as_str()], &form(&[("client_id", "a"), ("client_secret", "b")]))),
            ErrorCode::InvalidRequest
        );
        assert_eq!(code(read([header.as_str(), header.as_str()], &form(&[]))), ErrorCode::InvalidRequest);
        assert_eq!(code(read([header.as_str()], &form(&[("client_id", "other")]))), ErrorCode::InvalidClient);
        assert_eq!(code(read([], &form(&[("client_secret", "b")]))), ErrorCode::InvalidClient);
        assert_eq!(code(read([], &form(&[]))), ErrorCode::InvalidClient);
        assert_eq!(code(read([], &form(&[("client_assertion", "x")]))), ErrorCode::InvalidRequest);
        assert_eq!(read([], &form(&[("client_id", "a")])).unwrap().proof, Proof::None);
        assert!(read([], &form(&[("client_id", "a"), ("client_secret", "b")])).is_ok());
    }

    const ISSUER: &str = "https://desk.test";

    fn assertion(change: impl Fn(&mut serde_json::Map<String, Value>)) -> (String, KeySet) {
        let key = key(domain::SigningAlgorithm::Es256);
        let mut claims =
            json!({"iss": "c1", "sub": "c1", "aud": ISSUER, "jti": "j1", "exp": 1_000_060, "iat": 1_000_000});
        change(claims.as_object_mut().unwrap());
        (key.sign("JWT", &claims).unwrap(), KeySet::from_iter([public(&key)]))
    }

    fn check((jwt, keys): (String, KeySet)) -> Result<CheckedAssertion> {
        check_assertion(
            &jwt,
            "c1",
            &keys,
            &[ISSUER, "https://desk.test/oauth2/token"],
            Instant::from_micros(1_000_000_000_000),
        )
    }

    #[test]
    fn rfc7523_3_an_assertion_is_from_the_client_for_us_and_for_a_short_time() {
        let checked = check(assertion(|_| {})).unwrap();
        assert_eq!(checked.jti, "j1");
        assert!(
            check(assertion(|claims| drop(
                claims.insert("aud".into(), json!(["https://desk.test/oauth2/token"]))
            )))
            .is_ok()
        );
        assert!(check(assertion(|claims| drop(claims.insert("nbf".into(), json!(1_000_008))))).is_ok());
        let wrong: [(&str, Value); 13] = [
            ("iss", json!("c2")),
            ("sub", json!("c2")),
            ("aud", json!("https://other.test")),
            ("aud", json!(null)),
            ("aud", json!([ISSUER, "https://other.test"])),
            ("jti", json!(null)),
            ("jti", json!("j".repeat(10_000))),
            ("exp", json!(999_700)),
            ("exp", json!(1_000_900)),
            ("exp", json!("1000060")),
            ("nbf", json!(1_000_090)),
            ("exp", json!(null)),
            ("iat", json!("yesterday")),
        ];
        for (name, value) in wrong {
            let error = check(assertion(|claims| drop(claims.insert(name.into(), value.clone()))));
            assert_eq!(error.unwrap_err(), refused(), "{name}: {value}");
        }
    }

    #[test]
    fn a_086_rfc7521_4_2_the_client_of_the_body_is_the_client_of_the_assertion() {
        let (jwt, _) = assertion(|_| {});
        let body = |id| {
            form(&[("client_id", id), ("client_assertion", &jwt), ("client_assertion_type", ASSERTION_TYPE)])
        };
        assert_eq!(read([], &body("c1")).unwrap().client_id, "c1");
        assert_eq!(read([], &body("c2")).unwrap_err(), refused());
    }
}
