//! Delivers webhooks: takes what is due, sends it side by side, writes down what came of it.
//!
//! Receivers that answer in good time have senders of their own, so that those that hang hold up only each other. An
//! attempt that is not answered soon gives its place among the prompt ones up while it goes on. Who is looked for, begun
//! and written down costs as little as can be when thousands hang: the database has one writer, which everybody shares.

mod desk;
mod outcomes;
mod turns;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::App;

use crate::webhook::WebhookSender;
use desk::Desk;
use outcomes::Outcomes;

/// How much a worker does at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many endpoints that answer promptly.
    pub prompt_endpoints: usize,
    /// So many that hang, or of which nothing is known yet, one request each. Each that hangs is written down twice in
    /// fifteen seconds, on the one writer of the database that everybody shares.
    pub doubtful_endpoints: usize,
    /// So many requests that were prompt and hang now.
    pub hanging: usize,
    /// So many requests to one endpoint, and to one host and port.
    pub per_host: usize,
    /// So many deliveries of a prompt endpoint are taken at once.
    pub batch: u64,
}

impl Limits {
    /// What fits into so many open files, half of which are left to others.
    pub fn for_open_files(files: u64) -> Self {
        let half = usize::try_from(files / 2).unwrap_or(usize::MAX).clamp(256, 4_096);
        Self {
            prompt_endpoints: half / 32,
            doubtful_endpoints: (half / 16).max(128),
            hanging: half / 4,
            per_host: 8,
            batch: 200,
        }
    }
}

/// How often is looked for deliveries that have become due, or that another process wrote.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Delivers what is due, until `stop` is; what is under way then is finished.
pub async fn deliver_webhooks(
    app: Arc<App>,
    sender: Arc<WebhookSender>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    if let Err(error) = app.recover_webhooks().await {
        let error = error.internal_detail().unwrap_or_default();
        tracing::warn!(error, "webhooks that were under way wait until their leases end");
    }
    let (outcomes, mut writers) = Outcomes::new(&app);
    let mut desk = Desk::new(Arc::clone(&app), sender, limits, outcomes);
    let mut stop = pin!(stop);
    let mut ticks = tokio::time::interval(LOOK_AGAIN);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        desk.look();
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = desk.changed() => {}
            () = app.webhooks_wait() => desk.may_have_changed(),
            _ = ticks.tick() => desk.tick(),
        }
    }
    desk.finish().await;
    while let Some(ended) = writers.join_next().await {
        if ended.is_err() {
            tracing::error!("what came of the last webhooks could not be written; they are sent again");
        }
    }
}
