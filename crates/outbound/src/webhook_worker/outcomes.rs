//! What came of attempts, on its way into the database. Failures have a way of their own, in small steps with a rest
//! between them: when thousands run into their time limit at once, whoever else has something to write waits for one
//! step only, and what was delivered is noted meanwhile.

use std::sync::Arc;
use std::time::Duration;

use app::{App, Sent, WebhookJob};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How many successes are written down at once.
const TOGETHER: usize = 500;
/// How many failures, and how long is rested then.
const FAILURES_TOGETHER: usize = 64;
const REST: Duration = Duration::from_millis(25);
/// How often, a second apart, is tried to write down what came of attempts.
const NOTE_TRIES: u32 = 60;

/// What came of a job.
type Done = (Arc<WebhookJob>, Sent);

/// Where outcomes are handed in.
#[derive(Clone)]
pub(super) struct Outcomes {
    successes: mpsc::Sender<Done>,
    failures: mpsc::Sender<Done>,
}

impl Outcomes {
    /// With the tasks that write them down, until nobody hands in any more.
    pub(super) fn new(app: &Arc<App>) -> (Self, JoinSet<()>) {
        let (successes, delivered) = mpsc::channel(4 * TOGETHER);
        let (failures, failed) = mpsc::channel(4 * TOGETHER);
        let mut writers = JoinSet::new();
        writers.spawn(write_down(Arc::clone(app), delivered, TOGETHER, Duration::ZERO));
        writers.spawn(write_down(Arc::clone(app), failed, FAILURES_TOGETHER, REST));
        (Self { successes, failures }, writers)
    }

    /// Waits while there are too many of its kind already.
    pub(super) async fn send(&self, job: Arc<WebhookJob>, sent: Sent) {
        let way = if sent.succeeded() { &self.successes } else { &self.failures };
        // Nobody takes it only if the writer died of a defect: the lease ends then.
        let _ = way.send((job, sent)).await;
    }
}

/// Writes down what came of attempts: as many together as there are, at most so many.
async fn write_down(app: Arc<App>, mut outcomes: mpsc::Receiver<Done>, together: usize, rest: Duration) {
    let mut some = Vec::with_capacity(together);
    while outcomes.recv_many(&mut some, together).await > 0 {
        for (job, sent) in &some {
            log(job, sent);
        }
        note(&app, &some).await;
        some.clear();
        if !rest.is_zero() && !outcomes.is_closed() {
            tokio::time::sleep(rest).await;
        }
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
