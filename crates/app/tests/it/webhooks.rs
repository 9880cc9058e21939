//! Webhooks without a network: what is told to whom, what comes of attempts, and when an endpoint is given up.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    ApiDraft, DeliveryState, DisabledBecause, GatewayDraft, Instant, PlanDraft, RequestContext, RequestKind,
    WebhookDelivery, WebhookEndpoint, WebhookEndpointDraft, WebhookEndpointId, WebhookShape,
};
use keywright_app::{
    App, Caller, Lane, NewRequest, PageRequest, Sent, Slice, Wanted, WebhookDeliveryFilter,
    WebhookEventFilter, WebhookJob,
};
use testkit::tasks::at_once;

use crate::harness::{Desk, NOW, verdict};

const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) fn draft(types: Option<&[&str]>) -> WebhookEndpointDraft {
    WebhookEndpointDraft {
        url: "https://gateway.example.com/hook".to_owned(),
        description: String::new(),
        event_types: types.map(|types| types.iter().map(|&it| it.to_owned()).collect()),
        gateway_id: None,
        shape: WebhookShape::Own,
        auth: None,
        ordered: false,
    }
}

fn operator() -> Caller {
    Caller::operator()
}

async fn endpoint(desk: &Desk, types: Option<&[&str]>) -> WebhookEndpoint {
    desk.app.create_webhook_endpoint(&operator(), draft(types), None).await.unwrap().value
}

async fn plan(app: &App, name: &str) {
    let draft = PlanDraft { name: name.to_owned(), ..PlanDraft::default() };
    app.create_plan(&operator(), draft).await.unwrap();
}

async fn tell(app: &App) {
    while app.tell_webhooks().await.unwrap() {}
}

async fn events(desk: &Desk) -> Vec<String> {
    let all = WebhookEventFilter::default();
    let page = desk.app.webhook_events(&operator(), &all, PageRequest::first(1_000)).await.unwrap();
    page.items.into_iter().map(|it| it.kind).collect()
}

async fn deliveries(desk: &Desk) -> Vec<WebhookDelivery> {
    let all = WebhookDeliveryFilter::default();
    desk.app.webhook_deliveries(&operator(), &all, PageRequest::first(1_000)).await.unwrap().items
}

async fn take(app: &App) -> Vec<Arc<WebhookJob>> {
    let wanted = [Lane::Prompt, Lane::Doubtful].map(|lane| Wanted {
        lane,
        endpoints: 100,
        each: 100,
        except: Vec::new(),
    });
    app.claim_webhooks(&wanted).await.unwrap().into_iter().map(Arc::new).collect()
}

fn answered(at: Instant, code: u16) -> Sent {
    let error = (!(200..300).contains(&code)).then(|| format!("http_{code}"));
    let (took, body) = (Duration::from_millis(3), "thanks".to_owned());
    Sent { at, took, code: Some(code), error, body, retry_after: None, slow: false }
}

async fn report(desk: &Desk, jobs: Vec<Arc<WebhookJob>>, sent: &Sent) {
    let done: Vec<_> = jobs.into_iter().map(|job| (job, sent.clone())).collect();
    desk.app.report_webhooks(&done).await.unwrap();
}

both!(what_happens_is_told_once_on_however_many_nodes);
async fn what_happens_is_told_once_on_however_many_nodes(desk: Desk) {
    plan(&desk.app, "Before there was anybody to tell").await;
    tell(&desk.app).await;
    desk.clock.advance(Duration::from_micros(1));
    endpoint(&desk, Some(&["plan.created"])).await;
    endpoint(&desk, None).await;
    let nodes: Vec<Desk> = vec![desk.clone(), desk.another_node().await, desk.another_node().await];
    for n in 0..12 {
        plan(&nodes[n % 3].app, &format!("Plan {n}")).await;
        let nodes = nodes.clone();
        at_once(3, move |n| {
            let app = Arc::clone(&nodes[n].app);
            async move { app.tell_webhooks().await.unwrap() }
        })
        .await;
    }
    tell(&desk.app).await;
    assert_eq!(events(&desk).await, ["plan.created"; 12]);
    let told = deliveries(&desk).await;
    assert_eq!(told.len(), 24);
    let pairs: HashSet<_> = told.iter().map(|it| (it.endpoint_id, it.event_id)).collect();
    assert_eq!(pairs.len(), 24, "somebody was told twice");
    // Sessions, sign-ins and the endpoints themselves are nobody's business.
    desk.person("alice").await;
    tell(&desk.app).await;
    let kinds = events(&desk).await;
    assert!(kinds.contains(&"developer.registered".to_owned()));
    assert!(kinds.iter().all(|kind| kind.starts_with("developer.") || kind == "plan.created"), "{kinds:?}");
}

