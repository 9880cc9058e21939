//! The authorization server: clients and what they may have, tokens and what they are worth.

mod api_client;
mod authorize;
mod cache;
mod client;
mod client_auth;
mod client_credentials;
mod client_secret;
mod code;
mod consent;
mod discovery;
mod find_token;
mod guesses;
mod introspect;
mod issuance;
mod legacy;
mod logout;
mod mint;
mod question;
mod refresh;
mod revoke;
mod role_scope;
mod scope;
mod signing_key;
mod token;
mod token_definition;
mod tokens;
mod userinfo;
mod writer;

use std::sync::Arc;

use arc_swap::ArcSwap;
use oauth::{ErrorCode, OAuthError};
use store::Store;

use crate::Error;

pub use api_client::ApiClient;
pub use authorize::Authorized;
pub use client::{ChosenId, ClientRequest};
pub use client_auth::Proven;
pub use client_credentials::TokenAnswer;
pub use consent::ShownConsent;
pub(crate) use consent::{end_grants, end_grants_of_session};
pub(crate) use find_token::AtHand;
pub(crate) use guesses::Guessed;
pub use introspect::Introspection;
pub use logout::Logout;
pub use mint::{About, Minted};
pub use question::{Question, WantedScope};
pub(crate) use signing_key::place as key_place;

/// What the authorization server holds in memory.
#[derive(Debug)]
pub(crate) struct OAuth {
    issuance: ArcSwap<issuance::Issuance>,
    tokens: cache::Tokens,
    writer: writer::Writer,
    pub(crate) guesses: guesses::Guesses,
    pub(crate) known_secrets: guesses::KnownSecrets,
}

impl OAuth {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            issuance: ArcSwap::from(Arc::new(issuance::Issuance::default())),
            tokens: cache::Tokens::default(),
            writer: writer::Writer::start(store.clone()),
            guesses: guesses::Guesses::default(),
            known_secrets: guesses::KnownSecrets::new(),
        }
    }
}

impl From<Error> for OAuthError {
    /// What a use case could not do, in the words of the protocol. What went wrong inside goes to the log.
    fn from(error: Error) -> Self {
        if let Some(detail) = error.internal_detail() {
            tracing::error!(code = error.code(), detail, "oauth request failed");
        }
        let code = match &error {
            Error::Invalid(_)
            | Error::NotFound(_)
            | Error::Conflict { .. }
            | Error::Gone(_)
            | Error::Stale
            | Error::IdempotencyMismatch => ErrorCode::InvalidRequest,
            Error::Unauthenticated(_) => ErrorCode::InvalidGrant,
            Error::Forbidden(_) | Error::Quota(_) | Error::Reauthenticate => ErrorCode::AccessDenied,
            Error::Limited { .. } => ErrorCode::SlowDown,
            Error::Unavailable(_) | Error::Upstream(_) => ErrorCode::TemporarilyUnavailable,
            Error::Internal(_) => ErrorCode::ServerError,
        };
        Self::new(code, error.to_string())
    }
}

/// What the database could not do, in the words of the protocol.
pub(crate) fn refuse(error: impl Into<Error>) -> OAuthError {
    error.into().into()
}
