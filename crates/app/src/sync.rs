//! Keeps the gateway check in step with the database: after each commit of this node, and four times a second for
//! what other nodes and the command line did.

use std::sync::Arc;
use std::time::Duration;

use domain::CredentialId;
use store::Found;
use tokio::sync::Mutex;
use verify::Verifier;

use crate::{App, Result};

/// How often the feed of changes is looked at.
const POLL: Duration = Duration::from_millis(250);

/// How often a node says that it is there.
const BEAT: Duration = Duration::from_secs(10);

/// Of whom nothing was heard for so long, that is gone: nobody asks it for keys any more.
pub(crate) const NODE_IS_GONE: Duration = Duration::from_secs(3_600);

/// How far the feed was followed. Held while changes are read *and* applied: two readers could otherwise apply the
/// older one last.
#[derive(Debug, Default)]
pub(crate) struct Sync {
    seen: Mutex<i64>,
}

#[macros::boxed]
impl App {
    /// Loads everything.
    pub(crate) async fn load(&self) -> Result<()> {
        let mut seen = self.sync.seen.lock().await;
        self.load_from_the_start(&mut seen).await
    }

    async fn load_from_the_start(&self, seen: &mut i64) -> Result<()> {
        let now = self.clock.now();
        let verifier = self.verifier();
        *seen = self.store.load_all(|found| take_over(verifier, found)).await?;
        verifier.refreshed(now);
        self.reload_issuance().await
    }

    /// Reads credentials again of which no line of the feed tells.
    pub(crate) async fn reload_credentials(&self, ids: &[CredentialId]) -> Result<()> {
        let _feed = self.sync.seen.lock().await;
        take_over(self.verifier(), self.store.load_credentials(ids).await?);
        Ok(())
    }

    /// Follows the feed to its end: [`App::keep_in_step`] does so four times a second.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn follow(&self) -> Result<()> {
        let mut seen = self.sync.seen.lock().await;
        loop {
            // Taken before reading: what we read is at least as new as this.
            let now = self.clock.now();
            let batch = self.store.load_changes(*seen).await?;
            // First: what else has changed may be sealed by a new key.
            if batch.master_keys && self.reload_keys().await? {
                return self.load_from_the_start(&mut seen).await;
            }
            if batch.issuance {
                self.reload_issuance().await?;
            }
            take_over(self.verifier(), batch.found);
            *seen = batch.seq;
            if !batch.more {
                self.verifier().refreshed(now);
                return Ok(());
            }
        }
    }

    /// Follows the feed after a commit. The commit stands whether this works or not; if it does not, the check goes
    /// stale and says so.
    pub(crate) async fn catch_up(&self) {
        if let Err(error) = self.follow().await {
            tracing::warn!(
                error = error.internal_detail().unwrap_or_default(),
                "the gateway check lags behind"
            );
        }
    }

    /// Tells the other nodes how far this one has followed the feed: a key that is new signs nothing before every node
    /// has published it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn beat(&self) -> Result<()> {
        let now = self.clock.now();
        let Some(age) = self.verifier().age(now) else { return Ok(()) };
        if self.keys.lacks_a_key() {
            self.reload_keys().await?;
        }
        Ok(self.store.beat(self.node, now - age, self.keys.newest(), now - NODE_IS_GONE).await?)
    }

    /// Follows the feed for ever.
    pub async fn keep_in_step(self: Arc<Self>) {
        let mut beaten: Option<(tokio::time::Instant, (u8, u8))> = None;
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_down = false;
        loop {
            ticks.tick().await;
            match self.follow().await {
                Ok(()) if is_down => {
                    is_down = false;
                    tracing::info!("the database answers again");
                }
                Ok(()) => {
                    let keys = (self.keys.newest(), self.keys.present());
                    let is_due = beaten.is_none_or(|(at, told)| at.elapsed() >= BEAT || told != keys);
                    if is_due && self.beat().await.is_ok() {
                        beaten = Some((tokio::time::Instant::now(), keys));
                    }
                }
                Err(error) if !is_down => {
                    is_down = true;
                    let detail = error.internal_detail().unwrap_or_default();
                    tracing::error!(
                        error = detail,
                        "the database cannot be read; calls are decided from memory"
                    );
                }
                Err(_) => {}
            }
        }
    }
}

/// Tells the gateway check what was found, and the log what could not be read.
fn take_over(verifier: &Verifier, found: Found) {
    for error in found.unreadable {
        tracing::error!(%error, "a row cannot be read; what hangs on it is refused");
    }
    found.changes.into_iter().for_each(|change| verifier.apply(change));
}
