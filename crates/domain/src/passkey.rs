//! Passkeys: key pairs in somebody's device or password manager (WebAuthn). Here is the public half.

use serde::Serialize;

use crate::transition::noun;
use crate::{Instant, Meta, Name, PasskeyId, Person, Transition};

/// A key with which somebody signs in: beside the password, or without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passkey {
    /// Its identity.
    pub id: PasskeyId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Whose it is.
    pub person: Person,
    /// What its owner calls it.
    pub name: Name,
    /// What it is called where it is kept: unique over all of them.
    #[serde(skip)]
    pub credential_id: Vec<u8>,
    /// The public key, and what else of it never changes, as the one who verifies writes it.
    #[serde(skip)]
    pub public_key: Vec<u8>,
    /// What may change with each use, such as its counter, as the one who verifies writes it.
    #[serde(skip)]
    pub state: Vec<u8>,
    /// How a browser gets at it, as bits.
    #[serde(skip)]
    pub transports: u8,
    /// Whether there is a copy of it somewhere, so that it outlives the device.
    pub synced: bool,
    /// When somebody last signed in with it.
    #[serde(skip)]
    pub last_used_at: Option<Instant>,
}

noun!(Passkey, PasskeyId);

/// What a browser has brought, and was found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyDraft {
    /// See [`Passkey::credential_id`].
    pub credential_id: Vec<u8>,
    /// See [`Passkey::public_key`].
    pub public_key: Vec<u8>,
    /// See [`Passkey::state`].
    pub state: Vec<u8>,
    /// See [`Passkey::transports`].
    pub transports: u8,
    /// See [`Passkey::synced`].
    pub synced: bool,
}

impl Passkey {
    /// How many somebody has at most.
    pub const MOST: usize = 20;

    /// Somebody adds one.
    pub fn add(
        id: PasskeyId,
        person: Person,
        name: Name,
        key: PasskeyDraft,
        now: Instant,
    ) -> Transition<Self> {
        let PasskeyDraft { credential_id, public_key, state, transports, synced } = key;
        let meta = Meta::new(now);
        let passkey = Self {
            id,
            meta,
            person,
            name,
            credential_id,
            public_key,
            state,
            transports,
            synced,
            last_used_at: None,
        };
        Transition::create(passkey, "passkey.added")
    }

    /// Somebody has signed a challenge that was made at a moment. `None`: it was signed before, or a later one was. Each
    /// counts once (WebAuthn §13.4.3), though no list is kept of those that were given out.
    pub fn take(
        &self,
        made_at: Instant,
        state: Vec<u8>,
        synced: bool,
        now: Instant,
    ) -> Option<Transition<Self>> {
        // A node whose clock is behind must not leave room for the same challenge once more.
        let last_used_at = Some(now.max(made_at));
        let after = Self { state, synced, last_used_at, ..self.clone() };
        self.may_take(made_at).then(|| Transition::update(self, after, "passkey.used", now))
    }

    /// Whether an answer to what was asked at a moment still counts: only what was asked after it was used.
    pub fn may_take(&self, made_at: Instant) -> bool {
        self.last_used_at.is_none_or(|last| made_at > last)
    }

    /// Calls it something else.
    pub fn rename(&self, name: Name, now: Instant) -> Transition<Self> {
        Transition::update(self, Self { name, ..self.clone() }, "passkey.renamed", now)
    }

    /// It opens nothing any more.
    pub fn remove(self) -> Transition<Self> {
        Transition::delete(self, "passkey.removed")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::DeveloperId;

    fn at(micros: i64) -> Instant {
        Instant::from_micros(micros)
    }

    fn passkey() -> Passkey {
        let person = Person::Developer(DeveloperId(Uuid::from_u128(1)));
        let key = PasskeyDraft {
            credential_id: vec![7; 16],
            public_key: vec![8],
            state: vec![9],
            transports: 0,
            synced: false,
        };
        let name = Name::parse("Laptop").unwrap();
        Passkey::add(PasskeyId(Uuid::from_u128(2)), person, name, key, at(1)).into_parts().0
    }

    fn take(passkey: &Passkey, made: i64, now: i64) -> Option<Passkey> {
        Some(passkey.take(at(made), vec![9, 9], true, at(now))?.into_parts().0)
    }

    #[test]
    fn a_114_a_challenge_counts_once_and_none_before_it() {
        let used = take(&passkey(), 100, 110).unwrap();
        assert_eq!((used.state.len(), used.synced, used.last_used_at), (2, true, Some(at(110))));
        for made in [99, 100, 105, 110] {
            assert!(take(&used, made, 120).is_none(), "{made}");
        }
        assert!(take(&used, 111, 120).is_some());
    }

    #[test]
    fn a_114_a_clock_that_is_behind_lets_no_challenge_count_twice() {
        let used = take(&passkey(), 100, 90).unwrap();
        assert!(take(&used, 100, 91).is_none());
        assert!(take(&used, 101, 91).is_some());
    }

    #[test]
    fn what_the_audit_log_shows_holds_no_key() {
        let shown = serde_json::to_string(&passkey()).unwrap();
        for hidden in ["credential_id", "public_key", "state", "transports"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("Laptop"));
    }
}
