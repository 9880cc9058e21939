//! Keys that sign and verify.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, ED25519, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::SigningAlgorithm;
use serde::Serialize;
use serde_json::json;

use super::jwk::{Jwk, Material};

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no key of this algorithm.
    #[error("must be a public key for RS256, PS256, ES256 or EdDSA")]
    Malformed,
    /// It holds a private or symmetric key.
    #[error("must hold public keys only")]
    Private,
    /// It is too short.
    #[error("must be an RSA key of 2048 to 8192 bits")]
    Weak,
    /// Two keys have one id.
    #[error("must give each key an id of its own")]
    RepeatedId,
    /// There are too many.
    #[error("must have 1 to 20 keys")]
    Count,
}

/// Makes a private key: PKCS#8. RSA keys have 2048 bits: they are for clients that know nothing else, and are replaced
/// every few months.
///
/// # Errors
/// If the operating system gives no random bytes.
pub fn generate(algorithm: SigningAlgorithm) -> Result<Vec<u8>, KeyError> {
    let made = |_| KeyError::Malformed;
    Ok(match algorithm {
        SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => {
            RsaKeyPair::generate(KeySize::Rsa2048).map_err(made)?.as_der().map_err(made)?.as_ref().to_vec()
        }
        SigningAlgorithm::Es256 => {
            let random = SystemRandom::new();
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map_err(made)?
                .as_ref()
                .to_vec()
        }
        SigningAlgorithm::EdDsa => {
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(made)?.as_ref().to_vec()
        }
    })
}

/// A private key, ready to sign.
pub struct SigningKey {
    algorithm: SigningAlgorithm,
    kid: String,
    pair: Pair,
    random: SystemRandom,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm.as_str(), self.kid)
    }
}

