//! Everything that is sealed is sealed anew by the master key in use, batch by batch, while everything goes on.
//!
//! Nothing notes how far this has come: what is sealed says by which key. Whoever is interrupted begins again and finds
//! the rest.

use std::ops::ControlFlow;

use domain::{
    AuthStrategy, Credential, ExternalToken, Factor, HoldsSealed, IdentityProvider, SigningKey,
    WebhookEndpoint,
};
use store::{CellKey, Cells, Resealed, SealedCell};
use uuid::Uuid;

use crate::keys::kept_place;
use crate::once::claim_place;
use crate::{App, Error, Result};

/// So many rows are read and put back at once: other writers wait for so long.
const BATCH: u64 = 100;
/// What is sealed while a pass goes on may be missed by it. Nodes that are up to date seal by the new key, so a second
/// pass finds all.
const PASSES: u32 = 8;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealing {
    /// So many values were looked at in this pass.
    pub seen: u64,
    /// So many were sealed anew since it began.
    pub done: u64,
    /// So many are still sealed by an older key.
    pub left: u64,
    /// So many open with no key that is there: they were worth nothing before.
    pub lost: u64,
}

/// Whether anything is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Count,
    Reseal,
}

/// What is told how far it has come, after each batch; it may stop it.
pub(crate) type Tell<'a> = &'a mut (dyn FnMut(Resealing) -> ControlFlow<()> + Send);

impl App {
    /// Seals everything by the master key in use. `tell` hears of each batch, and may stop it.
    ///
    /// # Errors
    /// If the database is not available.
    pub(crate) async fn reseal(&self, tell: Tell<'_>) -> Result<Resealing> {
        let mut sum = Resealing::default();
        for _ in 0..PASSES {
            let pass = Resealing { done: sum.done, ..Resealing::default() };
            let before = sum.done;
            sum = match self.pass(Act::Reseal, pass, tell).await? {
                ControlFlow::Break(stopped) => return Ok(stopped),
                ControlFlow::Continue(sum) => sum,
            };
            if sum.left == 0 && sum.done == before {
                break;
            }
        }
        Ok(sum)
    }

    /// Counts what is sealed by older master keys.
    pub(crate) async fn count_sealed_before(&self) -> Result<Resealing> {
        let tell: Tell<'_> = &mut |_| ControlFlow::Continue(());
        match self.pass(Act::Count, Resealing::default(), tell).await? {
            ControlFlow::Break(sum) | ControlFlow::Continue(sum) => Ok(sum),
        }
    }

    /// Goes through everything once.
    async fn pass(
        &self,
        act: Act,
        mut sum: Resealing,
        tell: Tell<'_>,
    ) -> Result<ControlFlow<Resealing, Resealing>> {
        use crate::{
            auth_strategy, external_credential, external_token, factor, identity_provider, oauth,
            webhook_endpoint,
        };
        macro_rules! through {
            ($work:expr) => {
                if $work.await?.is_break() {
                    return Ok(ControlFlow::Break(sum));
                }
            };
        }
        for cells in Cells::ALL {
            through!(self.cells(cells, act, &mut sum, tell));
        }
        through!(self.nouns::<SigningKey>(|it| oauth::key_place(it.id), act, &mut sum, tell));
        through!(self.nouns::<ExternalToken>(|it| external_token::place(it.id), act, &mut sum, tell));
        through!(self.nouns::<AuthStrategy>(|it| auth_strategy::place(it.id), act, &mut sum, tell));
        through!(self.nouns::<Credential>(|it| external_credential::place(it.id), act, &mut sum, tell));
        through!(self.nouns::<Factor>(|it| factor::place(it.person), act, &mut sum, tell));
        through!(self.nouns::<WebhookEndpoint>(|it| webhook_endpoint::place(it.id), act, &mut sum, tell));
        through!(self.nouns::<IdentityProvider>(|it| identity_provider::place(it.id), act, &mut sum, tell));
        Ok(ControlFlow::Continue(sum))
    }

    async fn nouns<T: Resealed + HoldsSealed>(
        &self,
        place: impl Fn(&T) -> String,
        act: Act,
        sum: &mut Resealing,
        tell: Tell<'_>,
    ) -> Result<ControlFlow<()>> {
        let mut after: Option<Uuid> = None;
        loop {
            let (mut nouns, last, unreadable) = self.store.read().holders::<T>(after, BATCH).await?;
            sum.lost += unreadable;
            let (mut left, mut fresh) = (0, Vec::new());
            for noun in &mut nouns {
                let place = place(noun);
                let values =
                    noun.sealed().into_iter().map(|sealed| self.freshen(&place, sealed, sum)).sum::<u64>();
                if values > 0 {
                    left += values;
                    fresh.push(noun.clone());
                }
            }
            if act == Act::Reseal && !fresh.is_empty() {
                let put = self.store.put_holders(&fresh).await?;
                // One that somebody saved in between is found by the next pass.
                if put == fresh.len() as u64 {
                    sum.done += left;
                    left = 0;
                }
            }
            sum.left += left;
            if tell(*sum).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            after = last;
            if after.is_none() {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    async fn cells(
        &self,
        cells: Cells,
        act: Act,
        sum: &mut Resealing,
        tell: Tell<'_>,
    ) -> Result<ControlFlow<()>> {
        let mut after: Option<CellKey> = None;
        loop {
            let batch = self.store.read().sealed_cells(cells, after.as_ref(), BATCH).await?;
            let is_last = (batch.len() as u64) < BATCH;
            after = batch.last().map(|cell| cell.key().clone());
            let mut fresh: Vec<(SealedCell, Vec<u8>)> = Vec::new();
            for cell in batch {
                let mut sealed = cell.sealed.clone();
                if self.freshen(&place_of(cell.key()), &mut sealed, sum) > 0 {
                    fresh.push((cell, sealed));
                }
            }
            let mut left = fresh.len() as u64;
            if act == Act::Reseal && !fresh.is_empty() {
                let put = self.store.put_sealed_cells(&fresh).await?;
                sum.done += put;
                left -= put;
            }
            sum.left += left;
            if tell(*sum).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if is_last {
                return Ok(ControlFlow::Continue(()));
            }
        }
    }

    /// Seals a value by the master key in use, unless it is so already; says how many that were: one or none. One that
    /// does not open stays as it is.
    fn freshen(&self, place: &str, sealed: &mut Vec<u8>, sum: &mut Resealing) -> u64 {
        sum.seen += 1;
        if sealed.first() == Some(&self.keys.present()) {
            return 0;
        }
        match self.keys.open(place, sealed) {
            Some(value) => {
                *sealed = self.keys.seal(place, &zeroize::Zeroizing::new(value));
                1
            }
            None => {
                sum.lost += 1;
                0
            }
        }
    }

    /// Refuses as long as something is sealed by an older master key.
    pub(crate) async fn must_be_resealed(&self) -> Result<()> {
        match self.count_sealed_before().await?.left {
            0 => Ok(()),
            left => Err(Error::conflict(
                "still_sealed",
                format!(
                    "{left} values are still sealed by an older master key; seal them anew first: keywright master-key rotate"
                ),
            )),
        }
    }
}

fn place_of(key: &CellKey) -> String {
    match key {
        CellKey::Mail(id) => crate::mail::place(domain::MailId(*id)),
        CellKey::Claim(key) => claim_place(key),
        CellKey::KeptKey(name) => kept_place(name),
        CellKey::SignIn(state, provider) => crate::elsewhere::sign_in_place(state, (*provider).into()),
    }
}
