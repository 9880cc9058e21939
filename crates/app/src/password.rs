//! Passwords: hashed slowly (Argon2id, 19 MiB, 2 passes), on threads of their own, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use domain::password_form;
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// How long a sign-in waits for its turn before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Hashes and compares passwords without starving everything else.
#[derive(Debug)]
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { turns: Arc::new(Semaphore::new((cores - 1).max(1))) }
    }

    /// Hashes a password; the result names its parameters and its salt.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let password = password_form(password);
        self.work(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|e| Error::Internal(format!("argon2: {e}")))
        })
        .await?
    }

    /// Whether a password is the one that was hashed. Without a hash it takes as long and is not.
    pub(crate) async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool> {
        let password = password_form(password);
        // Administrators who sign in elsewhere have an empty one.
        let hash = hash.filter(|hash| !hash.is_empty());
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS_HASH.to_owned());
        self.work(move || {
            let matches = PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            matches && is_known
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(Error::Unavailable("too many passwords are being checked".to_owned()));
        };
        let done = tokio::task::spawn_blocking(move || {
            let result = job();
            drop(turn);
            result
        });
        done.await.map_err(|e| Error::Internal(format!("password thread: {e}")))
    }
}

/// Compared with when there is no account, so that the answer takes as long. Of the same cost as real ones.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3NzYWx0MTIz$Zm9yIG5vYm9keTsgdGhpcyBtYXRjaGVzIG5vdGhpbmc";
