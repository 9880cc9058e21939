//! Signing keys: made, published, taken into use and withdrawn, by schedule and by command.

use std::collections::BTreeSet;

use domain::{Access, DEFAULT_SERIES, Resource, SigningAlgorithm, SigningKey, SigningKeyId, SigningKeyState};
use oauth::jose;
use store::Tx;

use crate::sync::NODE_IS_GONE;
use crate::{App, Caller, Error, Page, PageRequest, Result};

const THIS: Resource = Resource::Oauth;

/// Where the private part of a key is kept sealed.
pub(crate) fn place(id: SigningKeyId) -> String {
    format!("signing_keys.sealed_private.{id}")
}

/// A series and an algorithm: each such pair has keys of its own.
type Line = (String, SigningAlgorithm);

/// A key that was made and is not kept yet.
struct Fresh {
    line: Line,
    id: SigningKeyId,
    private: Vec<u8>,
    public_jwk: serde_json::Value,
}

#[macros::boxed]
impl App {
    /// All keys, ended ones included, without their private parts.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn signing_keys(&self, caller: &Caller, page: PageRequest) -> Result<Page<SigningKey>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().signing_keys(page).await?)
    }

    /// One key, without its private part.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn one_signing_key(&self, caller: &Caller, id: SigningKeyId) -> Result<SigningKey> {
        caller.must_administer(THIS, Access::Read)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(SigningKeyId::KIND))
    }

    /// Makes the next key of each line, or of those with an algorithm. It is published at once and signs once it has
    /// been published for long enough; then the oldest one retires. Answers the new keys. Where one waits already, there
    /// is no other: keys do not pile up.
    ///
    /// # Errors
    /// If the caller may not, or every line has a key that waits.
    pub async fn rotate_signing_keys(
        &self,
        caller: &Caller,
        algorithm: Option<SigningAlgorithm>,
    ) -> Result<Vec<SigningKey>> {
        caller.must_administer(THIS, Access::Write)?;
        // Otherwise the next key would be the first, and nothing could be signed until it is ripe.
        self.tend_signing_keys().await?;
        let lines = self.lines().await?;
        let keys = self.store.read().all_signing_keys().await?;
        let waits = |(series, algorithm): &Line| {
            keys.iter().any(|key| {
                key.state == SigningKeyState::Pending && key.series == *series && key.algorithm == *algorithm
            })
        };
        let wanted = |line: &Line| algorithm.is_none_or(|only| only == line.1) && !waits(line);
        let lines: Vec<Line> = lines.into_iter().filter(wanted).collect();
        if lines.is_empty() {
            return Err(Error::conflict("rotating", "the next key waits already to be taken into use"));
        }
        let fresh = self.make_keys(lines).await?;
        let mut tx = self.begin(caller).await?;
        tx.lock_signing_keys().await?;
        let mut made = Vec::new();
        for key in fresh {
            made.push(self.keep_key(&mut tx, key).await?);
        }
        self.commit(tx).await?;
        Ok(made)
    }

    /// Ends a key at once. What it signed is worth nothing from now on, here and wherever the published keys are asked
    /// for again.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or ended before.
    pub async fn revoke_signing_key(&self, caller: &Caller, id: SigningKeyId) -> Result<SigningKey> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        tx.lock_signing_keys().await?;
        let key: SigningKey = tx.read().find(id).await?.ok_or(Error::NotFound(SigningKeyId::KIND))?;
        let change = key.revoke(tx.now())?;
        self.save(tx, change).await
    }

    /// Makes the first keys, once there is somebody to sign for: whoever has no clients does not wait for RSA.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn make_first_keys(&self) -> Result<()> {
        if self.verifier().has_clients() && self.issuance().algorithms().is_empty() {
            self.tend_signing_keys().await?;
        }
        Ok(())
    }

    /// Tends the keys, if there are any.
    pub(crate) async fn tend_made_keys(&self) -> Result<()> {
        if self.issuance().algorithms().is_empty() {
            return Ok(());
        }
        self.tend_signing_keys().await
    }

    /// Moves every key to where it has to be by now, and makes those that are missing. Done again and again, on every
    /// node; the database makes them take turns.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn tend_signing_keys(&self) -> Result<()> {
        let lines = self.lines().await?;
        let keys = self.store.read().all_signing_keys().await?;
        if !self.is_work(&lines, &keys) {
            return Ok(());
        }
        let fresh = self.make_keys(self.missing(&lines, &keys)).await?;
        let mut tx = self.begin(&Caller::system()).await?;
        tx.lock_signing_keys().await?;
        // Another node may have been here in between.
        let keys = tx.read().all_signing_keys().await?;
        let mut missing = self.missing(&lines, &keys);
        // Where no key was ever published, nobody can hold a list without these: they sign at once.
        let is_first = keys.is_empty();
        for key in fresh {
            let Some(place) = missing.iter().position(|line| *line == key.line) else { continue };
            missing.swap_remove(place);
            let key = self.keep_key(&mut tx, key).await?;
            if is_first {
                let change = key.activate(true, tx.now())?;
                tx.save(change).await?;
            }
        }
        self.move_keys(&mut tx, keys).await?;
        self.commit(tx).await
    }

    /// Pending ones that are ripe begin to sign, the oldest beyond the number make room, old ones are withdrawn.
    async fn move_keys(&self, tx: &mut Tx, keys: Vec<SigningKey>) -> Result<()> {
        let now = tx.now();
        for key in keys.iter().filter(|key| key.is_ripe(now)) {
            // A node that has not heard of it publishes a list without it.
            if tx.read().lags_a_node(key.since, now - NODE_IS_GONE).await? {
                tracing::warn!(key = %key.id, "a node does not publish the new signing key yet; it waits");
                continue;
            }
            let change = key.activate(false, now)?;
            tx.save(change).await?;
            let older = keys.iter().filter(|other| {
                other.state == SigningKeyState::Active
                    && other.series == key.series
                    && other.algorithm == key.algorithm
            });
            // By age, the new one not counted.
            let older: Vec<&SigningKey> = older.collect();
            if older.len() >= self.settings.oauth.signing_keys
                && let Some(oldest) = older.first()
                && let Some(current) = tx.read().find::<SigningKey>(oldest.id).await?
                && let Ok(change) = current.retire(now)
            {
                tx.save(change).await?;
            }
        }
        for key in &keys {
            if let Ok(change) = key.withdraw(now) {
                tx.save(change).await?;
            }
        }
        Ok(())
    }

    fn is_work(&self, lines: &BTreeSet<Line>, keys: &[SigningKey]) -> bool {
        let now = self.clock.now();
        !self.missing(lines, keys).is_empty()
            || keys.iter().any(|key| key.is_ripe(now) || key.withdraw(now).is_ok())
    }

    /// Which lines lack how many keys: those that sign or wait are counted, and one more where the oldest has signed
    /// for long enough.
    fn missing(&self, lines: &BTreeSet<Line>, keys: &[SigningKey]) -> Vec<Line> {
        let now = self.clock.now();
        let wanted = self.settings.oauth.signing_keys;
        let mut missing = Vec::new();
        for line in lines {
            let of_line =
                keys.iter().filter(|key| (key.series.as_str(), key.algorithm) == (line.0.as_str(), line.1));
            let signing: Vec<_> =
                of_line.clone().filter(|key| key.state == SigningKeyState::Active).collect();
            let waiting = of_line.filter(|key| key.state == SigningKeyState::Pending).count();
            let is_old = signing.iter().any(|key| now.since(key.since) >= SigningKey::SIGNS_FOR);
            let lacking = (wanted + usize::from(is_old)).saturating_sub(signing.len() + waiting);
            missing.extend(std::iter::repeat_n(line.clone(), lacking));
        }
        missing
    }

    /// Every series and algorithm that something is signed with.
    async fn lines(&self) -> Result<BTreeSet<Line>> {
        let definitions = self.store.read().all_token_definitions().await?;
        let own = definitions.into_iter().map(|it| (it.key_series, it.algorithm));
        let default = self.settings.oauth.algorithms.iter().map(|it| (DEFAULT_SERIES.to_owned(), *it));
        Ok(own.chain(default).collect())
    }

    /// Makes keys, off the threads that answer: an RSA key takes a while.
    async fn make_keys(&self, lines: Vec<Line>) -> Result<Vec<Fresh>> {
        let ids: Vec<SigningKeyId> = lines.iter().map(|_| self.new_id()).collect();
        let work = move || {
            let make = |(line, id): (Line, SigningKeyId)| {
                let private = jose::generate(line.1)?;
                let key = jose::SigningKey::from_pkcs8(line.1, id.to_string(), &private)?;
                let public_jwk = serde_json::to_value(key.public_jwk()).unwrap_or_default();
                Ok(Fresh { line, id, private, public_jwk })
            };
            lines.into_iter().zip(ids).map(make).collect::<Result<Vec<_>, jose::KeyError>>()
        };
        let made = tokio::task::spawn_blocking(work).await;
        let made = made.map_err(|e| Error::Internal(format!("key thread: {e}")))?;
        made.map_err(|e| Error::Internal(format!("a signing key could not be made: {e}")))
    }

    async fn keep_key(&self, tx: &mut Tx, fresh: Fresh) -> Result<SigningKey> {
        let sealed = self.keys.seal(&place(fresh.id), &fresh.private);
        let (series, algorithm) = fresh.line;
        let change = SigningKey::create(fresh.id, series, algorithm, fresh.public_jwk, sealed, tx.now());
        Ok(tx.save(change).await?)
    }
}
