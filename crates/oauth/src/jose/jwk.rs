//! Keys as JSON (RFC 7517).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::SigningAlgorithm;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::keys::{KeyError, KeySet, VerifyingKey};

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// What it is made of.
    #[serde(flatten)]
    pub(super) material: Material,
    /// Its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The algorithm it is for; none: all of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// What it is for; `sig`.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
}

/// The numbers of a public key (RFC 7518 §6, RFC 8037 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kty")]
pub(super) enum Material {
    /// Modulus and exponent.
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    /// A point on a curve.
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
    /// A point on an Edwards curve.
    #[serde(rename = "OKP")]
    Okp { crv: String, x: String },
}

/// A JWKS document (RFC 7517 §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The keys.
    pub keys: Vec<Jwk>,
}

/// What only private and symmetric keys have.
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const MOST: usize = 20;
/// So many keys of somebody else's are looked at.
const MOST_FOREIGN: usize = 100;

impl Jwk {
    /// The algorithms it goes with.
    pub(super) fn algorithms(&self) -> Result<Vec<SigningAlgorithm>, KeyError> {
        use SigningAlgorithm::{EdDsa, Es256, Ps256, Rs256};
        let of_type: &[SigningAlgorithm] = match &self.material {
            Material::Rsa { .. } => &[Rs256, Ps256],
            Material::Ec { crv, .. } if crv == "P-256" => &[Es256],
            Material::Okp { crv, .. } if crv == "Ed25519" => &[EdDsa],
            Material::Ec { .. } | Material::Okp { .. } => &[],
        };
        let meant =
            |algorithm: &SigningAlgorithm| self.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str());
        let algorithms: Vec<SigningAlgorithm> = of_type.iter().copied().filter(meant).collect();
        if algorithms.is_empty() { Err(KeyError::Malformed) } else { Ok(algorithms) }
    }

    /// The SHA-256 of its required members in the one order (RFC 7638).
    pub fn thumbprint(&self) -> String {
        // The members stand in alphabetical order, as RFC 7638 §3.3 wants them.
        let canonical = match &self.material {
            Material::Rsa { n, e } => json!({"e": e, "kty": "RSA", "n": n}),
            Material::Ec { crv, x, y } => json!({"crv": crv, "kty": "EC", "x": x, "y": y}),
            Material::Okp { crv, x } => json!({"crv": crv, "kty": "OKP", "x": x}),
        };
        BASE64URL.encode(digest::digest(&digest::SHA256, canonical.to_string().as_bytes()).as_ref())
    }
}

impl Jwks {
    /// Reads what a client registers: public keys that we can verify with.
    ///
    /// # Errors
    /// If a key is private, symmetric, too weak or of no use, an id is there twice, or there are none or too many.
    pub fn parse(document: &Value) -> Result<Self, KeyError> {
        let keys = document.get("keys").and_then(Value::as_array).ok_or(KeyError::Malformed)?;
        if keys.is_empty() || keys.len() > MOST {
            return Err(KeyError::Count);
        }
        let mut parsed: Vec<Jwk> = Vec::with_capacity(keys.len());
        for key in keys {
            if SECRET_MEMBERS.iter().any(|member| key.get(member).is_some()) {
                return Err(KeyError::Private);
            }
            let jwk: Jwk = serde_json::from_value(key.clone()).map_err(|_| KeyError::Malformed)?;
            VerifyingKey::from_jwk(&jwk)?;
            if jwk.kid.is_some() && parsed.iter().any(|known| known.kid == jwk.kid) {
                return Err(KeyError::RepeatedId);
            }
            parsed.push(jwk);
        }
        Ok(Self { keys: parsed })
    }

