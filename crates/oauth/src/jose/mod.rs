//! Signed JSON: keys and tokens (RFC 7515, 7517, 7518, 7519, 8037).
//!
//! Keys are parsed once and used many times; a private RSA key in particular is never parsed for a signature. Which
//! algorithm a token is verified with is said by the key's record, never by the token.

mod jwk;
mod jwt;
mod keys;

pub use jwk::{Jwk, Jwks};
pub use jwt::{Claims, Expected, Header, Refusal, header, peek, verify};
pub use keys::{KeyError, KeySet, SigningKey, VerifyingKey, generate, is_pair};

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use domain::SigningAlgorithm;

    use super::*;

    /// One key of each algorithm: RSA keys take long to make.
    static KEYS: LazyLock<Vec<(SigningAlgorithm, Vec<u8>)>> = LazyLock::new(|| {
        let rsa = generate(SigningAlgorithm::Rs256).unwrap();
        SigningAlgorithm::ALL
            .into_iter()
            .map(|algorithm| match algorithm {
                SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => (algorithm, rsa.clone()),
                SigningAlgorithm::Es256 | SigningAlgorithm::EdDsa => {
                    (algorithm, generate(algorithm).unwrap())
                }
            })
            .collect()
    });

    pub(crate) fn key(algorithm: SigningAlgorithm) -> SigningKey {
        let (_, pkcs8) = KEYS.iter().find(|(known, _)| *known == algorithm).unwrap();
        SigningKey::from_pkcs8(algorithm, algorithm.as_str(), pkcs8).unwrap()
    }

    pub(crate) fn public(key: &SigningKey) -> VerifyingKey {
        VerifyingKey::from_jwk(&key.public_jwk()).unwrap()
    }
}
