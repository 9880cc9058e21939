//! The keyed hashes that are all we keep of secrets, and the keys of those hashes.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::SecretKind;
use crate::secret::{kind_of, looks_like_ours, sha256};

/// What is stored of a secret: HMAC-SHA-256 under a pepper, over the kind and the secret; and under which pepper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretHash {
    pepper: u8,
    mac: [u8; 32],
}

/// The pepper whose number is not written before what it hashed: there was no other.
const FIRST: u8 = 1;

impl SecretHash {
    /// One that is stored without a number: of the first pepper, or a plain hash of what is no secret.
    pub const fn unnumbered(mac: [u8; 32]) -> Self {
        Self { pepper: FIRST, mac }
    }

    /// Which pepper made it.
    pub const fn pepper(&self) -> u8 {
        self.pepper
    }

    /// The hash itself.
    pub const fn mac(&self) -> &[u8; 32] {
        &self.mac
    }

    /// As it is stored: what the first pepper made as it is, all others after the number of their pepper.
    pub fn stored(&self) -> Vec<u8> {
        match self.pepper {
            FIRST => self.mac.to_vec(),
            number => [&[number][..], &self.mac].concat(),
        }
    }

    /// Reads what [`SecretHash::stored`] wrote.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            32 => bytes.try_into().ok().map(Self::unnumbered),
            33 => bytes.split_first().and_then(|(pepper, mac)| {
                (*pepper != FIRST).then_some(Self { pepper: *pepper, mac: mac.try_into().ok()? })
            }),
            _ => None,
        }
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// The key of that hash. It is not in the database, or only sealed there, so a stolen database confirms nothing.
#[derive(Clone)]
pub struct Pepper {
    number: u8,
    mac: Hmac<Sha256>,
}

impl Pepper {
    /// The first one, from 32 bytes that were derived for this purpose only.
    pub fn new(key: &[u8; 32]) -> Self {
        Self::numbered(FIRST, key)
    }

    /// A later one.
    pub fn numbered(number: u8, key: &[u8; 32]) -> Self {
        Self { number, mac: mac(key) }
    }

    /// Its number.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Hashes a secret that we made.
    pub fn hash(&self, kind: SecretKind, secret: &str) -> SecretHash {
        self.tagged(kind.tag().as_bytes(), secret.as_bytes())
    }

    /// Hashes an API key that somebody else made. Such keys may be handed to us as their SHA-256 only, so that is
    /// what goes under the pepper.
    pub fn hash_foreign_key(&self, sha256: &[u8; 32]) -> SecretHash {
        self.tagged(b"foreign-key", sha256)
    }

    /// The hash under which a presented API key is looked up; `None` if it claims to be ours and is mistyped.
    pub fn hash_presented_key(&self, presented: &str) -> Option<SecretHash> {
        if kind_of(presented) == Some(SecretKind::ApiKey) {
            return Some(self.hash(SecretKind::ApiKey, presented));
        }
        (!looks_like_ours(presented)).then(|| self.hash_foreign_key(&sha256(presented.as_bytes())))
    }

    fn tagged(&self, tag: &[u8], secret: &[u8]) -> SecretHash {
        let mut mac = self.mac.clone();
        mac.update(tag);
        mac.update(&[0]);
        mac.update(secret);
        SecretHash { pepper: self.number, mac: mac.finalize().into_bytes().into() }
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pepper({}, …)", self.number)
    }
}

/// All peppers that live. New secrets are hashed under the present one; what another has hashed is found by that.
#[derive(Clone, Debug)]
pub struct Peppers {
    present: Pepper,
    others: Vec<Pepper>,
}

impl Peppers {
    /// Of these.
    pub fn new(present: Pepper, others: Vec<Pepper>) -> Self {
        Self { present, others }
    }

    /// The one that new secrets are hashed under.
    pub fn present(&self) -> &Pepper {
        &self.present
    }

    /// All of them, the present one first.
    pub fn each(&self) -> impl Iterator<Item = &Pepper> {
        std::iter::once(&self.present).chain(&self.others)
    }

    /// The hashes that a secret may be kept under, the present one first.
    pub fn hashes(&self, kind: SecretKind, secret: &str) -> Vec<SecretHash> {
        self.each().map(|pepper| pepper.hash(kind, secret)).collect()
    }
}

impl From<Pepper> for Peppers {
    fn from(only: Pepper) -> Self {
        Self::new(only, Vec::new())
    }
}

/// The key of marks: of what must be the same for the same input and tell nothing of it, such as an idempotency key,
/// an account in a counter of bad passwords, or what somebody is called towards a client. It is never replaced.
#[derive(Clone)]
pub struct Marks(Hmac<Sha256>);

impl Marks {
    /// From 32 bytes.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(mac(key))
    }

    /// The mark of something, for one purpose.
    pub fn fingerprint(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(b"fingerprint:");
        mac.update(purpose.as_bytes());
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks(…)")
    }
}

fn mac(key: &[u8; 32]) -> Hmac<Sha256> {
    // A shorter key is padded with zeros to the block (RFC 2104 §2).
    let mut block = [0u8; 64];
    block[..32].copy_from_slice(key);
    <Hmac<Sha256> as KeyInit>::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_do_not_share_hashes() {
        let pepper = Pepper::new(&[1; 32]);
        assert_ne!(pepper.hash(SecretKind::ApiKey, "x"), pepper.hash(SecretKind::Session, "x"));
        let marks = Marks::new(&[1; 32]);
        assert_ne!(marks.fingerprint("a", &[b"xy", b"z"]), marks.fingerprint("a", &[b"x", b"yz"]));
    }

    #[test]
    fn a_foreign_key_is_found_by_value_or_by_its_sha256() {
        let pepper = Pepper::new(&[1; 32]);
        assert_eq!(
            pepper.hash_presented_key("legacy-key"),
            Some(pepper.hash_foreign_key(&sha256(b"legacy-key")))
        );
    }

    #[test]
    fn a_hash_says_which_pepper_made_it() {
        let (first, second) = (Pepper::new(&[1; 32]), Pepper::numbered(2, &[2; 32]));
        let both = Peppers::new(second.clone(), vec![first.clone()]);
        let [new, old] = both.hashes(SecretKind::ApiKey, "x")[..] else { panic!("one of each") };
        assert_eq!((new.pepper(), new.stored().len()), (2, 33));
        assert_eq!((old.pepper(), old.stored().len()), (1, 32), "as it was before there were others");
        for hash in [new, old] {
            assert_eq!(SecretHash::from_stored(&hash.stored()), Some(hash));
        }
        assert_eq!(SecretHash::from_stored(&[1; 33]), None, "one way to write each");
        assert_eq!(SecretHash::from_stored(&[0; 31]), None);
    }
}
