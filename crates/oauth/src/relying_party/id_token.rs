//! Whether an ID token says who has just signed in, to us (OpenID Connect Core §3.1.3.7).

use std::time::Duration;

use domain::{Instant, LinkedIdentity, SigningAlgorithm};
use serde_json::Value;

use super::metadata::ALGORITHMS;
use super::{Failure, Result};
use crate::jose::{self, Claims, Expected, KeySet, Refusal};

/// By how much clocks may differ.
const SKEW: Duration = Duration::from_secs(60);

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Awaited<'a> {
    /// Whose it is.
    pub issuer: &'a str,
    /// Whom it is for: us.
    pub client_id: &'a str,
    /// For which sign-in.
    pub nonce: &'a str,
    /// When that began.
    pub began_at: Instant,
    /// Whether they had to sign in anew.
    pub fresh: bool,
    /// The present moment.
    pub now: Instant,
}

/// Verifies a token, and hands out what it says.
///
/// # Errors
/// Why it says nothing.
pub fn verify(token: &str, keys: &KeySet, awaited: &Awaited<'_>) -> Result<Claims> {
    let header = jose::header(token).ok_or(Failure::Signature)?;
    let is_ours = SigningAlgorithm::parse(&header.alg).is_some_and(|it| ALGORITHMS.contains(&it));
    if !is_ours {
        return Err(Failure::Signature);
    }
    let expected = Expected { types: &["", "JWT"], now: awaited.now, skew: SKEW };
    let claims = jose::verify(token, keys, &expected).map_err(|refusal| match refusal {
        Refusal::Time => Failure::Time,
        Refusal::Malformed | Refusal::Algorithm | Refusal::Type | Refusal::Critical | Refusal::Signature => {
            Failure::Signature
        }
    })?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let is_for_this = text("iss") == Some(awaited.issuer)
        && is_for(&claims, awaited.client_id)
        && text("nonce") == Some(awaited.nonce);
    if !is_for_this {
        return Err(Failure::NotForUs);
    }
    // §2: both are required. That they fit the present was looked at with the signature.
    let seconds = |name: &str| claims.get(name).and_then(Value::as_f64);
    let began = (awaited.began_at - SKEW).unix_seconds() as f64;
    if seconds("exp").is_none() || seconds("iat").is_none_or(|at| at < began) {
        return Err(Failure::Time);
    }
    if awaited.fresh && seconds("auth_time").is_none_or(|at| at < began) {
        return Err(Failure::NotFresh);
    }
    let is_subject = |it: &str| (1..=LinkedIdentity::MAX_SUBJECT).contains(&it.len()) && it.is_ascii();
    match text("sub").filter(|it| is_subject(it)) {
        Some(_) => Ok(claims),
        None => Err(Failure::Nobody),
    }
}

