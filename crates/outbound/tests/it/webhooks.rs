//! From the change to the receiver: what happened is delivered, signed, at least once, whatever the receiver does.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant as Watch};

use app::{App, Caller, Clock, PageRequest, Settings, WebhookDeliveryFilter};
use domain::{
    Actor, AddressRules, DeliveryState, Instant, MasterKey, PlanDraft, Sealed, WebhookAuthDraft,
    WebhookDelivery, WebhookEndpoint, WebhookEndpointDraft, WebhookShape,
};
use keywright_outbound::webhook::WebhookSender;
use keywright_outbound::webhook_worker::{Limits, deliver_webhooks};
use serde_json::{Value, json};
use store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::receiver::{Receiver, Reply, Seen};

mod signatures;

const LIMITS: Limits =
    Limits { prompt_endpoints: 8, doubtful_endpoints: 40, hanging: 16, per_host: 8, batch: 50 };

/// Runs a test on both databases: `both!(name);` beside `async fn name(desk: Desk)`.
macro_rules! both {
    ($name:ident) => {
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("keywright.db").display());
                Box::pin(super::$name(super::Desk::on(url, Some(folder)).await)).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                Box::pin(super::$name(super::Desk::on(testkit::postgres::database(), None).await)).await;
            }
        }
    };
}

// Behind the macro, which it uses.
mod certificates;

/// An installation whose webhooks may go to this machine, with a clock that stands still and a worker.
struct Desk {
    app: Arc<App>,
    url: String,
    _folder: Option<tempfile::TempDir>,
}

struct Worker {
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Worker {
    fn start(app: &Arc<App>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let sender = Arc::new(WebhookSender::new(app.settings().outbound.clone()));
        let stopped = async { drop(stopped.await) };
        Self { task: tokio::spawn(deliver_webhooks(Arc::clone(app), sender, LIMITS, stopped)), stop }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.task).await.unwrap().unwrap();
    }
}

/// Told of everything, in our own shape.
fn draft(url: &str) -> WebhookEndpointDraft {
    WebhookEndpointDraft {
        url: url.to_owned(),
        description: String::new(),
        event_types: None,
        gateway_id: None,
        shape: WebhookShape::Own,
        auth: None,
        ordered: false,
    }
}

fn operator() -> Caller {
    Caller::operator()
}

impl Desk {
    async fn on(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let app = Self::node(&url, Clock::manual(Instant::parse("2026-11-23T04:00:00Z").unwrap())).await;
        app.ensure_default_strategy().await.unwrap();
        Self { app, url, _folder: folder }
    }

    async fn node(url: &str, clock: Clock) -> Arc<App> {
        let store = Store::open(url).await.unwrap();
        store.migrate().await.unwrap();
        let outbound = AddressRules { allow_private: vec!["127.0.0.0/8".parse().unwrap()] };
        let settings = Settings { outbound, ..Settings::default() };
        App::start(store, &MasterKey::new([7; 32]), settings, clock).await.unwrap()
    }

    async fn endpoint(
        &self,
        url: &str,
        edit: impl FnOnce(&mut WebhookEndpointDraft),
    ) -> (WebhookEndpoint, String) {
        let mut draft = draft(url);
        edit(&mut draft);
        let made = self.app.create_webhook_endpoint(&operator(), draft, None).await.unwrap();
        (made.value, made.secret.unwrap().expose().to_owned())
    }

