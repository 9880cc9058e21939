//! The keys that protect other things, all derived from master keys.
//!
//! While one master key is replaced by another, both are there: whatever was sealed or hashed under the old one is
//! still understood, and what is new is sealed and hashed under the new one. See `docs/adr/0059-two-master-keys.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::{Marks, MasterKey, MasterKeys, NotedMasterKey, Pepper, Peppers, Secret, SecretHash, SecretKind};
use store::Store;
use zeroize::Zeroizing;

use crate::{Error, Result};

const NONCE: usize = 24;

/// The places of everything that is sealed, as they begin. [`crate::App::reseal`] goes through all of them.
pub(crate) const SEALED_PLACES: [&str; 11] = [
    "mails.body.",
    "idempotency_keys.sealed_secret.",
    "kept_keys.sealed.",
    "signing_keys.sealed_private.",
    "external_tokens.sealed.",
    "credentials.details.",
    "auth_strategies.bridge_key.",
    "webhook_endpoints.",
    "identity_providers.client_secret.",
    "sign_in_attempts.content.",
    "factors.secret.",
];

/// Hashes, seals and authenticates.
#[derive(Clone)]
pub struct Keys {
    ring: Arc<ArcSwap<Ring>>,
    marks: Marks,
    cursor: Marks,
}

/// The master keys that are there, and what was made of them.
pub(crate) struct Ring {
    /// The number of the one in use.
    present: u8,
    /// What each seals with.
    seals: BTreeMap<u8, XChaCha20Poly1305>,
    pub(crate) peppers: Arc<Peppers>,
    /// The greatest number of those that were noted, held or not.
    newest_noted: u8,
}

/// Names of keys that outlive the master key that they were derived from.
const MARKS: &str = "marks";
const CURSOR: &str = "cursor";

/// The name of a pepper among the keys that are kept.
pub(crate) fn pepper_name(number: u8) -> String {
    format!("pepper/{number}")
}

/// Where such a key is sealed.
pub(crate) fn kept_place(name: &str) -> String {
    format!("kept_keys.sealed.{name}")
}

fn seal_of(number: u8, master: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*master.derive(&format!("kek/{number}"))).into())
}

impl Keys {
    /// Those of one master key, with which nothing has been kept yet.
    pub fn new(master: &MasterKey) -> Self {
        let ring = Ring {
            present: 1,
            seals: BTreeMap::from([(1, seal_of(1, master))]),
            peppers: Arc::new(Pepper::new(&master.derive(&pepper_name(1))).into()),
            newest_noted: 1,
        };
        let marks = Marks::new(&master.derive(&pepper_name(1)));
        Self {
            ring: Arc::new(ArcSwap::from_pointee(ring)),
            marks,
            cursor: Marks::new(&master.derive(CURSOR)),
        }
    }

    /// Those of a database, which is from now on written under the first of these master keys if it is new.
    ///
    /// # Errors
    /// If the database was written under a master key that is not among them.
    pub(crate) async fn load(store: &Store, masters: &MasterKeys) -> Result<Self> {
        let noted = match masters.all() {
            [first, ..] => store.note_first_master_key(&first.check_value()).await?,
            [] => store.read().master_keys().await?,
        };
        let held = held(&noted, masters)?;
        keep_first_keys(store, &held).await?;
        let kept = store.read().kept_keys().await?;
        let ring = Ring::new(&noted, &held, &kept)?;
        let key = |name: &str| ring.kept(&kept, name).ok_or_else(|| lost(name));
        let (marks, cursor) = (Marks::new(&*key(MARKS)?), Marks::new(&*key(CURSOR)?));
        Ok(Self { ring: Arc::new(ArcSwap::from_pointee(ring)), marks, cursor })
    }

    /// Takes over what was loaded anew. Marks and cursors stay what they are for ever.
    pub(crate) fn take_over(&self, fresh: &Self) {
        self.ring.store(fresh.ring.load_full());
    }

