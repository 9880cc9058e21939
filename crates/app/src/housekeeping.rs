//! What is done when nobody asks: counters written, what is over removed.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use domain::{CredentialId, Instant};

use crate::once::{KEY_LIFETIME, SECRET_REPLAY};
use crate::plan_usage::LEARN;
use crate::{App, Result};

/// How often times of last use are written: at most so much is lost in a crash.
const FLUSH: Duration = Duration::from_secs(1);
/// How often what is over is removed.
const SWEEP: Duration = Duration::from_secs(60);
/// For how long mails, events of webhooks, and links that were not used, are kept.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);
/// How many events of webhooks are removed at once: other writers wait for it, and a clock that is wrong does not remove
/// everything.
const SWEPT_AT_ONCE: u64 = 1_000;
/// So many tokens are removed at once.
const BATCH: u64 = 500;
/// So many times in a row: more than can be made in between.
const MAX_BATCHES: u32 = 10_000;
/// For how long a code is known after its time, so that one that comes again is recognised.
const KEEP_CODES: Duration = Duration::from_secs(24 * 3600);
/// After which time nothing that came from a grant can be left: the longest life of a refresh token, and of the access
/// token that it gave last.
const KEEP_GRANTS: Duration = Duration::from_secs((365 + 31) * 24 * 3600);
/// So many rows are removed at once.
const SOME: u64 = 5_000;
/// For how long bad attempts are remembered.
const KEEP_ATTEMPTS: Duration = Duration::from_secs(24 * 3600);

#[macros::boxed]
impl App {
    /// Writes what was counted and refused at the gateway, when credentials were last used, and which acts were refused.
    ///
    /// # Errors
    /// If the database is not available; counts and times are written with the next ones then.
    pub async fn flush(&self) -> Result<()> {
        let now = self.clock.now();
        // Calls were counted since the last time: what was counted in a new hour is never too much, or a plan's limit for
        // it would be reached too early.
        let before = Instant::from_micros(self.flushed_at.swap(now.micros(), Relaxed));
        let at = if before <= now && now.since(before) <= 2 * FLUSH { before } else { now };
        let (used, usage) = (self.verifier().take_used(), self.verifier().take_usage());
        if let Err(error) = self.store.write_counters(&used, &usage, at).await {
            self.verifier().put_back_used(used);
            self.verifier().put_back_usage(usage);
            return Err(error.into());
        }
        self.renew_hashes().await?;
        self.write_refused_calls().await?;
        self.write_refusals().await
    }

    /// Keeps what was used, and was kept by the hash of an older pepper, by that of the present one.
    async fn renew_hashes(&self) -> Result<()> {
        let stale = self.verifier().take_stale_hashes();
        if stale.is_empty() {
            return Ok(());
        }
        self.store.rehash_credentials(&stale).await?;
        let stale: Vec<CredentialId> = stale.into_iter().map(|(id, _)| id).collect();
        self.reload_credentials(&stale).await
    }

    /// Removes what is over.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        self.store.sweep_sessions(now).await?;
        self.store.sweep_codes(now, KEEP_CODES, SOME).await?;
        self.store.sweep_grants(now - KEEP_GRANTS, SOME).await?;
        self.store.sweep_one_time_tokens(now - KEEP).await?;
        self.store.sweep_sign_in_attempts(now).await?;
        self.store.sweep_attempts(now - KEEP_ATTEMPTS).await?;
        self.store.sweep_idempotency_keys(now - SECRET_REPLAY, now - KEY_LIFETIME).await?;
        self.store.sweep_mails(now - KEEP).await?;
        self.store.sweep_revoked_tokens(now).await?;
        self.verifier().forget_revoked_tokens(now);
        self.sweep_access_tokens().await?;
        self.store.sweep_invitations(now - KEEP).await?;
        self.store.sweep_administrator_invitations(now - KEEP).await?;
        self.store.sweep_usage(now).await?;
        self.sweep_refused_calls().await?;
        self.store.sweep_webhook_events(now - KEEP, SWEPT_AT_ONCE).await?;
        self.expire_approvals().await?;
        self.tell_of_waiting().await?;
        self.remind_gateways().await?;
        self.expire_requests().await
    }

    /// Removes tokens that are over, in small batches: nobody who writes waits for long.
    async fn sweep_access_tokens(&self) -> Result<()> {
        for _ in 0..MAX_BATCHES {
            if self.store.sweep_access_tokens(self.clock.now(), BATCH).await? < BATCH {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Does all of it for ever.
    pub async fn keep_house(self: Arc<Self>) {
        let mut flush = tokio::time::interval(FLUSH);
        let mut sweep = tokio::time::interval(SWEEP);
        let mut learn = tokio::time::interval(LEARN);
        loop {
            let done = tokio::select! {
                _ = flush.tick() => match self.flush().await {
                    Ok(()) => self.make_first_keys().await,
                    error => error,
                },
                _ = learn.tick() => self.learn_usage().await,
                _ = sweep.tick() => match self.sweep().await {
                    Ok(()) => self.tend_made_keys().await,
                    error => error,
                },
            };
            if let Err(error) = done {
                tracing::debug!(
                    error = error.internal_detail().unwrap_or_default(),
                    "housekeeping is put off"
                );
            }
        }
    }
}
