//! Who is being sent to right now, and what waits for its turn.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{App, Lane, Sent, Wanted, WebhookJob};
use domain::WebhookEndpointId;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

use super::{Done, Limits};
use crate::webhook::WebhookSender;

/// A prompt receiver that has not answered for so long gives its place up.
const PROMPT: Duration = Duration::from_secs(1);
/// Of so many endpoints is taken at once: everybody else who writes waits for it. It is looked again at once, if there
/// may be more.
const AT_ONCE: usize = 128;
/// What is begun must be over, and written down, before somebody else may take it.
const MARGIN: Duration = Duration::from_secs(20);

/// One endpoint at work.
struct Slot {
    lane: Lane,
    host: String,
    queue: VecDeque<WebhookJob>,
    under_way: usize,
    /// It was prompt and hangs now: its place is another's.
    hangs: bool,
}

/// One request under way.
struct Running {
    job: Arc<WebhookJob>,
    since: Instant,
}

/// One receiver: how many requests are under way to it, and whose turn is next.
#[derive(Default)]
struct Host {
    under_way: usize,
    waiting: VecDeque<WebhookEndpointId>,
}

pub(super) struct Desk {
    app: Arc<App>,
    sender: Arc<WebhookSender>,
    limits: Limits,
    done: mpsc::Sender<Done>,
    slots: HashMap<WebhookEndpointId, Slot>,
    hosts: HashMap<String, Host>,
    tasks: JoinSet<()>,
    running: HashMap<Id, Running>,
    looking: Option<JoinHandle<app::Result<Vec<WebhookJob>>>>,
    may_be_due: bool,
}

