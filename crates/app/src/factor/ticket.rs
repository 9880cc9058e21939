//! What carries somebody from the password to the code: sealed, for a few minutes, and no session. It opens nothing.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::{ClientId, Instant, Person, Proof};
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::sign_in::Start;
use crate::{App, Error, Result};

/// How long somebody may look for the phone, or set an app up.
const LIFETIME: Duration = Duration::from_secs(600);

/// What tickets are sealed under: no master key, since what is over in ten minutes is not sealed anew.
const PLACE: &str = "second-step";

pub(crate) const OVER: Error = Error::Gone("this took too long, or something has changed; sign in again");

/// Who has shown the password, and what comes next.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) person: Person,
    until: i64,
    /// A fingerprint of what the password was compared with: a new one makes the ticket worthless. None: somebody is
    /// signed in.
    pub(super) password: Option<[u8; 32]>,
    /// For which client they wanted to stay signed in.
    pub(super) keep_for: Option<uuid::Uuid>,
    /// A secret that is to become a second factor.
    pub(crate) secret: Option<Vec<u8>>,
}

impl Ticket {
    pub(super) fn to_enroll(person: Person, secret: Vec<u8>, now: Instant) -> Self {
        let until = (now + LIFETIME).micros();
        Self { person, until, password: None, keep_for: None, secret: Some(secret) }
    }

    pub(super) fn after_password(
        person: Person,
        password: [u8; 32],
        keep_for: Option<ClientId>,
        secret: Option<Vec<u8>>,
        now: Instant,
    ) -> Self {
        let until = (now + LIFETIME).micros();
        let keep_for = keep_for.map(|id| id.0);
        Self { person, until, password: Some(password), keep_for, secret }
    }

    /// How the session begins, now that the rest is there, too.
    pub(crate) fn start(&self, proof: Proof) -> Start {
        Start { keep_for: self.keep_for.map(ClientId), proof, ..Start::default() }
    }
}

impl App {
    pub(super) fn seal_ticket(&self, ticket: &Ticket) -> String {
        // Small structures of text and numbers always serialise.
        let bytes = serde_json::to_vec(ticket).unwrap_or_default();
        BASE64URL.encode(self.keys.seal_under(PLACE, &bytes))
    }

    pub(crate) fn open_ticket(&self, ticket: &str) -> Result<Ticket> {
        let sealed = BASE64URL.decode(ticket).map_err(|_| OVER)?;
        let bytes = self.keys.open_under(PLACE, &sealed).ok_or(OVER)?;
        let ticket: Ticket = serde_json::from_slice(&bytes).map_err(|_| OVER)?;
        if self.clock.now().micros() < ticket.until { Ok(ticket) } else { Err(OVER) }
    }

    pub(super) fn password_mark(&self, password_hash: &str) -> [u8; 32] {
        self.keys.marks().fingerprint("second-step", &[password_hash.as_bytes()])
    }
}