    /// All peppers that live.
    pub fn peppers(&self) -> Arc<Peppers> {
        Arc::clone(&self.ring.load().peppers)
    }

    /// What a secret is kept by, if it is kept: one hash for each pepper that lives, the present one's first.
    pub fn hashes(&self, kind: SecretKind, secret: &str) -> Vec<SecretHash> {
        self.ring.load().peppers.hashes(kind, secret)
    }

    /// What a new secret is kept by.
    pub fn hash(&self, kind: SecretKind, secret: &str) -> SecretHash {
        self.ring.load().peppers.present().hash(kind, secret)
    }

    /// Marks what must be the same for the same input and tell nothing of it.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// The number of the master key in use.
    pub(crate) fn present(&self) -> u8 {
        self.ring.load().present
    }

    /// The greatest number of a master key that is held.
    pub(crate) fn newest(&self) -> u8 {
        self.ring.load().seals.keys().next_back().copied().unwrap_or_default()
    }

    /// Whether the database knows of a newer master key than those that are held.
    pub(crate) fn lacks_a_key(&self) -> bool {
        self.newest() < self.ring.load().newest_noted
    }

    /// Authenticates what we hand out and want back unchanged, such as cursors: 16 bytes.
    pub fn authenticate(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 16] {
        let mac = self.cursor.fingerprint(purpose, parts);
        std::array::from_fn(|i| mac[i])
    }

    /// Makes a secret and what is kept of it.
    pub(crate) fn mint(&self, kind: SecretKind) -> (Secret, SecretHash) {
        let mut random = [0u8; 32];
        fill_random(&mut random);
        let secret = Secret::mint(kind, random);
        let hash = self.hash(kind, secret.expose());
        (secret, hash)
    }

    /// Makes a secret in the form of a UUID (122 random bits), for links whose readers expect one, and what is kept of it.
    pub(crate) fn mint_uuid(&self, kind: SecretKind) -> (Secret, SecretHash) {
        let mut random = [0u8; 16];
        fill_random(&mut random);
        let secret = Secret::imported(uuid::Builder::from_random_bytes(random).into_uuid().to_string());
        let hash = self.hash(kind, secret.expose());
        (secret, hash)
    }

    /// Seals a value that must be read again: number of the master key, nonce, ciphertext. `place` says where it is kept;
    /// in another place it does not open. It must begin as one of [`SEALED_PLACES`], so that it is sealed anew in time.
    pub(crate) fn seal(&self, place: &str, value: &[u8]) -> Vec<u8> {
        debug_assert!(SEALED_PLACES.iter().any(|known| place.starts_with(known)), "{place} is not resealed");
        self.ring.load().seal(place, value)
    }

    /// Opens a sealed value; `None` if it was not sealed here for this place.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.ring.load().open(place, sealed)
    }

    /// Seals a value under a key that takes both a key of the installation and `secret`: what is kept opens for nobody
    /// else.
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
        XChaCha20Poly1305::new((&self.marks.fingerprint("sealed-under", &[secret.as_bytes()])).into())
    }
}

