//! Master keys by their numbers: which there are, and which one is in use.

use serde::Serialize;
use serde_json::json;

use crate::transition::noun;
use crate::{Event, Instant, KeyGenerationId, Meta};

/// A master key, its pepper and its sealing key: what audit lines and the feed of changes tell of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyGeneration {
    /// Its number, as the id of a thing.
    pub id: KeyGenerationId,
    /// There are no versions of it.
    #[serde(skip)]
    pub meta: Meta,
    /// Its number, from 1.
    pub number: u8,
}

noun!(KeyGeneration, KeyGenerationId);

impl KeyGeneration {
    /// The one with a number.
    pub fn numbered(number: u8, now: Instant) -> Self {
        Self { id: KeyGenerationId(uuid::Uuid::from_u128(number.into())), meta: Meta::new(now), number }
    }

    /// Something happened to it: `master_key.added`, `master_key.used`, `master_key.dropped`.
    pub fn event(&self, action: &'static str) -> Event {
        Event { action, details: json!({ "number": self.number }) }
    }
}

/// What the database knows of a master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotedMasterKey {
    /// Its number, from 1; the first byte of what it has sealed.
    pub number: u8,
    /// Derived from it; tells nothing of it.
    pub check_value: [u8; 32],
    /// Since when it seals and its pepper hashes; nothing: not yet. The one with the greatest number of those does.
    pub used_since: Option<Instant>,
}