both!(f_30_a_receiver_that_is_down_for_76_hours);
async fn f_30_a_receiver_that_is_down_for_76_hours(desk: Desk) {
    desk.app.create_administrator(&operator(), "root@example.com", "plum anvil forty kestrel").await.unwrap();
    let told = async || {
        let mails = desk.mails_to("root@example.com").await;
        mails.into_iter().filter(|(subject, _)| subject == "A webhook was given up").collect::<Vec<_>>()
    };
    endpoint(&desk, None).await;
    plan(&desk.app, "Gold").await;
    tell(&desk.app).await;
    let down =
        |at| Sent { code: None, error: Some("connect".to_owned()), body: String::new(), ..answered(at, 200) };
    let mut gaps = Vec::new();
    let mut last = None;
    while let Some(next) = deliveries(&desk).await[0].next_attempt_at {
        if let Some(last) = last {
            gaps.push(next.since(last).as_secs_f64());
        }
        desk.clock.advance(next.since(desk.clock.now()));
        let jobs = take(&desk.app).await;
        assert_eq!(jobs.len(), 1);
        last = Some(desk.clock.now());
        report(&desk, jobs, &down(desk.clock.now())).await;
    }
    let schedule = [5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0];
    assert_eq!(gaps.len(), schedule.len());
    for (gap, base) in gaps.iter().zip(schedule) {
        assert!((0.799 * base..=1.201 * base).contains(gap), "{gap} for {base}");
    }
    let given_up = deliveries(&desk).await.remove(0);
    assert_eq!((given_up.state, given_up.attempts), (DeliveryState::Exhausted, 10));
    assert_eq!(given_up.last_error.as_deref(), Some("connect"));
    let mails = told().await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].1.contains("plan.created") && mails[0].1.contains("https://gateway.example.com/hook"));
    let (_, event, attempts) = desk.app.webhook_delivery(&operator(), given_up.id).await.unwrap();
    assert_eq!((event.unwrap().kind.as_str(), attempts.len()), ("plan.created", 10));
    // The manual replay works, and begins its schedule anew.
    desk.app.replay_webhook_delivery(&operator(), given_up.id).await.unwrap();
    let jobs = take(&desk.app).await;
    report(&desk, jobs, &answered(desk.clock.now(), 204)).await;
    let done = deliveries(&desk).await.remove(0);
    assert_eq!((done.state, done.attempts, done.last_code), (DeliveryState::Delivered, 11, Some(204)));
}

