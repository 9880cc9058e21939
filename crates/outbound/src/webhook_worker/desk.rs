//! What is under way right now: changes are told, deliveries are claimed and sent, each lane for itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{App, Lane, Sent, Wanted, WebhookJob};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

use super::Limits;
use super::outcomes::Outcomes;
use super::turns::{Stand, Turns, Waiting};
use crate::webhook::WebhookSender;

/// A prompt receiver that has not answered for so long gives its place up.
const PROMPT: Duration = Duration::from_secs(1);

/// One request under way.
struct Running {
    job: Arc<WebhookJob>,
    stand: Stand,
    since: Instant,
}

/// Something that is looked for, by one task at a time.
struct Look<T> {
    /// It is worth looking.
    wanted: bool,
    task: Option<JoinHandle<app::Result<T>>>,
}

impl<T> Look<T> {
    fn new() -> Self {
        Self { wanted: true, task: None }
    }

    fn may_begin(&mut self) -> bool {
        self.task.is_none() && std::mem::take(&mut self.wanted)
    }

    /// What was found; nothing if that did not work. Waits for ever if nobody looks.
    async fn found(&mut self) -> Option<T> {
        let Some(task) = &mut self.task else { return std::future::pending().await };
        let found = task.await;
        self.task = None;
        match found {
            Ok(Ok(found)) => Some(found),
            Ok(Err(error)) => {
                let error = error.internal_detail().unwrap_or_default();
                tracing::debug!(error, "webhooks wait");
                None
            }
            Err(died) => {
                tracing::error!(error = %died, "looking for webhooks died");
                None
            }
        }
    }
}

pub(super) struct Desk {
    app: Arc<App>,
    sender: Arc<WebhookSender>,
    outcomes: Outcomes,
    turns: Turns<WebhookJob>,
    /// Whether an attempt was answered, well or not.
    tasks: JoinSet<bool>,
    running: HashMap<Id, Running>,
    /// Changes that nobody was told of yet.
    changes: Look<()>,
    /// Those that hang must not even hold up the look for those that answer.
    prompt: Look<Vec<WebhookJob>>,
    doubtful: Look<Vec<WebhookJob>>,
}

impl Desk {
    pub(super) fn new(app: Arc<App>, sender: Arc<WebhookSender>, limits: Limits, outcomes: Outcomes) -> Self {
        Self {
            app,
            sender,
            outcomes,
            turns: Turns::new(limits),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            changes: Look::new(),
            prompt: Look::new(),
            doubtful: Look::new(),
        }
    }

    /// There may be changes that nobody was told of.
    pub(super) fn may_have_changed(&mut self) {
        self.changes.wanted = true;
    }

    /// A while has passed.
    pub(super) fn tick(&mut self) {
        self.changes.wanted = true;
        self.doubtful.wanted = true;
        self.turns.tick();
        let hung = self.running.values().filter(|it| it.since.elapsed() > PROMPT).map(|it| it.stand);
        let returned = self.turns.give_up_places(hung);
        self.give_back(returned);
    }

    /// Looks for what may be there, if there is room.
    pub(super) fn look(&mut self) {
        if self.changes.may_begin() {
            let app = Arc::clone(&self.app);
            self.changes.task = Some(tokio::spawn(async move {
                while app.tell_webhooks().await? {}
                Ok(())
            }));
        }
        if self.prompt.may_begin() {
            self.prompt.task = claim(&self.app, self.turns.wanted(Lane::Prompt));
        }
        if self.doubtful.may_begin() {
            self.doubtful.task = claim(&self.app, self.turns.wanted(Lane::Doubtful));
        }
    }

