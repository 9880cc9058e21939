//! Signing keys and their life: published first, then signing, then published until nothing they signed lives.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::transition::noun;
use crate::{Error, Instant, Meta, SigningAlgorithm, SigningKeyId, Transition};

/// A key that tokens are signed with.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SigningKey {
    /// Its identity, and its name in the header of what it signed (`kid`).
    pub id: SigningKeyId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Which definitions sign with it.
    pub series: String,
    /// How it signs.
    pub algorithm: SigningAlgorithm,
    /// What everybody may see of it (RFC 7517).
    #[serde(skip)]
    pub public_jwk: Value,
    /// The private part, sealed; gone once it has retired.
    #[serde(skip)]
    pub sealed_private: Option<Vec<u8>>,
    /// Where it is in its life.
    pub state: SigningKeyState,
    /// Since when it is in that state.
    pub since: Instant,
}

noun!(SigningKey, SigningKeyId);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {} {:?})", self.id, self.algorithm.as_str(), self.state)
    }
}

/// Where a key is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningKeyState {
    /// Published, so that everybody knows it before it signs.
    Pending,
    /// Signs.
    Active,
    /// Signs no more, and is published until nothing that it signed lives.
    Retiring,
    /// Published no more; only the public part is kept.
    Retired,
    /// Ended at once: what it signed is worth nothing.
    Revoked,
}

impl SigningKeyState {
    /// Whether everybody may see the key, to verify by it.
    pub fn is_published(self) -> bool {
        match self {
            Self::Pending | Self::Active | Self::Retiring => true,
            Self::Retired | Self::Revoked => false,
        }
    }
}

impl SigningKey {
    /// For how long others may hold the published keys before they ask again.
    pub const MAX_AGE: Duration = Duration::from_secs(15 * 60);
    /// How long a key is published before it signs: longer than anybody holds an older list.
    pub const PUBLISHED_BEFORE: Duration = Duration::from_secs(20 * 60);
    /// How long a key is published after it signed: the longest life of a token, and a minute for clocks.
    pub const PUBLISHED_AFTER: Duration = Duration::from_secs(30 * 24 * 3600 + 60);
    /// After how long of signing a key makes room for the next.
    pub const SIGNS_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

    /// A new key, which does not sign yet.
    pub fn create(
        id: SigningKeyId,
        series: String,
        algorithm: SigningAlgorithm,
        public_jwk: Value,
        sealed_private: Vec<u8>,
        now: Instant,
    ) -> Transition<Self> {
        let state = SigningKeyState::Pending;
        let sealed_private = Some(sealed_private);
        let key = Self {
            id,
            meta: Meta::new(now),
            series,
            algorithm,
            public_jwk,
            sealed_private,
            state,
            since: now,
        };
        Transition::create(key, "signing_key.created")
    }

    /// Whether it has been published for long enough to sign.
    pub fn is_ripe(&self, now: Instant) -> bool {
        self.state == SigningKeyState::Pending && now.since(self.since) >= Self::PUBLISHED_BEFORE
    }

    /// Lets it sign. `nobody_knows_older` is true only where no key of this server was ever published, so that nobody
    /// can hold a list without this one.
    ///
    /// # Errors
    /// If it does not wait, or was not published for long enough.
    pub fn activate(&self, nobody_knows_older: bool, now: Instant) -> Result<Transition<Self>, Error> {
        if self.state != SigningKeyState::Pending {
            return Err(Error::conflict("state", "only a key that waits can begin to sign"));
        }
        if !nobody_knows_older && !self.is_ripe(now) {
            return Err(Error::conflict(
                "not_published_long_enough",
                "the key must be published for 20 minutes before it signs",
            ));
        }
        Ok(self.become_(SigningKeyState::Active, "signing_key.activated", now))
    }

    /// Ends its signing. It stays published.
    ///
    /// # Errors
    /// If it does not sign.
    pub fn retire(&self, now: Instant) -> Result<Transition<Self>, Error> {
        match self.state {
            SigningKeyState::Active => {
                Ok(self.become_(SigningKeyState::Retiring, "signing_key.retiring", now))
            }
            SigningKeyState::Pending
            | SigningKeyState::Retiring
            | SigningKeyState::Retired
            | SigningKeyState::Revoked => Err(Error::conflict("state", "only a key that signs can retire")),
        }
    }

    /// Ends its being published, once nothing that it signed lives; the private part goes.
    ///
    /// # Errors
    /// If it still signs, or what it signed may still live.
    pub fn withdraw(&self, now: Instant) -> Result<Transition<Self>, Error> {
        let over = self.state == SigningKeyState::Retiring && now.since(self.since) >= Self::PUBLISHED_AFTER;
        if !over {
            return Err(Error::conflict("state", "what the key signed may still be in use"));
        }
        Ok(self.become_(SigningKeyState::Retired, "signing_key.retired", now))
    }

    /// Ends it at once: it leaves the published list, and what it signed is worth nothing.
    ///
    /// # Errors
    /// If it ended before.
    pub fn revoke(&self, now: Instant) -> Result<Transition<Self>, Error> {
        match self.state {
            SigningKeyState::Pending | SigningKeyState::Active | SigningKeyState::Retiring => {
                Ok(self.become_(SigningKeyState::Revoked, "signing_key.revoked", now))
            }
            SigningKeyState::Retired | SigningKeyState::Revoked => {
                Err(Error::conflict("state", "the key ended before"))
            }
        }
    }

    fn become_(&self, state: SigningKeyState, action: &'static str, now: Instant) -> Transition<Self> {
        let sealed_private = self.sealed_private.clone().filter(|_| match state {
            SigningKeyState::Pending | SigningKeyState::Active => true,
            // It never signs again, so nobody needs the private part.
            SigningKeyState::Retiring | SigningKeyState::Retired | SigningKeyState::Revoked => false,
        });
        let after = Self { state, since: now, sealed_private, ..self.clone() };
        Transition::update(self, after, action, now)
    }
}