    /// Reads what somebody else's server publishes, and takes what we can verify with: others may be there for others.
    ///
    /// # Errors
    /// If it is no such document, or there is none that we can use.
    pub fn foreign(document: &[u8]) -> Result<KeySet, KeyError> {
        let document: Value = serde_json::from_slice(document).map_err(|_| KeyError::Malformed)?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or(KeyError::Malformed)?;
        let usable = keys.iter().take(MOST_FOREIGN).filter_map(|key| {
            // A key that everybody can read signs for everybody.
            let is_public = !SECRET_MEMBERS.iter().any(|member| key.get(member).is_some());
            let jwk: Jwk = serde_json::from_value(key.clone()).ok().filter(|_| is_public)?;
            VerifyingKey::from_jwk(&jwk).ok()
        });
        let usable: Vec<VerifyingKey> = usable.take(MOST).collect();
        if usable.is_empty() { Err(KeyError::Count) } else { Ok(KeySet::from_iter(usable)) }
    }

    /// The keys, ready to verify.
    ///
    /// # Errors
    /// If one cannot.
    pub fn key_set(&self) -> Result<KeySet, KeyError> {
        self.keys.iter().map(VerifyingKey::from_jwk).collect::<Result<Vec<_>, _>>().map(KeySet::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::key;
    use super::*;

    #[test]
    fn rfc7638_3_1_the_thumbprint_of_the_example() {
        let jwk: Jwk = serde_json::from_value(json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        }))
        .unwrap();
        assert_eq!(jwk.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert!(VerifyingKey::from_jwk(&jwk).is_ok());
    }

    #[test]
    fn a_073_private_symmetric_weak_and_doubled_keys_are_refused() {
        let good = serde_json::to_value(key(SigningAlgorithm::Es256).public_jwk()).unwrap();
        let with = |name: &str, value: Value| {
            let mut jwk = good.clone();
            jwk[name] = value;
            Jwks::parse(&json!({"keys": [jwk]})).unwrap_err()
        };
        assert!(Jwks::parse(&json!({"keys": [good]})).is_ok());
        assert_eq!(with("d", json!("AAAA")), KeyError::Private);
        assert_eq!(with("crv", json!("P-521")), KeyError::Malformed);
        assert_eq!(with("use", json!("enc")), KeyError::Malformed);
        assert_eq!(with("alg", json!("none")), KeyError::Malformed);
        assert_eq!(with("x", json!("AAAA")), KeyError::Malformed);
        let parse = |keys: Value| Jwks::parse(&json!({"keys": keys})).unwrap_err();
        assert_eq!(parse(json!([{"kty": "oct", "k": "AAAA"}])), KeyError::Private);
        assert_eq!(parse(json!([good, good])), KeyError::RepeatedId);
        assert_eq!(parse(json!([])), KeyError::Count);
        assert_eq!(parse(json!(vec![good; 500])), KeyError::Count);
        let short = BASE64URL.encode([0xffu8; 128]);
        assert_eq!(parse(json!([{"kty": "RSA", "n": short, "e": "AQAB"}])), KeyError::Weak);
        assert_eq!(Jwks::parse(&json!([])).unwrap_err(), KeyError::Malformed);
    }

    #[test]
    fn of_foreign_keys_those_are_taken_that_can_be_used() {
        let good = serde_json::to_value(key(SigningAlgorithm::Es256).public_jwk()).unwrap();
        let mut private = good.clone();
        private["d"] = json!("AAAA");
        let count = |keys: Value| {
            Jwks::foreign(json!({"keys": keys}).to_string().as_bytes()).map(|keys| keys.count())
        };
        let others =
            json!([{"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-521", "x": "A", "y": "A"}, 5]);
        assert_eq!(count(others.clone()), Err(KeyError::Count));
        assert_eq!(count(json!([private])), Err(KeyError::Count));
        assert_eq!(count(json!([others[0], good, others[1], private])), Ok(1));
        assert_eq!(count(json!(vec![good; 500])), Ok(MOST));
        assert_eq!(Jwks::foreign(b"<html>").map(|keys| keys.count()), Err(KeyError::Malformed));
    }

    #[test]
    fn published_keys_hold_nothing_private() {
        for algorithm in SigningAlgorithm::ALL {
            let jwk = serde_json::to_value(key(algorithm).public_jwk()).unwrap();
            assert!(SECRET_MEMBERS.iter().all(|member| jwk.get(member).is_none()), "{jwk}");
            assert_eq!((&jwk["alg"], &jwk["use"]), (&json!(algorithm.as_str()), &json!("sig")));
        }
    }
}