    /// Returns when something was found or is over.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            Some(over) = self.tasks.join_next_with_id() => self.over(over).await,
            _ = self.changes.found() => {
                self.prompt.wanted = true;
                self.doubtful.wanted |= !self.turns.is_crowded();
            }
            jobs = self.prompt.found() => self.prompt.wanted |= self.accept(jobs.unwrap_or_default()),
            jobs = self.doubtful.found() => self.doubtful.wanted |= self.accept(jobs.unwrap_or_default()),
        }
    }

    /// Takes on what was claimed. Says whether there may be more.
    fn accept(&mut self, jobs: Vec<WebhookJob>) -> bool {
        let (more, now, mut returned) = (!jobs.is_empty(), self.app.clock().now(), Vec::new());
        for job in jobs {
            let stand = Stand { lane: job.health.lane, endpoint: job.target.endpoint_id };
            let (host, leased_until) = (job.target.host.clone(), job.leased_until);
            returned.extend(self.turns.accept(Waiting { stand, host, leased_until, job }));
            let begun = self.turns.advance(stand, now);
            self.begin(begun);
        }
        self.give_back(returned);
        more
    }

    fn begin(&mut self, jobs: Vec<WebhookJob>) {
        for job in jobs {
            let stand = Stand { lane: job.health.lane, endpoint: job.target.endpoint_id };
            let job = Arc::new(job);
            let work = send(
                Arc::clone(&self.app),
                Arc::clone(&self.sender),
                Arc::clone(&job),
                self.outcomes.clone(),
            );
            let task = self.tasks.spawn(work);
            self.running.insert(task.id(), Running { job, stand, since: Instant::now() });
        }
    }

    /// A request is over: its place goes to the next one.
    async fn over(&mut self, over: Result<(Id, bool), JoinError>) {
        let (id, answered) = match &over {
            Ok((id, answered)) => (*id, *answered),
            Err(died) => (died.id(), false),
        };
        let Some(Running { job, stand, .. }) = self.running.remove(&id) else { return };
        if let Err(died) = over {
            tracing::error!(error = %died, "sending a webhook died");
            self.outcomes.send(job, defect(&self.app)).await;
        }
        let begun = self.turns.over(stand, answered, self.app.clock().now());
        self.begin(begun);
        match stand.lane {
            Lane::Prompt => self.prompt.wanted = true,
            // The place of one that hung is given away at the next tick, with the others'.
            Lane::Doubtful => self.doubtful.wanted |= answered,
        }
    }

    fn give_back(&self, jobs: Vec<WebhookJob>) {
        if jobs.is_empty() {
            return;
        }
        let app = Arc::clone(&self.app);
        // If this fails their lease ends by itself.
        tokio::spawn(async move { app.release_webhooks(&jobs).await.ok() });
    }

    /// Begins nothing any more, and waits for what is under way.
    pub(super) async fn finish(mut self) {
        if self.changes.task.is_some() {
            self.changes.found().await;
        }
        let mut waiting = self.turns.drain();
        for look in [&mut self.prompt, &mut self.doubtful] {
            if look.task.is_some() {
                waiting.extend(look.found().await.unwrap_or_default());
            }
        }
        drop(self.app.release_webhooks(&waiting).await);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Takes what is due, if there is room for any of it.
fn claim(app: &Arc<App>, wanted: Wanted) -> Option<JoinHandle<app::Result<Vec<WebhookJob>>>> {
    let app = Arc::clone(app);
    (wanted.endpoints > 0).then(|| tokio::spawn(async move { app.claim_webhooks(&[wanted]).await }))
}

/// Says whether the receiver answered in time, whatever it was.
async fn send(app: Arc<App>, sender: Arc<WebhookSender>, job: Arc<WebhookJob>, outcomes: Outcomes) -> bool {
    let sent = sender.send(&job, app.clock()).await;
    let answered = !sent.slow;
    // Waits while what came of others is being written: nothing is sent faster than it can be noted.
    outcomes.send(job, sent).await;
    answered
}

/// What came of an attempt that died of a defect of ours: it counts, or it would be tried for ever.
fn defect(app: &App) -> Sent {
    Sent {
        at: app.clock().now(),
        took: Duration::ZERO,
        code: None,
        error: Some("defect".to_owned()),
        body: String::new(),
        retry_after: None,
        slow: false,
    }
}
