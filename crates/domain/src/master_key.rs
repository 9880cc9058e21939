//! The one key that protects the others. It lives in a file, never in the database.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

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
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// Tells whether a database was written under this key, and nothing of it.
    pub fn check_value(&self) -> [u8; 32] {
        *self.derive("check")
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

/// The master keys that an installation has: one, and a second one while one is replaced by the other.
#[derive(Clone, Debug)]
pub struct MasterKeys(Vec<MasterKey>);

impl MasterKeys {
    /// So many may be in one file.
    pub const MOST: usize = 8;

    /// Reads one key in each line; empty lines do not count.
    ///
    /// # Errors
    /// As [`MasterKey::parse`], of the first line that is no key; if there is none, or too many.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let keys = lines.map(MasterKey::parse).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() || keys.len() > Self::MOST {
            return Err(MasterKeyError::Malformed);
        }
        Ok(Self(keys))
    }

    /// All of them.
    pub fn all(&self) -> &[MasterKey] {
        &self.0
    }

    /// With one more.
    #[must_use]
    pub fn and(mut self, key: MasterKey) -> Self {
        self.0.push(key);
        self
    }

    /// Those that are `wanted`; `None` if there is none.
    pub fn only(&self, wanted: impl Fn(&MasterKey) -> bool) -> Option<Self> {
        let kept: Vec<MasterKey> = self.0.iter().filter(|key| wanted(key)).cloned().collect();
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// The text that [`MasterKeys::parse`] reads.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.0 {
            text.push_str(&key.to_hex());
            text.push('\n');
        }
        text
    }
}

impl From<&MasterKey> for MasterKeys {
    fn from(only: &MasterKey) -> Self {
        Self(vec![only.clone()])
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
    fn a_file_holds_one_key_or_several() {
        let (mut one, mut two) = ([9; 32], [8; 32]);
        (one[0], two[0]) = (1, 2);
        let both = MasterKeys::from(&MasterKey::new(one)).and(MasterKey::new(two));
        let read = MasterKeys::parse(&both.to_text()).unwrap();
        let checks = |keys: &MasterKeys| keys.all().iter().map(MasterKey::check_value).collect::<Vec<_>>();
        assert_eq!(checks(&read), checks(&both));
        let second = both.only(|key| key.check_value() == MasterKey::new(two).check_value()).unwrap();
        assert_eq!(*second.to_text(), format!("{}\n", *MasterKey::new(two).to_hex()));
        assert!(both.only(|_| false).is_none());
        for bad in ["", "\n \n", "12\n", &format!("{}x", *both.to_text()), &both.to_text().repeat(5)] {
            assert_eq!(MasterKeys::parse(bad).err(), Some(MasterKeyError::Malformed), "{bad:?}");
        }
    }

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
