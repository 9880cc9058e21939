//! What was asked of a browser, on its way there and back: sealed, for a few minutes, so that any node can believe the
//! answer and none has to remember it.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use domain::{Instant, Person};
use serde::{Deserialize, Serialize};

use super::PasskeyRequest;
use super::relying_party::Asked;
use crate::factor::ticket::OVER;
use crate::{App, Result};

/// How long somebody may look for their passkey.
pub(super) const LIFETIME: Duration = Duration::from_secs(600);

/// What tickets are sealed under: no master key, since what is over in ten minutes is not sealed anew.
const PLACE: &str = "passkey";

/// What a passkey is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// To be added by somebody who is signed in.
    Add(Person),
    /// To sign in with it alone.
    SignIn,
    /// To sign in with it after the password. Here is the ticket of the second step.
    SecondStep(String),
    /// To be added by somebody who has shown the password and needs a second factor. The same.
    Enroll(String),
}

#[derive(Serialize, Deserialize)]
struct Content {
    purpose: Purpose,
    made_at: i64,
    state: String,
}

/// What was asked.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) purpose: Purpose,
    /// When: each answer is taken once.
    pub(super) made_at: Instant,
    /// What the verifier has to know.
    pub(super) state: Vec<u8>,
}

impl App {
    pub(super) fn passkey_request(&self, purpose: Purpose, asked: Asked) -> PasskeyRequest {
        let made_at = self.clock.now().micros();
        let content = Content { purpose, made_at, state: BASE64URL.encode(asked.state) };
        // Small structures of text and numbers always serialise.
        let bytes = serde_json::to_vec(&content).unwrap_or_default();
        let ticket = BASE64URL.encode(self.keys.seal_under(PLACE, &bytes));
        PasskeyRequest { ticket, options: asked.options }
    }

    pub(super) fn open_passkey_ticket(&self, ticket: &str) -> Result<Ticket> {
        let sealed = BASE64URL.decode(ticket).map_err(|_| OVER)?;
        let bytes = self.keys.open_under(PLACE, &sealed).ok_or(OVER)?;
        let content: Content = serde_json::from_slice(&bytes).map_err(|_| OVER)?;
        let made_at = Instant::from_micros(content.made_at);
        if self.clock.now() >= made_at + LIFETIME {
            return Err(OVER);
        }
        let state = BASE64URL.decode(content.state).map_err(|_| OVER)?;
        Ok(Ticket { purpose: content.purpose, made_at, state })
    }
}
