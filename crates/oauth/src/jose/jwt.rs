//! Tokens (RFC 7519), in the compact form only.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::{Instant, SigningAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::keys::KeySet;

/// What a token says.
pub type Claims = Map<String, Value>;

/// Longer ones are not looked at.
const LONGEST: usize = 16 * 1024;

/// What the header of a token says. Links to keys and keys in headers (`jku`, `x5u`, `jwk`, `x5c`) are not read at all.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// The algorithm it claims.
    pub alg: String,
    /// The key it claims.
    #[serde(default)]
    pub kid: Option<String>,
    /// What kind of token it claims to be.
    #[serde(default)]
    pub typ: Option<String>,
    /// Extensions that must be understood: we understand none.
    #[serde(default)]
    pub crit: Option<Value>,
}

/// What a token has to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The kinds that are taken, without regard to case and without `application/`; the empty word stands for none.
    pub types: &'a [&'a str],
    /// The present moment.
    pub now: Instant,
    /// By how much clocks may differ.
    pub skew: Duration,
}

/// Why a token is worth nothing. It is for the log: who brought the token is told the same for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no signed token in the compact form.
    #[error("malformed")]
    Malformed,
    /// Its algorithm is none that we use.
    #[error("algorithm")]
    Algorithm,
    /// It is of another kind.
    #[error("type")]
    Type,
    /// It wants something understood that we do not.
    #[error("critical extension")]
    Critical,
    /// No key of the set has signed it with this algorithm.
    #[error("signature")]
    Signature,
    /// Its time is over, or has not come.
    #[error("time")]
    Time,
}

/// The header of a token, unproven.
pub fn header(token: &str) -> Option<Header> {
    let (header, _) = token.split_once('.')?;
    if token.len() > LONGEST {
        return None;
    }
    serde_json::from_slice(&BASE64URL.decode(header).ok()?).ok()
}

/// The claims of a token, unproven: only to find out whose keys are to be tried.
pub fn peek(token: &str) -> Option<Claims> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&BASE64URL.decode(claims).ok()?).ok()
}

/// Verifies a token: its form, kind, signature and times, and hands out what it says. Whoever asks for more than that
/// (issuer, audience, subject) looks at the claims.
///
/// # Errors
/// Why it is worth nothing.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, Refusal> {
    let header = header(token).ok_or(Refusal::Malformed)?;
    let algorithm = SigningAlgorithm::parse(&header.alg).ok_or(Refusal::Algorithm)?;
    if header.crit.is_some() {
        return Err(Refusal::Critical);
    }
    let typ = header.typ.as_deref().unwrap_or_default();
    let typ = typ.strip_prefix("application/").unwrap_or(typ);
    if !expected.types.iter().any(|known| known.eq_ignore_ascii_case(typ)) {
        return Err(Refusal::Type);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let (_, claims) = message.split_once('.').ok_or(Refusal::Malformed)?;
    if claims.contains('.') {
        return Err(Refusal::Malformed);
    }
    let signature = BASE64URL.decode(signature).map_err(|_| Refusal::Malformed)?;
    if !keys.has_signed(algorithm, header.kid.as_deref(), message.as_bytes(), &signature) {
        return Err(Refusal::Signature);
    }
    let claims = BASE64URL.decode(claims).map_err(|_| Refusal::Malformed)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Refusal::Malformed)?;
    check_times(&claims, expected)?;
    Ok(claims)
}