both!(f_30_whoever_waits_for_a_gateway_that_is_down_is_told);
async fn f_30_whoever_waits_for_a_gateway_that_is_down_is_told(desk: Desk) {
    let (alice, bob) = (desk.person("alice").await, desk.person("bob").await);
    let api = ApiDraft { name: "Pets".to_owned(), ..ApiDraft::default() };
    let api = desk.app.create_api(&operator(), api).await.unwrap().value;
    let gateway = GatewayDraft { name: "X Gateway".to_owned(), ..GatewayDraft::default() };
    let gateway = desk.app.create_gateway(&operator(), gateway).await.unwrap().value;
    desk.app.link_apis(&operator(), gateway.id, vec![(api.id, None)]).await.unwrap();
    let to = WebhookEndpointDraft { gateway_id: Some(gateway.id), ..draft(None) };
    desk.app.create_webhook_endpoint(&operator(), to, None).await.unwrap();
    for (person, name) in [(&alice, "Shop"), (&bob, "Bike")] {
        let context = RequestContext { name: Some(name.to_owned()), ..RequestContext::default() };
        let new = NewRequest { kind: RequestKind::Create, context, application: None, apis: vec![api.id] };
        desk.app.make_request(person, new).await.unwrap();
    }
    tell(&desk.app).await;
    let told = async |who: &str| {
        let mails = desk.mails_to(&format!("{who}@example.com")).await.into_iter();
        mails.filter(|(subject, _)| subject.starts_with("Your request")).collect::<Vec<_>>()
    };
    let down =
        |at| Sent { code: None, error: Some("connect".to_owned()), body: String::new(), ..answered(at, 200) };
    // What Bob asked for is taken; what Alice asked for never is.
    let all = Slice { page: 0, limit: 10 };
    let bobs = desk.app.requests(&bob, None, false, all).await.unwrap().items;
    let bobs: HashSet<_> = bobs.iter().flat_map(|it| &it.states).map(|state| state.event_id).collect();
    while let Some(next) = deliveries(&desk).await.iter().filter_map(|it| it.next_attempt_at).min() {
        desk.clock.advance(next.since(desk.clock.now()));
        for job in take(&desk.app).await {
            let is_bobs = bobs.contains(&job.event.id.0);
            let now = desk.clock.now();
            report(&desk, vec![job], &if is_bobs { answered(now, 200) } else { down(now) }).await;
        }
        let given_up = deliveries(&desk).await.iter().any(|it| it.state == DeliveryState::Exhausted);
        assert_eq!(told("alice").await.len(), usize::from(given_up), "before it is given up, or twice");
    }
    let mails = told("alice").await;
    assert_eq!(mails[0].0, "Your request could not be delivered to the gateway");
    assert!(
        mails[0].1.contains("Application: ") && mails[0].1.contains("Look at it: http"),
        "{}",
        mails[0].1
    );
    assert!(told("bob").await.is_empty());
}

async fn shown(desk: &Desk, id: WebhookEndpointId) -> WebhookEndpoint {
    desk.app.webhook_endpoint(&operator(), id).await.unwrap().endpoint
}

both!(f_31_an_endpoint_that_only_fails_is_told_of_after_a_day_and_disabled_after_five);
async fn f_31_an_endpoint_that_only_fails_is_told_of_after_a_day_and_disabled_after_five(desk: Desk) {
    desk.app.create_administrator(&operator(), "root@example.com", "plum anvil forty kestrel").await.unwrap();
    let bad = endpoint(&desk, None).await;
    let sporadic = endpoint(&desk, None).await;
    for hour in 0..=121_u64 {
        plan(&desk.app, &format!("Plan {hour}")).await;
        tell(&desk.app).await;
        let jobs = take(&desk.app).await;
        let (its, others): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| job.target.endpoint_id == bad.id);
        report(&desk, its, &answered(desk.clock.now(), 500)).await;
        // Half of the other's attempts fail too: that is no reason.
        let code = if hour % 2 == 0 { 500 } else { 200 };
        report(&desk, others, &answered(desk.clock.now(), code)).await;
        let mails = desk.mails_to("root@example.com").await.into_iter().map(|(subject, _)| subject);
        // What is given up in the meantime is told of by itself.
        let subjects: Vec<_> = mails.filter(|subject| subject != "A webhook was given up").collect();
        match hour {
            0..24 => assert_eq!(subjects, [""; 0], "{hour}"),
            24..120 => assert_eq!(subjects, ["A webhook endpoint fails"], "{hour}"),
            _ => assert_eq!(subjects, ["A webhook endpoint was switched off", "A webhook endpoint fails"]),
        }
        assert_eq!(shown(&desk, bad.id).await.disabled.is_some(), hour >= 120, "{hour}");
        desk.clock.advance(HOUR);
    }
    assert_eq!(shown(&desk, bad.id).await.disabled, Some(DisabledBecause::Failing));
    assert_eq!(shown(&desk, sporadic.id).await.disabled, None);
    let its = WebhookDeliveryFilter { endpoint_id: Some(bad.id), ..WebhookDeliveryFilter::default() };
    let page = desk.app.webhook_deliveries(&operator(), &its, PageRequest::first(1_000)).await.unwrap();
    assert!(page.items.iter().all(|it| it.state != DeliveryState::Pending));
    // Enabled again, it gets all that it missed, and begins with a clean sheet.
    assert_eq!(
        verdict(&desk.app.replay_webhooks_since(&operator(), bad.id, NOW, false).await),
        "endpoint_disabled"
    );
    desk.app.set_webhook_endpoint_enabled(&operator(), bad.id, true).await.unwrap();
    let count = desk.app.replay_webhooks_since(&operator(), bad.id, NOW, false).await.unwrap();
    assert_eq!(count, 122);
    let jobs = take(&desk.app).await;
    report(&desk, jobs, &answered(desk.clock.now(), 500)).await;
    assert_eq!(shown(&desk, bad.id).await.disabled, None);
}

