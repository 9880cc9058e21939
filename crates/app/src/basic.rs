//! Basic authentication (RFC 7617), for tools that know nothing else: the same accounts, the same brakes on guessing as
//! at sign-in. What was right is remembered for a while, so that not every call costs a slow hash.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Administrator, Developer, Email, Instant, Person, SessionId};

use crate::sign_in::{WRONG, administrator_identity};
use crate::sign_in_account::Account;
use crate::{App, Caller, Identity, Result};

/// How long a password that was right is remembered.
const REMEMBER: Duration = Duration::from_secs(300);
/// How many are remembered; when there are more, all are forgotten.
const MAX: usize = 10_000;

/// Passwords that were right, as keyed hashes: of the account, the password, and the hash it was compared with. A new
/// password is another hash, so that the old one is forgotten with it.
#[derive(Debug, Default)]
pub(crate) struct Verified {
    known: Mutex<HashMap<[u8; 32], Instant>>,
    /// Who brings the same at once comes one after the other: the first is compared, the others are known then, and
    /// do not count as guesses of one password.
    turns: [tokio::sync::Mutex<()>; 32],
}

impl Verified {
    async fn turn(&self, key: &[u8; 32]) -> tokio::sync::MutexGuard<'_, ()> {
        self.turns[usize::from(key[0]) % self.turns.len()].lock().await
    }

    fn knows(&self, key: &[u8; 32], now: Instant) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).is_some_and(|at| now.since(*at) < REMEMBER)
    }

    fn note(&self, key: [u8; 32], now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX {
            known.clear();
        }
        known.insert(key, now);
    }
}

#[macros::boxed]
impl App {
    /// Who brings this address and password. There is no place for a code: people with a second factor are refused.
    ///
    /// # Errors
    /// As [`App::sign_in`].
    pub async fn identify_basic(&self, caller: &Caller, address: &str, password: &str) -> Result<Identity> {
        let email = Email::parse(address).map_err(|_| WRONG)?;
        let account = self.account_at(&email).await?;
        let hash = account.as_ref().and_then(Account::password_hash).map(str::to_owned);
        let parts = [email.unique_key(), password.to_owned(), hash.clone().unwrap_or_default()];
        let key = self.keys.marks().fingerprint("basic", &parts.each_ref().map(|part| part.as_bytes()));
        let now = self.clock.now();
        let mut is_known = hash.is_some() && self.basic.knows(&key, now);
        let mut turn = None;
        if hash.is_some() && !is_known {
            turn = Some(self.basic.turn(&key).await);
            is_known = self.basic.knows(&key, now);
        }
        if !is_known {
            self.take_guess(caller, &email).await?;
            if !self.passwords.verify(password, hash).await? {
                if let Some(account) = &account {
                    self.note_bad_guess(caller, account).await?;
                }
                return Err(WRONG);
            }
            self.forgive_guesses(caller, &email).await?;
            self.basic.note(key, now);
        }
        drop(turn);
        let account = account.ok_or(WRONG)?;
        account.may_sign_in()?;
        self.factor_to_prove(account.person(), None).await?;
        // There is no session; the account itself stands for it, where calls are counted.
        Ok(match account {
            Account::Administrator(it) => administrator_identity(&it, SessionId(it.id.0)),
            Account::Developer(it) => Identity::Developer { id: it.id, session_id: SessionId(it.id.0) },
        })
    }

    /// Whose address it is. An administrator's comes first: nobody can register to be in the way.
    async fn account_at(&self, email: &Email) -> Result<Option<Account>> {
        let read = self.store.read();
        if let Some(administrator) = read.administrator_by_email(email).await? {
            return Ok(Some(Account::Administrator(administrator)));
        }
        Ok(read.developer_by_email(email).await?.map(Account::Developer))
    }

    /// The address of a person, if they are still there.
    pub(crate) async fn address_of(&self, person: Person) -> Result<Option<Email>> {
        let read = self.store.read();
        Ok(match person {
            Person::Developer(id) => read.find::<Developer>(id).await?.map(|it| it.email),
            Person::Administrator(id) => read.find::<Administrator>(id).await?.map(|it| it.email),
        })
    }
}
