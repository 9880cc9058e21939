//! One master key is replaced by another, while everything goes on: it is noted, every node gets it, it is put to use,
//! everything is sealed anew, and the old one is dropped. Only at the command line, where the file with the keys is.

use std::ops::ControlFlow;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::{Instant, MasterKey, MasterKeys};

use crate::caller::Identity;
use crate::keys::{Keys, pepper_name, pepper_of, present_of};
use crate::{App, Caller, Error, Resealing, Result};

/// A node of which nothing was heard for so long does not serve any more: it says something every 10 seconds.
const NODE_IS_SILENT: Duration = Duration::from_secs(60);

/// Reads the master keys again.
pub type KeySource = Box<dyn Fn() -> Option<MasterKeys> + Send + Sync>;

/// The master keys of this process.
pub(crate) struct Masters {
    held: Mutex<MasterKeys>,
    source: OnceLock<KeySource>,
}

impl Masters {
    pub(crate) fn new(held: MasterKeys) -> Self {
        Self { held: Mutex::new(held), source: OnceLock::new() }
    }

    fn now(&self) -> MasterKeys {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fresh) = self.source.get().and_then(|read| read()) {
            *held = fresh;
        }
        held.clone()
    }
}

impl std::fmt::Debug for Masters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Masters(…)")
    }
}

/// How it is with one master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MasterKeyState {
    /// Its number.
    pub number: u8,
    /// Since when it is in use; nothing: not yet.
    pub used_since: Option<Instant>,
    /// Whether it is the one in use.
    pub is_present: bool,
    /// How many secrets that are worth something are kept by the hashes of its pepper.
    pub hashed: u64,
}

/// What was dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DroppedKeys {
    /// The numbers of master keys that nothing is sealed by.
    pub keys: Vec<u8>,
    /// The numbers of peppers that nothing is hashed by.
    pub peppers: Vec<u8>,
}

impl App {
    /// Says where the master keys are read again when there are others.
    pub fn read_master_keys_again_by(&self, source: KeySource) {
        let _ = self.masters.source.set(source);
    }

    /// Takes over what was said of master keys. `true`: a pepper is gone, and with it whatever was found by it.
    pub(crate) async fn reload_keys(&self) -> Result<bool> {
        let had = self.keys.peppers().each().count();
        self.keys.take_over(&Keys::load(&self.store, &self.masters.now()).await?);
        let peppers = self.keys.peppers();
        let is_one_gone = peppers.each().count() < had;
        self.verifier().use_peppers(peppers);
        Ok(is_one_gone)
    }

    /// The master keys that there are, those that wait to be used included, and what hangs on them.
    ///
    /// # Errors
    /// If the caller is not at the command line.
    pub async fn master_keys(&self, caller: &Caller) -> Result<(Vec<MasterKeyState>, Resealing)> {
        must_be_operator(caller)?;
        let read = self.store.read();
        let noted = read.master_keys().await?;
        let present = present_of(&noted);
        let mut states = Vec::with_capacity(noted.len());
        for it in noted {
            states.push(MasterKeyState {
                number: it.number,
                used_since: it.used_since,
                is_present: it.number == present,
                hashed: read.hashed_by(it.number, self.clock.now()).await?,
            });
        }
        Ok((states, self.count_sealed_before().await?))
    }

    /// Notes a master key that is to be used next. Whoever has it reads what it seals, and knows its pepper, from now on.
    /// Answers its number.
    ///
    /// # Errors
    /// If the caller is not at the command line, or another one waits to be used.
    pub async fn add_master_key(&self, caller: &Caller, key: &MasterKey) -> Result<u8> {
        must_be_operator(caller)?;
        let noted = self.store.read().master_keys().await?;
        if let Some(known) = noted.iter().find(|it| it.check_value == key.check_value()) {
            return Ok(known.number);
        }
        let last = noted.iter().map(|it| it.number).max().unwrap_or_default();
        if let Some(waiting) = noted.iter().find(|it| it.used_since.is_none()) {
            let message = format!(
                "master key {} was added before and is not used yet; the file with it is needed",
                waiting.number
            );
            return Err(Error::conflict("key_waits", message));
        }
        let number =
            last.checked_add(1).ok_or_else(|| Error::Internal("there are no more numbers".to_owned()))?;
        let mut tx = self.begin(caller).await?;
        let pepper = pepper_name(number);
        if !tx.add_master_key(number, &key.check_value(), (&pepper, pepper_of(number, key))).await? {
            return Err(Error::conflict("key_waits", "another master key was added at the same moment"));
        }
        self.commit(tx).await?;
        Ok(number)
    }