    /// An endpoint whose secret does not open: of another master key, or damaged.
    async fn poisoned(&self, url: &str) {
        let draft = draft(url);
        let (now, rules) = (self.app.clock().now(), &self.app.settings().outbound);
        let (id, garbage) = (uuid::Uuid::now_v7(), || Sealed(vec![1, 2, 3]));
        let made = WebhookEndpoint::create(id.into(), draft, garbage(), rules, &|_| garbage(), now).unwrap();
        let author = store::Author { actor: Actor::System, address: None, request_id: id, at: now };
        let mut tx = Store::open(&self.url).await.unwrap().begin(author).await.unwrap();
        tx.save(made).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn plans(&self, count: usize) {
        for n in 0..count {
            let draft =
                PlanDraft { name: format!("Plan {n} {}", uuid::Uuid::now_v7()), ..PlanDraft::default() };
            self.app.create_plan(&operator(), draft).await.unwrap();
        }
    }

    async fn deliveries(&self) -> Vec<WebhookDelivery> {
        let (all, page) = (WebhookDeliveryFilter::default(), PageRequest::first(5_000));
        self.app.webhook_deliveries(&operator(), &all, page).await.unwrap().items
    }

    /// Waits until all deliveries are as they should be.
    async fn until(&self, count: usize, is_so: impl Fn(&WebhookDelivery) -> bool) -> Vec<WebhookDelivery> {
        let began = Watch::now();
        loop {
            let all = self.deliveries().await;
            if all.len() == count && all.iter().all(&is_so) {
                return all;
            }
            let first = all.iter().find(|it| !is_so(it));
            assert!(began.elapsed().as_secs() < 60, "{} deliveries, of them {first:?}", all.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn is_delivered(it: &WebhookDelivery) -> bool {
    it.state == DeliveryState::Delivered
}

fn json_of(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

both!(what_happened_arrives_signed);
async fn what_happened_arrives_signed(desk: Desk) {
    let receiver = Receiver::start([]).await;
    let basic =
        WebhookAuthDraft::Basic { username: "keywright".to_owned(), password: "pass:wörd".to_owned() };
    let (endpoint, secret) = desk.endpoint(&receiver.url(), |draft| draft.auth = Some(basic)).await;
    let worker = Worker::start(&desk.app);
    desk.plans(1).await;
    let done = desk.until(1, is_delivered).await.remove(0);
    let seen = receiver.seen().remove(0);
    assert!(seen.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", seen.head);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("authorization"), Some("Basic a2V5d3JpZ2h0OnBhc3M6d8O2cmQ="));
    assert_eq!(seen.header("webhook-id"), Some(done.event_id.to_string().as_str()));
    let now = desk.app.clock().now();
    assert_eq!(seen.header("webhook-timestamp"), Some(now.unix_seconds().to_string().as_str()));
    let at = domain::webhook_signature::sign(&secret, &done.event_id.to_string(), now, &seen.body);
    assert_eq!(seen.header("webhook-signature"), at.as_deref());
    let body = json_of(&seen);
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("plan.created"), &json!(now.to_string())));
    assert_eq!((&body["data"]["kind"], &body["data"]["actor"]["kind"]), (&json!("plan"), &json!("operator")));
    let text = String::from_utf8(seen.body).unwrap();
    assert!(!text.contains("request_id") && !text.contains("address"), "{text}");
    let (_, _, attempts) = desk.app.webhook_delivery(&operator(), done.id).await.unwrap();
    assert_eq!((attempts.len(), attempts[0].code, attempts[0].body.as_str()), (1, Some(200), "ok"));

    // in the overlap both secrets count, the new one first.
    let overlap = Duration::from_secs(86_400);
    let rotated = desk.app.rotate_webhook_secret(&operator(), endpoint.id, None, overlap).await.unwrap();
    let new = rotated.secret.unwrap().expose().to_owned();
    desk.plans(1).await;
    desk.until(2, is_delivered).await;
    let seen = receiver.seen().remove(1);
    let sign = |secret: &str| {
        domain::webhook_signature::sign(secret, seen.header("webhook-id").unwrap(), now, &seen.body).unwrap()
    };
    assert_eq!(seen.header("webhook-signature"), Some(format!("{} {}", sign(&new), sign(&secret)).as_str()));
    desk.app.clock().advance(overlap);
    desk.plans(1).await;
    desk.until(3, is_delivered).await;
    assert!(!receiver.seen()[2].header("webhook-signature").unwrap().contains(' '));
    worker.stop().await;
}

both!(f_31_a_receiver_that_is_down_slow_or_wrong_gets_it_in_the_end);
async fn f_31_a_receiver_that_is_down_slow_or_wrong_gets_it_in_the_end(desk: Desk) {
    let script = [
        Reply::status("500 No"),
        Reply::with("302 Found", "location: http://127.0.0.1:1/\r\n", ""),
        Reply::Close,
        Reply::Cut("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha".to_owned()),
        Reply::with("503 Busy", "retry-after: 5\r\n", "later"),
        Reply::Cut("HTTP/1.1 204 No Content\r\n\r\nbody".to_owned()),
    ];
    let receiver = Receiver::start(script).await;
    desk.endpoint(&receiver.url(), |_| {}).await;
    let worker = Worker::start(&desk.app);
    desk.plans(1).await;
    for attempt in 1..=5 {
        let pending = desk.until(1, |it| it.attempts == attempt && it.state == DeliveryState::Pending).await;
        let next = pending[0].next_attempt_at.unwrap();
        desk.app.clock().advance(next.since(desk.app.clock().now()));
    }
    let done = desk.until(1, is_delivered).await.remove(0);
    let (_, _, attempts) = desk.app.webhook_delivery(&operator(), done.id).await.unwrap();
    let told: Vec<_> = attempts.iter().rev().map(|it| (it.code, it.error.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Some(500), Some("http_500")),
            (Some(302), Some("http_302")),
            (None, Some("broken")),
            (None, Some("broken")),
            (Some(503), Some("http_503")),
            (Some(204), None),
        ]
    );
    // each attempt has the same id, and a time and signature of its own.
    let seen = receiver.seen();
    let all =
        |name: &str| seen.iter().map(|it| it.header(name).unwrap().to_owned()).collect::<HashSet<_>>().len();
    assert_eq!((all("webhook-id"), all("webhook-timestamp"), all("webhook-signature")), (1, 6, 6));
    worker.stop().await;
}

/// Several nodes share a PostgreSQL only: whoever starts on SQLite takes what another would be at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_34_two_nodes_deliver_everything_once() {
    let desk = Desk::on(testkit::postgres::database(), None).await;
    let receiver = Receiver::start([]).await;
    for _ in 0..4 {
        desk.endpoint(&receiver.url(), |_| {}).await;
    }
    let another = Desk::node(&desk.url, desk.app.clock().clone()).await;
    let workers = [Worker::start(&desk.app), Worker::start(&another)];
    desk.plans(100).await;
    desk.until(400, |it| is_delivered(it) && it.attempts == 1).await;
    assert_eq!(receiver.seen().len(), 400);
    // one receiver gets only so many requests at once from a node, however many endpoints lead to it.
    assert!(receiver.most_under_way() <= 16, "{}", receiver.most_under_way());
    for worker in workers {
        worker.stop().await;
    }
}

both!(f_32_receivers_that_hang_hold_nobody_up);
async fn f_32_receivers_that_hang_hold_nobody_up(desk: Desk) {
    let healthy = Receiver::start([]).await;
    let worker = Worker::start(&desk.app);
    desk.endpoint(&healthy.url(), |draft| draft.event_types = Some(vec!["plan.created".to_owned()])).await;
    desk.plans(1).await;
    healthy.has_seen(1).await;
    desk.until(1, is_delivered).await;
    let mut hanging = Vec::new();
    for _ in 0..60 {
        let receiver = Receiver::start([]).await;
        receiver.otherwise(Reply::Hang);
        desk.endpoint(&receiver.url(), |_| {}).await;
        hanging.push(receiver);
    }
    // More of them than there are places for doubtful ones.
    for round in 1..=20 {
        let began = Watch::now();
        desk.plans(1).await;
        healthy.has_seen(1 + round).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{:?} in round {round}", began.elapsed());
    }
    let reached = hanging.iter().filter(|it| it.accepted() > 0).count();
    assert!((20..=40).contains(&reached), "{reached} of those that hang were tried at once");
    worker.task.abort();
}

both!(what_hangs_all_of_a_sudden_makes_room);
async fn what_hangs_all_of_a_sudden_makes_room(desk: Desk) {
    let (turncoat, healthy) = (Receiver::start([]).await, Receiver::start([]).await);
    let worker = Worker::start(&desk.app);
    desk.endpoint(&turncoat.url(), |_| {}).await;
    desk.endpoint(&healthy.url(), |_| {}).await;
    desk.plans(1).await;
    desk.until(2, is_delivered).await;
    turncoat.otherwise(Reply::Hang);
    desk.plans(60).await;
    healthy.has_seen(61).await;
    // What was taken for it and not begun is given back.
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    let another = Desk::node(&desk.url, desk.app.clock().clone()).await;
    let wanted = [app::Lane::Prompt, app::Lane::Doubtful].map(|lane| app::Wanted {
        lane,
        endpoints: 10,
        each: 100,
        except: Vec::new(),
    });
    let free = another.claim_webhooks(&wanted).await.unwrap();
    assert!(free.len() >= 40, "{} can be taken by others", free.len());
    assert_eq!(turncoat.most_under_way(), 1, "one request is enough to find out");
    worker.task.abort();
}

both!(an_application_s_events_arrive_in_order);
async fn an_application_s_events_arrive_in_order(desk: Desk) {
    let receiver = Receiver::start([Reply::status("200 OK"), Reply::status("500 No")]).await;
    desk.endpoint(&receiver.url(), |draft| draft.ordered = true).await;
    let worker = Worker::start(&desk.app);
    let draft = domain::PartnerDraft { name: "Acme".to_owned(), ..domain::PartnerDraft::default() };
    let partner = desk.app.create_partner(&operator(), draft).await.unwrap().value;
    desk.until(1, is_delivered).await;
    let draft = domain::ApplicationDraft { name: "Shop".to_owned(), ..Default::default() };
    let owner = domain::Owner::Partner(partner.id);
    let made = desk.app.create_application(&operator(), draft, Some(owner), None).await.unwrap().value;
    for n in 0..5 {
        let rename = |draft: &mut domain::ApplicationDraft| draft.name = format!("Shop {n}");
        desk.app.update_application(&operator(), made.id, None, rename).await.unwrap();
    }
    // The first one failed: the others wait for it.
    desk.until(7, |it| it.attempts == u32::from(it.event_type != "application.updated")).await;
    desk.app.clock().advance(Duration::from_secs(6));
    desk.until(7, is_delivered).await;
    let mut names = Vec::new();
    for seen in receiver.seen() {
        let body = json_of(&seen);
        if body["type"] == "application.updated" {
            names.push(body["data"]["details"]["name"]["to"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(names, (0..5).map(|n| format!("Shop {n}")).collect::<Vec<_>>());
    worker.stop().await;
}

both!(f_39_what_cannot_be_sent_is_given_up_and_others_go_on);
async fn f_39_what_cannot_be_sent_is_given_up_and_others_go_on(desk: Desk) {
    let receiver = Receiver::start([]).await;
    desk.poisoned(&receiver.url()).await;
    let closed = testkit::process::free_port();
    desk.endpoint(&format!("http://127.0.0.1:{closed}/"), |_| {}).await;
    desk.endpoint(&receiver.url(), |_| {}).await;
    let worker = Worker::start(&desk.app);
    desk.plans(1).await;
    let tried = desk.until(3, |it| it.attempts >= 1).await;
    assert_eq!(tried.iter().filter(|it| is_delivered(it)).count(), 1);
    let errors: HashSet<_> = tried.iter().filter_map(|it| it.last_error.as_deref()).collect();
    assert_eq!(errors, HashSet::from(["no_signing_secret", "connect"]));
    assert_eq!(receiver.seen().len(), 1, "nothing unsigned goes out");
    worker.stop().await;
}

both!(a_223_an_attempt_tells_nothing_of_places_inside);
async fn a_223_an_attempt_tells_nothing_of_places_inside(desk: Desk) {
    let secret = Receiver::start([Reply::with("200 OK", "", "internal")]).await;
    desk.endpoint(&secret.url(), |_| {}).await;
    desk.plans(1).await;
    // The rules have become stricter since it was saved.
    let store = Store::open(&desk.url).await.unwrap();
    let clock = desk.app.clock().clone();
    let strict = App::start(store, &MasterKey::new([7; 32]), Settings::default(), clock).await.unwrap();
    let worker = Worker::start(&strict);
    let tried = desk.until(1, |it| it.attempts == 1).await.remove(0);
    let (_, _, attempts) = desk.app.webhook_delivery(&operator(), tried.id).await.unwrap();
    let told = (attempts[0].code, attempts[0].error.as_deref(), attempts[0].body.as_str());
    assert_eq!(told, (None, Some("blocked_address"), ""));
    assert_eq!(secret.accepted(), 0);
    worker.stop().await;
}
