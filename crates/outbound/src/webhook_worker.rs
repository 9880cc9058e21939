//! Delivers webhooks: takes what is due, sends it side by side, writes down what came of it.
//!
//! Receivers that answer in good time have senders of their own, so that those that hang hold up only each other. An
//! attempt that is not answered soon gives its place among the prompt ones up while it goes on.

mod desk;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Sent, WebhookJob};
use tokio::sync::mpsc;

use crate::webhook::WebhookSender;
use desk::Desk;

/// How much a worker does at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many endpoints that answer promptly.
    pub prompt_endpoints: usize,
    /// So many that hang, or of which nothing is known yet, one request each.
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
            doubtful_endpoints: half / 2,
            hanging: half / 4,
            per_host: 8,
            batch: 200,
        }
    }
}

/// How often is looked for deliveries that have become due, or that another process wrote.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
/// How many outcomes are written down at once.
const TOGETHER: usize = 500;
/// How often, a second apart, is tried to write down what came of attempts.
const NOTE_TRIES: u32 = 60;

/// What came of a job.
type Done = (Arc<WebhookJob>, Sent);

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
    let (done, outcomes) = mpsc::channel(4 * TOGETHER);
    let recorder = tokio::spawn(write_down(Arc::clone(&app), outcomes));
    let mut desk = Desk::new(Arc::clone(&app), sender, limits, done);
    let mut stop = pin!(stop);
    let mut ticks = tokio::time::interval(LOOK_AGAIN);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        desk.look();
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = desk.changed() => {}
            () = app.webhooks_wait() => desk.may_be_due(),
            _ = ticks.tick() => {
                desk.may_be_due();
                desk.give_up_places();
            }
        }
    }
    desk.finish().await;
    if recorder.await.is_err() {
        tracing::error!("what came of the last webhooks could not be written; they are sent again");
    }
}

/// Writes down what came of attempts: as many together as there are.
async fn write_down(app: Arc<App>, mut outcomes: mpsc::Receiver<Done>) {
    let mut some = Vec::with_capacity(TOGETHER);
    while outcomes.recv_many(&mut some, TOGETHER).await > 0 {
        for (job, sent) in &some {
            log(job, sent);
        }
        note(&app, &some).await;
        some.clear();
    }
}

fn log(job: &WebhookJob, sent: &Sent) {
    let (event, endpoint) = (job.event.id, job.target.endpoint_id);
    match &sent.error {
        None => tracing::debug!(%event, %endpoint, code = sent.code, "webhook delivered"),
        Some(error) => tracing::info!(%event, %endpoint, error, "webhook not delivered"),
    }
}

/// Does not give up easily: what was sent and is not known to be would be sent again.
async fn note(app: &App, some: &[Done]) {
    for _ in 0..NOTE_TRIES {
        match app.report_webhooks(some).await {
            Ok(()) => return,
            Err(error) => {
                let error = error.internal_detail().unwrap_or_default();
                tracing::debug!(error, "what came of webhooks is not written yet");
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tracing::error!(
        count = some.len(),
        "what came of webhooks could not be written; they are sent again later"
    );
}
