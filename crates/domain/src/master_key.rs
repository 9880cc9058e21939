//! The one key that protects the others. It lives in a file, never in the database.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Pepper;

/// 32 random bytes from which every other key is derived (HKDF-SHA-256, RFC 5869), each under its own label.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why a master key was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// Not 64 hexadecimal digits.
    #[error("the master key must be 64 hexadecimal digits (32 bytes)")]
    Malformed,
    /// All bytes are equal, as in a sample.
    #[error("the master key has no randomness in it; make one with: openssl rand -hex 32")]
    Weak,
}

impl MasterKey {
    /// Reads 64 hexadecimal digits, with or without a line end.
    ///
    /// # Errors
    /// If it is malformed, or every byte is the same.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim();
        let mut key = Zeroizing::new([0u8; 32]);
        if text.len() != 64 || !text.is_ascii() {
            return Err(MasterKeyError::Malformed);
        }
        for (i, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| MasterKeyError::Malformed)?;
        }
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(MasterKeyError::Weak);
        }
        Ok(Self(key))
    }

    /// From 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }

    /// The text that [`MasterKey::parse`] reads.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The key of the hash under which secrets are stored.
    pub fn pepper(&self, id: i32) -> Pepper {
        Pepper::new(&self.derive(&format!("pepper/{id}")))
    }

    /// A key for one purpose, such as `kek/1` or `cursor`.
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0u8; 32]);
        // 32 bytes are far below HKDF's limit of 255 hashes, so this cannot fail.
        let expanded =
            Hkdf::<Sha256>::new(None, self.0.as_slice()).expand(label.as_bytes(), key.as_mut_slice());
        debug_assert!(expanded.is_ok());
        key
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_give_unrelated_keys() {
        let key = MasterKey::new([3; 32]);
        assert_ne!(*key.derive("a"), *key.derive("b"));
        assert_eq!(MasterKey::parse(&MasterKey::new([7; 32]).to_hex()).err(), Some(MasterKeyError::Weak));
        assert_eq!(MasterKey::parse("abc").err(), Some(MasterKeyError::Malformed));
        let mut bytes = [9; 32];
        bytes[4] = 1;
        let hex = MasterKey::new(bytes).to_hex();
        assert_eq!(
            *MasterKey::parse(&format!("{}\n", *hex)).unwrap().derive("a"),
            *MasterKey::new(bytes).derive("a")
        );
    }
}