    /// The check values of the master keys that the database knows.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn known_master_keys(&self) -> Result<Vec<[u8; 32]>> {
        let noted = self.store.read().master_keys().await?;
        Ok(noted.into_iter().map(|it| it.check_value).collect())
    }

    /// How many nodes serve that do not have a master key.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn nodes_without_master_key(&self, number: u8) -> Result<u64> {
        Ok(self.store.read().nodes_without(number, self.clock.now() - NODE_IS_SILENT).await?)
    }

    /// Whether a node that serves may not have heard yet which master key is in use.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn does_a_node_lag(&self) -> Result<bool> {
        let read = self.store.read();
        let noted = read.master_keys().await?;
        let present = present_of(&noted);
        let since = noted.iter().find(|it| it.number == present).and_then(|it| it.used_since);
        let since = since.unwrap_or(self.clock.now());
        Ok(read.lags_a_node(since, self.clock.now() - NODE_IS_SILENT).await?)
    }

    /// Puts the newest master key to use, and its pepper.
    ///
    /// # Errors
    /// If the caller is not at the command line, or a node that serves does not have it.
    pub async fn use_newest_master_key(&self, caller: &Caller) -> Result<()> {
        must_be_operator(caller)?;
        self.reload_keys().await?;
        let noted = self.store.read().master_keys().await?;
        let number = noted.iter().map(|it| it.number).max().unwrap_or_default();
        if number == self.keys.present() {
            return Ok(());
        }
        if self.keys.newest() < number {
            let message = format!(
                "master.key lacks master key {number}, which is to be used; copy it from where it was added"
            );
            return Err(Error::conflict("key_not_held", message));
        }
        let lacking = self.nodes_without_master_key(number).await?;
        if lacking > 0 {
            let message = format!(
                "{lacking} nodes that serve do not have master key {number}: copy master.key into their data folders"
            );
            return Err(Error::conflict("nodes_lack_key", message));
        }
        let mut tx = self.begin(caller).await?;
        tx.use_master_key(number).await?;
        self.commit(tx).await
    }

    /// Seals everything by the master key in use, batch by batch. `tell` hears of each, and may stop it; whoever goes on
    /// later finds the rest.
    ///
    /// # Errors
    /// If the caller is not at the command line, or the database is not available.
    pub async fn reseal_everything(
        &self,
        caller: &Caller,
        tell: &mut (dyn FnMut(Resealing) -> ControlFlow<()> + Send),
    ) -> Result<Resealing> {
        must_be_operator(caller)?;
        self.reseal(tell).await
    }

    /// Drops the master keys that were replaced, and the peppers that nothing is hashed by any more.
    ///
    /// # Errors
    /// If the caller is not at the command line, something is still sealed by one of them, or a node that serves may
    /// still seal by it.
    pub async fn drop_master_keys(&self, caller: &Caller) -> Result<DroppedKeys> {
        must_be_operator(caller)?;
        let read = self.store.read();
        let noted = read.master_keys().await?;
        let present = present_of(&noted);
        let old: Vec<u8> = noted.iter().map(|it| it.number).filter(|number| *number < present).collect();
        if !old.is_empty() {
            if self.does_a_node_lag().await? {
                let message =
                    "a node has not heard yet that there is a new master key; try again in a minute";
                return Err(Error::conflict("node_lags", message));
            }
            self.must_be_resealed().await?;
        }
        let peppers = self.peppers_without_use().await?;
        if old.is_empty() && peppers.is_empty() {
            return Ok(DroppedKeys::default());
        }
        let mut tx = self.begin(caller).await?;
        for number in &old {
            tx.forget_master_key(*number).await?;
        }
        for number in &peppers {
            tx.forget_pepper(&pepper_name(*number), *number).await?;
        }
        self.commit(tx).await?;
        Ok(DroppedKeys { keys: old, peppers })
    }

    /// The numbers of older peppers that nothing is hashed by which is worth something.
    async fn peppers_without_use(&self) -> Result<Vec<u8>> {
        let mut unused = Vec::new();
        for pepper in self.keys.peppers().each() {
            let is_old = pepper.number() < self.keys.present();
            if is_old && self.store.read().hashed_by(pepper.number(), self.clock.now()).await? == 0 {
                unused.push(pepper.number());
            }
        }
        Ok(unused)
    }
}

/// Whoever replaces keys has to be where they are.
fn must_be_operator(caller: &Caller) -> Result<()> {
    match caller.identity {
        Identity::Operator => Ok(()),
        Identity::Anonymous
        | Identity::Developer { .. }
        | Identity::Token { .. }
        | Identity::Administrator { .. }
        | Identity::Provider { .. }
        | Identity::System => {
            Err(Error::Forbidden("master keys are replaced at the command line only".to_owned()))
        }
    }
}