impl Desk {
    pub(super) fn new(
        app: Arc<App>,
        sender: Arc<WebhookSender>,
        limits: Limits,
        done: mpsc::Sender<Done>,
    ) -> Self {
        Self {
            app,
            sender,
            limits,
            done,
            slots: HashMap::new(),
            hosts: HashMap::new(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            looking: None,
            may_be_due: true,
        }
    }

    /// It is worth looking.
    pub(super) fn may_be_due(&mut self) {
        self.may_be_due = true;
    }

    /// Looks for more, if there is room and somebody may have left something.
    pub(super) fn look(&mut self) {
        if self.looking.is_some() || !self.may_be_due {
            return;
        }
        self.may_be_due = false;
        let wanted = [Lane::Prompt, Lane::Doubtful].map(|lane| self.wanted(lane));
        self.looking = Some(tokio::spawn(look(Arc::clone(&self.app), wanted)));
    }

    /// What there is room for.
    fn wanted(&self, lane: Lane) -> Wanted {
        let here = self.slots.iter().filter(|(_, slot)| slot.lane == lane);
        let busy = here.clone().filter(|(_, slot)| slot.under_way > 0 && !slot.hangs).count();
        let (all, each) = match lane {
            Lane::Prompt => (self.limits.prompt_endpoints, self.limits.batch),
            Lane::Doubtful => (self.limits.doubtful_endpoints, 1),
        };
        // Those that only wait for their host take no sender, but not without end.
        let room = all.saturating_sub(busy).min((8 * all).saturating_sub(here.count()));
        let except = self.slots.iter().filter(|(_, slot)| self.has_enough(slot)).map(|(id, _)| *id);
        Wanted { lane, endpoints: room.min(AT_ONCE) as u64, each, except: except.collect() }
    }

    fn has_enough(&self, slot: &Slot) -> bool {
        let at_once = if slot.lane == Lane::Prompt { self.limits.per_host } else { 1 };
        slot.hangs || !slot.queue.is_empty() || slot.under_way >= at_once
    }

    /// Returns when something was found or is over.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            Some(over) = self.tasks.join_next_with_id() => self.over(over).await,
            found = async {
                match &mut self.looking {
                    Some(looking) => looking.await,
                    None => std::future::pending().await,
                }
            } => {
                self.looking = None;
                self.found(found);
            }
            else => std::future::pending().await,
        }
    }

    fn found(&mut self, found: Result<app::Result<Vec<WebhookJob>>, JoinError>) {
        match found {
            Ok(Ok(jobs)) => {
                self.may_be_due |= !jobs.is_empty();
                for job in jobs {
                    self.accept(job);
                }
            }
            Ok(Err(error)) => {
                let error = error.internal_detail().unwrap_or_default();
                tracing::debug!(error, "webhooks wait");
            }
            Err(died) => tracing::error!(error = %died, "looking for webhooks died"),
        }
    }

    fn accept(&mut self, job: WebhookJob) {
        let id = job.target.endpoint_id;
        let slot = self.slots.entry(id).or_insert_with(|| Slot {
            lane: job.health.lane,
            host: job.target.host.clone(),
            queue: VecDeque::new(),
            under_way: 0,
            hangs: false,
        });
        slot.lane = job.health.lane;
        slot.queue.push_back(job);
        self.advance(id);
    }

    /// Starts what an endpoint may have sent now.
    fn advance(&mut self, id: WebhookEndpointId) {
        let Some(slot) = self.slots.get_mut(&id) else { return };
        let host = self.hosts.entry(slot.host.clone()).or_default();
        let now = self.app.clock().now();
        while !slot.queue.is_empty() && !slot.hangs {
            if host.under_way >= self.limits.per_host {
                if !host.waiting.contains(&id) {
                    host.waiting.push_back(id);
                }
                return;
            }
            let Some(job) = slot.queue.pop_front() else { return };
            if job.leased_until < now + MARGIN {
                // It waited too long: it is anybody's soon.
                continue;
            }
            host.under_way += 1;
            slot.under_way += 1;
            let job = Arc::new(job);
            let work =
                send(Arc::clone(&self.app), Arc::clone(&self.sender), Arc::clone(&job), self.done.clone());
            let task = self.tasks.spawn(work);
            self.running.insert(task.id(), Running { job, since: Instant::now() });
        }
    }

    /// A request is over: its place goes to the next one for that endpoint, or for that host.
    async fn over(&mut self, over: Result<(Id, ()), JoinError>) {
        let id = match &over {
            Ok((id, ())) => *id,
            Err(died) => died.id(),
        };
        let Some(Running { job, .. }) = self.running.remove(&id) else { return };
        if let Err(died) = over {
            tracing::error!(error = %died, "sending a webhook died");
            let _ = self.done.send((Arc::clone(&job), defect(&self.app))).await;
        }
        let endpoint = job.target.endpoint_id;
        let mut host = String::new();
        if let Some(slot) = self.slots.get_mut(&endpoint) {
            slot.under_way -= 1;
            host.clone_from(&slot.host);
            if slot.under_way == 0 && slot.queue.is_empty() {
                self.slots.remove(&endpoint);
            }
            self.may_be_due = true;
        }
        let mut next = None;
        if let Some(at) = self.hosts.get_mut(&host) {
            at.under_way = at.under_way.saturating_sub(1);
            next = at.waiting.pop_front();
            if at.under_way == 0 && next.is_none() {
                self.hosts.remove(&host);
            }
        }
        if let Some(next) = next {
            self.advance(next);
        }
        self.advance(endpoint);
    }

    /// Prompt endpoints that have hung for a while make room for others; what was taken for them and not begun is given
    /// back.
    pub(super) fn give_up_places(&mut self) {
        let mut room = self
            .limits
            .hanging
            .saturating_sub(self.slots.values().filter(|slot| slot.hangs).map(|slot| slot.under_way).sum());
        let hung = self.running.values().filter(|it| it.since.elapsed() > PROMPT);
        let hung: Vec<WebhookEndpointId> = hung.map(|it| it.job.target.endpoint_id).collect();
        let mut returned = Vec::new();
        for id in hung {
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            if slot.lane == Lane::Prompt && !slot.hangs && room >= slot.under_way {
                room -= slot.under_way;
                slot.hangs = true;
                returned.extend(slot.queue.drain(..));
            }
        }
        self.give_back(returned);
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
        if let Some(looking) = self.looking.take()
            && let Ok(Ok(jobs)) = looking.await
        {
            drop(self.app.release_webhooks(&jobs).await);
        }
        let waiting: Vec<WebhookJob> =
            self.slots.values_mut().flat_map(|slot| slot.queue.drain(..)).collect();
        drop(self.app.release_webhooks(&waiting).await);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Turns changes into events, and takes what is due.
async fn look(app: Arc<App>, wanted: [Wanted; 2]) -> app::Result<Vec<WebhookJob>> {
    while app.tell_webhooks().await? {}
    if app.is_webhook_due().await? { app.claim_webhooks(&wanted).await } else { Ok(Vec::new()) }
}

async fn send(app: Arc<App>, sender: Arc<WebhookSender>, job: Arc<WebhookJob>, done: mpsc::Sender<Done>) {
    let sent = sender.send(&job, app.clock()).await;
    // Waits while what came of others is being written: nothing is sent faster than it can be noted.
    let _ = done.send((job, sent)).await;
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
