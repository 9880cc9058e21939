//! The keys that protect other things, all derived from the master key.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::{MasterKey, Pepper, Secret, SecretHash, SecretKind};

/// Which pepper new secrets are hashed under.
pub(crate) const PEPPER: i32 = 1;
/// Which key new sealed values are sealed under.
const SEAL_KEY: u8 = 1;
const NONCE: usize = 24;

/// Hashes, seals and authenticates.
#[derive(Clone)]
pub struct Keys {
    pepper: Pepper,
    seal: XChaCha20Poly1305,
    cursor: Pepper,
    check: [u8; 32],
}

impl Keys {
    /// Derives them all.
    pub fn new(master: &MasterKey) -> Self {
        Self {
            pepper: master.pepper(PEPPER),
            seal: XChaCha20Poly1305::new((&*master.derive(&format!("kek/{SEAL_KEY}"))).into()),
            cursor: Pepper::new(&master.derive("cursor")),
            check: *master.derive("check"),
        }
    }

    /// The key of the hash under which secrets are stored.
    pub fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// Authenticates what we hand out and want back unchanged, such as cursors: 16 bytes.
    pub fn authenticate(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 16] {
        let mac = self.cursor.fingerprint(purpose, parts);
        std::array::from_fn(|i| mac[i])
    }

    /// Tells whether a database was written under this master key.
    pub fn check_value(&self) -> [u8; 32] {
        self.check
    }

    /// Makes a secret and what is kept of it.
    pub(crate) fn mint(&self, kind: SecretKind) -> (Secret, SecretHash) {
        let mut random = [0u8; 32];
        fill_random(&mut random);
        let secret = Secret::mint(kind, random);
        let hash = self.pepper.hash(kind, secret.expose());
        (secret, hash)
    }

    /// Makes a secret in the form of a UUID (122 random bits), for links whose readers expect one, and what is kept of it.
    pub(crate) fn mint_uuid(&self, kind: SecretKind) -> (Secret, SecretHash) {
        let mut random = [0u8; 16];
        fill_random(&mut random);
        let secret = Secret::imported(uuid::Builder::from_random_bytes(random).into_uuid().to_string());
        let hash = self.pepper.hash(kind, secret.expose());
        (secret, hash)
    }

    /// Seals a value that must be read again: key id, nonce, ciphertext. `place` says where it is kept; in another
    /// place it does not open.
    pub(crate) fn seal(&self, place: &str, value: &[u8]) -> Vec<u8> {
        let mut sealed = vec![0u8; 1 + NONCE];
        fill_random(&mut sealed[1..]);
        sealed[0] = SEAL_KEY;
        let nonce: [u8; NONCE] = std::array::from_fn(|i| sealed[1 + i]);
        let payload = Payload { msg: value, aad: place.as_bytes() };
        // Sealing fails only above 256 GiB.
        sealed.extend(self.seal.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        sealed
    }

    /// Seals a value under a key that takes both the master key and `secret`: what is kept opens for nobody else.
    pub(crate) fn seal_under(&self, secret: &str, value: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE];
        fill_random(&mut nonce);
        let sealed = self.cipher_under(secret).encrypt(&XNonce::from(nonce), value).unwrap_or_default();
        [&nonce[..], &sealed].concat()
    }

    /// Opens what [`Keys::seal_under`] has sealed; `None` for another secret.
    pub(crate) fn open_under(&self, secret: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        self.cipher_under(secret).decrypt(&XNonce::from(nonce), sealed).ok()
    }

    fn cipher_under(&self, secret: &str) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&self.pepper.fingerprint("sealed-under", &[secret.as_bytes()])).into())
    }

    /// Opens a sealed value; `None` if it was not sealed here for this place.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (head, ciphertext) = sealed.split_at_checked(1 + NONCE)?;
        let (key, nonce) = head.split_first()?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        (*key == SEAL_KEY).then(|| self.seal.decrypt(&XNonce::from(nonce), payload).ok())?
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Random bytes from the operating system.
///
/// # Panics
/// If the operating system has none: nothing safe could be done then.
#[allow(clippy::expect_used)]
pub(crate) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let keys = Keys::new(&MasterKey::new([5; 32]));
        let sealed = keys.seal("mails.body.1", b"hello");
        assert_eq!(keys.open("mails.body.1", &sealed).as_deref(), Some(&b"hello"[..]));
        assert_eq!(keys.open("mails.body.2", &sealed), None);
        assert_eq!(Keys::new(&MasterKey::new([6; 32])).open("mails.body.1", &sealed), None);
        assert_eq!(keys.open("mails.body.1", &sealed[..10]), None);
        assert_eq!(keys.open("mails.body.1", &[]), None);
    }
}