/// §3.1.3.7 (3) to (5): we are the audience; if there are others, the token says that it was made for us, and whenever it
/// says for whom it was made, that is us.
fn is_for(claims: &Claims, client_id: &str) -> bool {
    let made_for = claims.get("azp").map(|azp| azp.as_str() == Some(client_id));
    match claims.get("aud") {
        Some(Value::String(audience)) => audience == client_id && made_for.unwrap_or(true),
        Some(Value::Array(list)) => {
            let is_there = list.iter().any(|one| one.as_str() == Some(client_id));
            is_there && made_for.unwrap_or(list.len() == 1)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::SigningKey;
    use crate::jose::tests::{key, public};

    const NOW: i64 = 1_000_000;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn awaited() -> Awaited<'static> {
        Awaited {
            issuer: "https://login.test",
            client_id: "desk",
            nonce: "n1",
            began_at: at(NOW - 30),
            fresh: false,
            now: at(NOW),
        }
    }

    fn claims(changes: Value) -> Value {
        let mut claims = json!({
            "iss": "https://login.test", "aud": "desk", "sub": "s1", "nonce": "n1",
            "iat": NOW, "exp": NOW + 60,
        });
        let all = claims.as_object_mut().unwrap();
        all.extend(changes.as_object().unwrap().clone());
        all.retain(|_, value| !value.is_null());
        claims
    }

    fn checked(signer: &SigningKey, changes: Value, awaited: &Awaited<'_>) -> Result<Claims> {
        let token = signer.sign("JWT", &claims(changes)).unwrap();
        verify(&token, &KeySet::from_iter([public(signer)]), awaited)
    }

    fn check(changes: Value) -> Result<Claims> {
        checked(&key(SigningAlgorithm::Es256), changes, &awaited())
    }

    #[test]
    fn oidc_core_3_1_3_7_each_claim_is_what_it_must_be() {
        assert_eq!(check(json!({})).unwrap()["sub"], "s1");
        for (changes, failure) in [
            (json!({"iss": "https://evil.test"}), Failure::NotForUs),
            (json!({"iss": "https://login.test/"}), Failure::NotForUs),
            (json!({"aud": "other"}), Failure::NotForUs),
            (json!({"aud": null}), Failure::NotForUs),
            (json!({"aud": []}), Failure::NotForUs),
            (json!({"aud": ["desk", "other"]}), Failure::NotForUs),
            (json!({"aud": ["desk", "other"], "azp": "other"}), Failure::NotForUs),
            (json!({"azp": "other"}), Failure::NotForUs),
            (json!({"azp": 5}), Failure::NotForUs),
            (json!({"nonce": "n2"}), Failure::NotForUs),
            (json!({"nonce": null}), Failure::NotForUs),
            (json!({"exp": NOW - 61}), Failure::Time),
            (json!({"exp": null}), Failure::Time),
            (json!({"iat": null}), Failure::Time),
            (json!({"iat": NOW - 91}), Failure::Time),
            (json!({"iat": NOW + 61}), Failure::Time),
            (json!({"nbf": NOW + 61}), Failure::Time),
            (json!({"sub": null}), Failure::Nobody),
            (json!({"sub": ""}), Failure::Nobody),
            (json!({"sub": "é"}), Failure::Nobody),
            (json!({"sub": "s".repeat(256)}), Failure::Nobody),
        ] {
            assert_eq!(check(changes.clone()).unwrap_err(), failure, "{changes}");
        }
        assert!(check(json!({"aud": ["desk"]})).is_ok());
        assert!(check(json!({"aud": ["desk", "other"], "azp": "desk"})).is_ok());
    }

    #[test]
    fn who_must_sign_in_anew_has_just_done_so() {
        let fresh = Awaited { fresh: true, ..awaited() };
        let signer = key(SigningAlgorithm::EdDsa);
        assert!(checked(&signer, json!({"auth_time": NOW}), &fresh).is_ok());
        for old in [json!({}), json!({"auth_time": NOW - 91}), json!({"auth_time": "now"})] {
            assert_eq!(checked(&signer, old, &fresh).unwrap_err(), Failure::NotFresh);
        }
    }

    #[test]
    fn a_115_only_the_providers_keys_and_our_algorithms_count() {
        for algorithm in SigningAlgorithm::ALL {
            let done = checked(&key(algorithm), json!({}), &awaited());
            assert_eq!(done.is_ok(), ALGORITHMS.contains(&algorithm), "{algorithm:?}");
        }
        let token = key(SigningAlgorithm::Es256).sign("JWT", &claims(json!({}))).unwrap();
        let others = KeySet::from_iter([public(&key(SigningAlgorithm::EdDsa))]);
        assert_eq!(verify(&token, &others, &awaited()).unwrap_err(), Failure::Signature);
        let logout = key(SigningAlgorithm::Es256).sign("logout+jwt", &claims(json!({}))).unwrap();
        let keys = KeySet::from_iter([public(&key(SigningAlgorithm::Es256))]);
        assert_eq!(verify(&logout, &keys, &awaited()).unwrap_err(), Failure::Signature);
        assert_eq!(verify("a.b", &keys, &awaited()).unwrap_err(), Failure::Signature);
    }
}
