//! What is known of tokens, and of secrets that people chose. There are too many tokens to hold them all, and chosen
//! secrets are compared slowly: whoever asks for a decision brings what is in memory, and may be asked to find out more.

use std::sync::Arc;

use domain::{AccessToken, Client, CredentialId};

use crate::Reason;

/// What is known of something that a call carries.
#[derive(Clone, Debug)]
pub enum Known<T> {
    /// This.
    Yes(T),
    /// That it is worth nothing, and why.
    No(Reason),
    /// Nothing: it has to be looked up.
    NotYet,
}

/// What has to be found out before a call can be decided.
#[derive(Clone)]
pub enum Question {
    /// What is the token with this text?
    Token(String),
    /// Is this one of the secrets that were chosen for this client?
    Secret(Arc<Client>, String),
}

/// What is known outside of the verifier.
pub trait Evidence {
    /// The token with this text.
    fn token(&self, text: &str) -> Known<Arc<AccessToken>>;

    /// Which of the secrets that were chosen for a client this is.
    fn chosen_secret(&self, client: &Client, secret: &str) -> Known<CredentialId>;

    /// Whether an audience is the server itself: such a token is for all that is behind it.
    fn is_this_server(&self, audience: &str) -> bool;

    /// Whether a text is a token (RFC 7519) that says this server made it, true or not.
    fn names_this_server(&self, text: &str) -> bool;
}

/// Nothing is known, and nobody finds out: such tokens and secrets are unknown.
#[derive(Clone, Copy, Debug)]
pub struct NoEvidence;

impl Evidence for NoEvidence {
    fn token(&self, _: &str) -> Known<Arc<AccessToken>> {
        Known::No(Reason::CredentialUnknown)
    }

    fn chosen_secret(&self, _: &Client, _: &str) -> Known<CredentialId> {
        Known::No(Reason::CredentialUnknown)
    }

    fn is_this_server(&self, _: &str) -> bool {
        false
    }

    fn names_this_server(&self, _: &str) -> bool {
        false
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(_) => f.write_str("Token(…)"),
            Self::Secret(client, _) => write!(f, "Secret(of {}, …)", client.id),
        }
    }
}