both!(f_31_gone_disables_at_once_and_too_many_is_waited_out);
async fn f_31_gone_disables_at_once_and_too_many_is_waited_out(desk: Desk) {
    let gone = endpoint(&desk, Some(&["plan.created"])).await;
    let busy = endpoint(&desk, Some(&["plan.updated", "plan.deleted"])).await;
    plan(&desk.app, "Gold").await;
    plan(&desk.app, "Silver").await;
    tell(&desk.app).await;
    let mut jobs = take(&desk.app).await;
    assert_eq!(jobs.len(), 2);
    jobs.truncate(1);
    report(&desk, jobs, &answered(desk.clock.now(), 410)).await;
    assert_eq!(shown(&desk, gone.id).await.disabled, Some(DisabledBecause::Gone));
    let states: HashSet<_> = deliveries(&desk).await.into_iter().map(|it| it.state).collect();
    assert_eq!(states, HashSet::from([DeliveryState::Exhausted, DeliveryState::Canceled]));

    let plans = desk.app.plans(&operator(), PageRequest::first(10)).await.unwrap().items;
    for plan in plans {
        desk.app.delete_plan(&operator(), plan.id, None).await.unwrap();
    }
    tell(&desk.app).await;
    let mut jobs = take(&desk.app).await;
    assert_eq!(jobs.len(), 2);
    let kept = jobs.split_off(1);
    let wait = Duration::from_secs(120);
    let too_many = Sent { retry_after: Some(wait), ..answered(desk.clock.now(), 429) };
    report(&desk, jobs, &too_many).await;
    let owned: Vec<WebhookJob> = kept.into_iter().map(|job| (*job).clone()).collect();
    desk.app.release_webhooks(&owned).await.unwrap();
    // Until then it is left alone with everything.
    desk.clock.advance(Duration::from_secs(110));
    assert!(take(&desk.app).await.is_empty());
    desk.clock.advance(Duration::from_secs(20));
    let jobs = take(&desk.app).await;
    assert!(jobs.len() == 2 && jobs.iter().all(|job| job.target.endpoint_id == busy.id));
}

both!(f_39_what_cannot_be_written_down_does_not_hold_up_others);
async fn f_39_what_cannot_be_written_down_does_not_hold_up_others(desk: Desk) {
    let one = endpoint(&desk, None).await;
    endpoint(&desk, None).await;
    plan(&desk.app, "Gold").await;
    tell(&desk.app).await;
    let jobs = take(&desk.app).await;
    desk.app.delete_webhook_endpoint(&operator(), one.id, None).await.unwrap();
    report(&desk, jobs, &answered(desk.clock.now(), 200)).await;
    let states: Vec<_> = deliveries(&desk).await.into_iter().map(|it| it.state).collect();
    assert_eq!(states, [DeliveryState::Delivered]);
}

both!(what_is_over_for_30_days_is_removed);
async fn what_is_over_for_30_days_is_removed(desk: Desk) {
    endpoint(&desk, None).await;
    plan(&desk.app, "Gold").await;
    tell(&desk.app).await;
    let jobs = take(&desk.app).await;
    report(&desk, jobs, &answered(desk.clock.now(), 200)).await;
    desk.clock.advance(HOUR * 24 * 30);
    desk.app.sweep().await.unwrap();
    assert_eq!(deliveries(&desk).await.len(), 1);
    desk.clock.advance(Duration::from_secs(1));
    desk.app.sweep().await.unwrap();
    assert!(deliveries(&desk).await.is_empty() && events(&desk).await.is_empty());
}
