//! API keys: a text that is sent with each call.

use serde::Serialize;

use crate::secret::sha256;
use crate::{Hint, Invalid, Pepper, Secret, SecretHash, SecretKind};

/// What we keep of an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// The keyed hash it is found by.
    #[serde(skip)]
    pub hash: SecretHash,
    /// What may be shown of it.
    #[serde(flatten)]
    pub hint: Hint,
    /// Whether somebody else made it and it was imported.
    pub imported: bool,
}

/// An existing key that is imported: as it is, or as its SHA-256 if its owner does not want to show it.
#[derive(Clone, Debug)]
pub enum ForeignKey {
    /// The key itself.
    Value(Secret),
    /// SHA-256 of the key, and its last characters for people to tell it by (may be empty).
    Sha256 {
        /// 64 hexadecimal digits.
        hex: String,
        /// At most four characters.
        last4: String,
    },
}

impl ApiKey {
    /// Of a key that we made.
    pub fn minted(secret: &Secret, pepper: &Pepper) -> Self {
        let hash = pepper.hash(SecretKind::ApiKey, secret.expose());
        Self { hash, hint: secret.hint(), imported: false }
    }

    /// Of a key that somebody else made.
    ///
    /// # Errors
    /// If it is too short to be safe against guessing, could not be sent in a header, or is no SHA-256.
    pub fn import(key: ForeignKey, pepper: &Pepper) -> Result<Self, Invalid> {
        let (digest, hint) = match key {
            ForeignKey::Value(secret) => {
                check_foreign_value(secret.expose())?;
                (sha256(secret.expose().as_bytes()), secret.hint())
            }
            ForeignKey::Sha256 { hex, last4 } => {
                let shown = last4.len() <= 4 && last4.bytes().all(|b| b.is_ascii_graphic());
                if !shown {
                    return Err(Invalid::field(
                        "last4",
                        "invalid",
                        "must be at most 4 visible ASCII characters",
                    ));
                }
                (parse_sha256(&hex)?, Hint { prefix: String::new(), last4 })
            }
        };
        Ok(Self { hash: pepper.hash_foreign_key(&digest), hint, imported: true })
    }
}

/// A foreign key must look like what a machine makes of 128 random bits: at least 20 characters, at least 10 of them
/// different, no words, rows or repetitions that would make it easy to guess.
fn check_foreign_value(value: &str) -> Result<(), Invalid> {
    if value.len() < 20 || value.len() > 512 || !value.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Invalid::field("value", "invalid", "must be 20 to 512 visible ASCII characters"));
    }
    if value.starts_with("kw_") {
        return Err(Invalid::field("value", "reserved", "must not start with kw_: such keys are made here"));
    }
    let mut seen = [false; 128];
    for byte in value.bytes() {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    let guesses = zxcvbn::zxcvbn(&value[..value.len().min(100)], &[]).guesses_log10();
    if seen.iter().filter(|seen| **seen).count() < 10 || guesses < MIN_GUESSES_LOG10 {
        return Err(Invalid::field("value", "too_weak", "is too easy to guess; issue a new key instead"));
    }
    Ok(())
}

/// 10^16 guesses: at 15,000 tries a second, 20,000 years.
const MIN_GUESSES_LOG10: f64 = 16.0;

fn parse_sha256(hex: &str) -> Result<[u8; 32], Invalid> {
    let wrong = || Invalid::field("sha256", "invalid", "must be 64 hexadecimal digits");
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut digest = [0u8; 32];
    for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(digest)
}