impl SigningKey {
    /// Reads a private key.
    ///
    /// # Errors
    /// If it is none of this algorithm.
    pub fn from_pkcs8(
        algorithm: SigningAlgorithm,
        kid: impl Into<String>,
        pkcs8: &[u8],
    ) -> Result<Self, KeyError> {
        let pair = match algorithm {
            SigningAlgorithm::Rs256 | SigningAlgorithm::Ps256 => RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Rsa),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Pair::Ec)
            }
            SigningAlgorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::Ed),
        };
        let pair = pair.map_err(|_| KeyError::Malformed)?;
        Ok(Self { algorithm, kid: kid.into(), pair, random: SystemRandom::new() })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Its id in headers and in the JWKS document.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half, as it is published.
    pub fn public_jwk(&self) -> Jwk {
        let encode = |bytes: &[u8]| BASE64URL.encode(bytes);
        let material = match &self.pair {
            Pair::Rsa(pair) => Material::Rsa {
                n: encode(pair.public_key().modulus().big_endian_without_leading_zero()),
                e: encode(pair.public_key().exponent().big_endian_without_leading_zero()),
            },
            Pair::Ec(pair) => {
                // An uncompressed point: 4, x, y.
                let point = pair.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                Material::Ec { crv: "P-256".to_owned(), x: encode(x), y: encode(y) }
            }
            Pair::Ed(pair) => {
                Material::Okp { crv: "Ed25519".to_owned(), x: encode(pair.public_key().as_ref()) }
            }
        };
        Jwk {
            material,
            kid: Some(self.kid.clone()),
            alg: Some(self.algorithm.as_str().to_owned()),
            usage: Some("sig".to_owned()),
        }
    }

    /// A signed token with these claims. `typ` says what kind of token it is, so that one kind is never taken for
    /// another (RFC 8725 §3.11).
    ///
    /// # Errors
    /// If the claims cannot be written, or the library refuses.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = json!({"alg": self.algorithm.as_str(), "kid": self.kid, "typ": typ});
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Malformed)?;
        let mut token = BASE64URL.encode(header.to_string());
        token.push('.');
        BASE64URL.encode_string(claims, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        BASE64URL.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Malformed;
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let padding = match self.algorithm {
                    SigningAlgorithm::Ps256 => &RSA_PSS_SHA256,
                    SigningAlgorithm::Rs256 | SigningAlgorithm::Es256 | SigningAlgorithm::EdDsa => {
                        &RSA_PKCS1_SHA256
                    }
                };
                pair.sign(padding, &self.random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ec(pair) => Ok(pair.sign(&self.random, message).map_err(failed)?.as_ref().to_vec()),
            Pair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// A public key, ready to verify, with the algorithms it may be used with.
#[derive(Debug)]
pub struct VerifyingKey {
    kid: Option<String>,
    keys: Vec<(SigningAlgorithm, ParsedPublicKey)>,
}

impl VerifyingKey {
    /// Reads a public key. Without `alg` it goes with every algorithm of its type.
    ///
    /// # Errors
    /// If it is too weak, malformed, or meant for something else.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyError::Malformed);
        }
        let decode = |text: &str| BASE64URL.decode(text).map_err(|_| KeyError::Malformed);
        let mut keys = Vec::new();
        for algorithm in jwk.algorithms()? {
            let key = match &jwk.material {
                Material::Rsa { n, e } => {
                    let (n, e) = (decode(n)?, decode(e)?);
                    if !(256..=1_024).contains(&n.len()) {
                        return Err(KeyError::Weak);
                    }
                    let parameters = match algorithm {
                        SigningAlgorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
                        SigningAlgorithm::Rs256 | SigningAlgorithm::Es256 | SigningAlgorithm::EdDsa => {
                            &RSA_PKCS1_2048_8192_SHA256
                        }
                    };
                    RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters)
                }
                Material::Ec { x, y, .. } => {
                    let point = [&[4][..], &decode(x)?, &decode(y)?].concat();
                    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                }
                Material::Okp { x, .. } => ParsedPublicKey::new(&ED25519, decode(x)?),
            };
            keys.push((algorithm, key.map_err(|_| KeyError::Malformed)?));
        }
        Ok(Self { kid: jwk.kid.clone(), keys })
    }

    /// Its id, if it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    fn has(&self, algorithm: SigningAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        self.keys
            .iter()
            .filter(|(known, _)| *known == algorithm)
            .any(|(_, key)| key.verify_sig(message, signature).is_ok())
    }
}

/// The public keys of somebody.
#[derive(Debug, Default)]
pub struct KeySet(Vec<VerifyingKey>);

impl FromIterator<VerifyingKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl KeySet {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether one of the keys that come into question has made a signature. With a `kid` only the key of that name
    /// does; without one, each is tried, of which there are few.
    pub(super) fn has_signed(
        &self,
        algorithm: SigningAlgorithm,
        kid: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let keys = self.0.iter().filter(|key| match kid {
            Some(kid) => key.kid.as_deref().is_none_or(|known| known == kid),
            None => true,
        });
        keys.take(20).any(|key| key.has(algorithm, message, signature))
    }
}

/// Whether a private key (PKCS#8, PKCS#1 or SEC 1) belongs to a public key, in the form that certificates hold keys in.
pub fn is_pair(private: &[u8], public: &[u8]) -> bool {
    let curves =
        [&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1_SIGNING];
    let is_rsa = || {
        let pair = RsaKeyPair::from_pkcs8(private).or_else(|_| RsaKeyPair::from_der(private));
        pair.is_ok_and(|pair| pair.public_key().as_ref() == public)
    };
    let is_ec = |curve: &'static EcdsaSigningAlgorithm| {
        let pair = EcdsaKeyPair::from_pkcs8(curve, private);
        let pair = pair.or_else(|_| EcdsaKeyPair::from_private_key_der(curve, private));
        pair.is_ok_and(|pair| pair.public_key().as_ref() == public)
    };
    let is_ed = || {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(private);
        pair.is_ok_and(|pair| pair.public_key().as_ref() == public)
    };
    is_rsa() || curves.into_iter().any(is_ec) || is_ed()
}
