//! Mails that wait to be sent, or were.

use serde::{Deserialize, Serialize};

use crate::{Email, Instant, MailId};

/// A message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its identity, also its `Message-ID`.
    pub id: MailId,
    /// To whom: always an address that we hold, never one from a request.
    pub to: Email,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// When it was written.
    pub created_at: Instant,
}

/// How far the sending of a mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailState {
    /// Waits for its turn, the first or another.
    Waiting,
    /// No mail server is configured: it is kept here and shown in the log.
    Kept,
    /// The mail server took it.
    Sent,
    /// Given up after the last try, or refused for good.
    Failed,
}