/// `exp`, `nbf` and `iat` are numbers if they are there (RFC 7519 §4.1.4 to §4.1.6), and now is between them.
fn check_times(claims: &Claims, expected: &Expected<'_>) -> Result<(), Refusal> {
    let at = |name: &str| match claims.get(name) {
        None => Ok(None),
        // A fraction is allowed (RFC 7519 §2, NumericDate) and rounded down.
        Some(value) => value.as_f64().map(|seconds| Some(seconds.floor() as i64)).ok_or(Refusal::Malformed),
    };
    let now = expected.now.unix_seconds();
    let skew = i64::try_from(expected.skew.as_secs()).unwrap_or(0);
    let (exp, nbf, iat) = (at("exp")?, at("nbf")?, at("iat")?);
    let is_over = exp.is_some_and(|exp| exp.saturating_add(skew) <= now);
    let is_early = [nbf, iat].into_iter().flatten().any(|from| from.saturating_sub(skew) > now);
    if is_over || is_early { Err(Refusal::Time) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{key, public};
    use super::*;

    fn expected() -> Expected<'static> {
        Expected {
            types: &["at+jwt"],
            now: Instant::from_micros(1_000_000_000_000),
            skew: Duration::from_secs(10),
        }
    }

    fn forged(header: Value, claims: &Value) -> String {
        let encode = |value: &Value| BASE64URL.encode(value.to_string());
        format!("{}.{}.{}", encode(&header), encode(claims), BASE64URL.encode([0; 64]))
    }

    #[test]
    fn every_algorithm_signs_and_verifies_and_no_other_key_does() {
        for algorithm in SigningAlgorithm::ALL {
            let token = key(algorithm).sign("at+jwt", &json!({"sub": "x", "exp": 1_000_060})).unwrap();
            for other in SigningAlgorithm::ALL {
                let keys = KeySet::from_iter([public(&key(other))]);
                assert_eq!(
                    verify(&token, &keys, &expected()).is_ok(),
                    algorithm == other,
                    "{algorithm:?} {other:?}"
                );
            }
        }
    }

    #[test]
    fn a_061_a_085_rfc8725_3_1_the_key_says_the_algorithm_and_headers_bring_no_keys() {
        let signer = key(SigningAlgorithm::Es256);
        let keys = KeySet::from_iter([public(&signer)]);
        let claims = json!({"sub": "x"});
        for header in [
            json!({"alg": "none", "typ": "at+jwt"}),
            json!({"alg": "HS256", "typ": "at+jwt"}),
            json!({"alg": "ES256", "typ": "at+jwt", "kid": "../../x"}),
            json!({"alg": "ES256", "typ": "at+jwt", "kid": "' OR 1"}),
            json!({"alg": "ES256", "typ": "at+jwt", "jku": "https://evil.test"}),
            json!({"alg": "ES256", "typ": "at+jwt"}),
            json!({"alg": "ES256", "typ": "at+jwt", "jwk": key(SigningAlgorithm::EdDsa).public_jwk()}),
            json!({"alg": "ES256", "typ": "at+jwt", "zip": "DEF"}),
            json!({"alg": "PBES2-HS256+A128KW", "p2c": 2_147_483_647}),
            json!({"typ": "at+jwt"}),
            json!({"alg": 5}),
            json!([]),
        ] {
            assert!(verify(&forged(header.clone(), &claims), &keys, &expected()).is_err(), "{header}");
        }
        let token = signer.sign("at+jwt", &claims).unwrap();
        assert!(verify(&token, &keys, &expected()).is_ok());
        let (head, rest) = token.split_once('.').unwrap();
        let (_, signature) = rest.split_once('.').unwrap();
        let other = BASE64URL.encode(json!({"sub": "y"}).to_string());
        assert_eq!(
            verify(&format!("{head}.{other}.{signature}"), &keys, &expected()),
            Err(Refusal::Signature)
        );
        for broken in [head, rest, "", "..", "a.b.c", &format!("{token}.x"), &format!("{token}=")] {
            assert!(verify(broken, &keys, &expected()).is_err(), "{broken}");
        }
        let huge = signer.sign("at+jwt", &json!({"sub": "x".repeat(1_000_000)})).unwrap();
        assert_eq!(verify(&huge, &keys, &expected()), Err(Refusal::Malformed));
    }

    #[test]
    fn rfc7515_4_1_11_unknown_critical_extensions_are_refused() {
        let token = forged(json!({"alg": "ES256", "typ": "at+jwt", "crit": ["x"]}), &json!({}));
        assert_eq!(verify(&token, &KeySet::default(), &expected()), Err(Refusal::Critical));
    }

    #[test]
    fn a_041_rfc8725_3_11_one_kind_of_token_is_not_taken_for_another() {
        let signer = key(SigningAlgorithm::EdDsa);
        let keys = KeySet::from_iter([public(&signer)]);
        for (typ, is_taken) in [
            ("at+jwt", true),
            ("application/at+jwt", true),
            ("AT+JWT", true),
            ("JWT", false),
            ("logout+jwt", false),
            ("", false),
        ] {
            let token = signer.sign(typ, &json!({})).unwrap();
            assert_eq!(verify(&token, &keys, &expected()).is_ok(), is_taken, "{typ}");
        }
    }

    #[test]
    fn rfc7519_4_1_times_are_numbers_and_now_is_between_them() {
        let signer = key(SigningAlgorithm::EdDsa);
        let keys = KeySet::from_iter([public(&signer)]);
        let now = 1_000_000;
        for (claims, is_valid) in [
            (json!({"exp": now + 1}), true),
            (json!({"exp": now - 9}), true),
            (json!({"exp": now - 10}), false),
            (json!({"nbf": now + 10}), true),
            (json!({"nbf": now + 11}), false),
            (json!({"iat": now + 11}), false),
            (json!({"exp": "9999999999"}), false),
            (json!({"exp": null}), false),
            (json!({"nbf": [1]}), false),
            (json!({"exp": 1_000_060.5}), true),
            (json!({"iat": true}), false),
        ] {
            let token = signer.sign("at+jwt", &claims).unwrap();
            assert_eq!(verify(&token, &keys, &expected()).is_ok(), is_valid, "{claims}");
        }
    }

    #[test]
    fn rfc7515_4_1_4_a_kid_names_the_key() {
        let signer = key(SigningAlgorithm::Es256);
        let token = signer.sign("at+jwt", &json!({})).unwrap();
        assert_eq!(header(&token).unwrap().kid.as_deref(), Some("ES256"));
        let mut renamed = signer.public_jwk();
        renamed.kid = Some("other".to_owned());
        let keys = KeySet::from_iter([super::super::VerifyingKey::from_jwk(&renamed).unwrap()]);
        assert_eq!(verify(&token, &keys, &expected()), Err(Refusal::Signature));
    }
}
