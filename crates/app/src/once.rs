//! Creating exactly once: with an idempotency key, a repeated create answers what the first one made.

use std::time::Duration;

use domain::Secret;
use store::{Claimed, Record, Tx};
use uuid::Uuid;

use crate::{App, Caller, Error, Result};

/// For how long a repeated create shows the secret again.
pub(crate) const SECRET_REPLAY: Duration = Duration::from_secs(600);
/// For how long idempotency keys are remembered.
pub(crate) const KEY_LIFETIME: Duration = Duration::from_secs(48 * 3600);

/// Something new.
#[derive(Clone, Debug)]
pub struct Created<T> {
    /// It.
    pub value: T,
    /// Its secret, to be shown now and never again.
    pub secret: Option<Secret>,
    /// Whether it was made by an earlier request with the same idempotency key.
    pub replayed: bool,
}

impl<T> Created<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value, secret: None, replayed: false }
    }

    pub(crate) fn with_secret(value: T, secret: Secret) -> Self {
        Self { value, secret: Some(secret), replayed: false }
    }
}

impl App {
    /// Claims the caller's idempotency key for a thing that is about to be made. `Some`: it was made before, and
    /// nothing is to be done. Call it first in the transaction, once it is certain who the caller is.
    pub(crate) async fn replay<T: Record>(
        &self,
        tx: &Tx,
        caller: &Caller,
        id: impl Into<Uuid>,
        secret: Option<&Secret>,
    ) -> Result<Option<Created<T>>> {
        let Some(claim) = &caller.claim else { return Ok(None) };
        let place = claim_place(&claim.key);
        let sealed = secret.map(|secret| self.keys.seal(&place, secret.expose().as_bytes()));
        let had_secret = sealed.is_some();
        let (same_request, result_id, sealed_secret, created_at) =
            match tx.claim(claim, id.into(), sealed).await? {
                Claimed::New => return Ok(None),
                Claimed::Done { same_request, result_id, sealed_secret, created_at } => {
                    (same_request, result_id, sealed_secret, created_at)
                }
            };
        if !same_request {
            return Err(Error::IdempotencyMismatch);
        }
        let value = tx.read().find::<T>(result_id).await?.ok_or_else(|| {
            Error::conflict("result_gone", "what was made with this Idempotency-Key has been deleted since")
        })?;
        let may_show = tx.now().since(created_at) < SECRET_REPLAY;
        let secret = sealed_secret.filter(|_| may_show).and_then(|sealed| self.keys.open(&place, &sealed));
        let secret = secret.and_then(|bytes| String::from_utf8(bytes).ok()).map(Secret::imported);
        if had_secret && secret.is_none() {
            let message = "the secret that was made with this Idempotency-Key is not shown again; rotate it if it was lost";
            return Err(Error::conflict("secret_already_shown", message));
        }
        Ok(Some(Created { value, secret, replayed: true }))
    }
}

/// Where the secret that a repeated create shows again is sealed.
pub(crate) fn claim_place(key: &[u8]) -> String {
    format!("idempotency_keys.sealed_secret.{}", hex::encode(key))
}