impl Ring {
    fn new(
        noted: &[NotedMasterKey],
        held: &BTreeMap<u8, MasterKey>,
        kept: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Self> {
        let present = present_of(noted);
        let seals = held.iter().map(|(number, master)| (*number, seal_of(*number, master))).collect();
        let newest_noted = noted.iter().map(|it| it.number).max().unwrap_or_default();
        let first = Pepper::new(&[0; 32]);
        let mut ring = Self { present, seals, peppers: Arc::new(first.into()), newest_noted };
        let pepper = |name: &str| {
            let number = name.strip_prefix("pepper/")?.parse().ok()?;
            // That of a master key that is noted and not held yet does not open.
            Some(Pepper::numbered(number, &*ring.kept(kept, name)?))
        };
        let mut peppers: Vec<Pepper> = kept.keys().filter_map(|name| pepper(name)).collect();
        let at = peppers.iter().position(|pepper| pepper.number() == present);
        let at = at.ok_or_else(|| lost(&pepper_name(present)))?;
        ring.peppers = Arc::new(Peppers::new(peppers.swap_remove(at), peppers));
        Ok(ring)
    }

    fn kept(&self, kept: &BTreeMap<String, Vec<u8>>, name: &str) -> Option<Zeroizing<[u8; 32]>> {
        let opened = Zeroizing::new(self.open(&kept_place(name), kept.get(name)?)?);
        opened.as_slice().try_into().ok().map(Zeroizing::new)
    }

    fn seal(&self, place: &str, value: &[u8]) -> Vec<u8> {
        match self.seals.get(&self.present) {
            Some(cipher) => seal_with(cipher, self.present, place, value),
            // There is none without it: see `held`.
            None => Vec::new(),
        }
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (head, ciphertext) = sealed.split_at_checked(1 + NONCE)?;
        let (number, nonce) = head.split_first()?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload { msg: ciphertext, aad: place.as_bytes() };
        self.seals.get(number)?.decrypt(&XNonce::from(nonce), payload).ok()
    }
}

fn seal_with(cipher: &XChaCha20Poly1305, number: u8, place: &str, value: &[u8]) -> Vec<u8> {
    let mut sealed = vec![0u8; 1 + NONCE];
    fill_random(&mut sealed[1..]);
    sealed[0] = number;
    let nonce: [u8; NONCE] = std::array::from_fn(|i| sealed[1 + i]);
    let payload = Payload { msg: value, aad: place.as_bytes() };
    // Sealing fails only above 256 GiB.
    sealed.extend(cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
    sealed
}

/// The pepper of a master key that is not in use yet, sealed under that key itself: whoever has the key has both.
pub(crate) fn pepper_of(number: u8, master: &MasterKey) -> Vec<u8> {
    let name = pepper_name(number);
    seal_with(&seal_of(number, master), number, &kept_place(&name), &*master.derive(&name))
}

/// The number of the master key in use: the greatest that was put to use.
pub(crate) fn present_of(noted: &[NotedMasterKey]) -> u8 {
    noted.iter().filter(|it| it.used_since.is_some()).map(|it| it.number).max().unwrap_or_default()
}

/// The master keys that are held of those that the database knows. What is sealed may be sealed by any that was put to
/// use: all of those have to be there.
fn held(noted: &[NotedMasterKey], masters: &MasterKeys) -> Result<BTreeMap<u8, MasterKey>> {
    let mut held = BTreeMap::new();
    for it in noted {
        match masters.all().iter().find(|key| key.check_value() == it.check_value) {
            Some(key) => {
                held.insert(it.number, key.clone());
            }
            None if it.used_since.is_none() => {}
            None => return Err(wrong(it.number, !held.is_empty())),
        }
    }
    Ok(held)
}

fn wrong(number: u8, has_another: bool) -> Error {
    let message = if has_another {
        format!(
            "master.key lacks master key {number}, and the database is written under it; copy the file from another node"
        )
    } else {
        "this database was written under another master key; put the right master.key back".to_owned()
    };
    Error::conflict("wrong_master_key", message)
}

fn lost(name: &str) -> Error {
    Error::Internal(format!("the kept key {name} does not open with this master key"))
}

/// Keys that must outlive the first master key are derived from it once, and kept.
async fn keep_first_keys(store: &Store, held: &BTreeMap<u8, MasterKey>) -> Result<()> {
    let Some(first) = held.get(&1) else { return Ok(()) };
    let kept = store.read().kept_keys().await?;
    let pepper = pepper_name(1);
    // Marks were made with the first pepper before there was a second one.
    for (name, label) in [(pepper.as_str(), pepper.as_str()), (MARKS, pepper.as_str()), (CURSOR, CURSOR)] {
        let is_dropped = name == pepper && kept.contains_key(MARKS);
        if !kept.contains_key(name) && !is_dropped {
            let sealed = seal_with(&seal_of(1, first), 1, &kept_place(name), &*first.derive(label));
            store.keep_key(name, sealed).await?;
        }
    }
    Ok(())
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
