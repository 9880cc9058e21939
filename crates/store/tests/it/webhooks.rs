//! Events and deliveries: written with their cause, each to one sender at a time, in order where that is asked for.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    AddressRules, ApplicationId, DeliveryAttempt, DeliveryResult, DeliveryState, DisabledBecause, GatewayId,
    Instant, Sealed, Transition, WebhookAuth, WebhookAuthDraft, WebhookDelivery, WebhookDeliveryId,
    WebhookEndpoint, WebhookEndpointDraft, WebhookEvent, WebhookShape,
};
use keywright_store::{
    AttemptReport, ClaimedDelivery, Health, HealthNote, HealthOutcome, Lane, PageRequest, Store, Wanted,
    WebhookDeliveryFilter,
};
use testkit::tasks::at_once;
use uuid::Uuid;

use crate::harness::{Db, NOW, new};

const LEASE: Duration = Duration::from_secs(60);

fn draft(types: Option<&[&str]>, gateway_id: Option<GatewayId>, ordered: bool) -> WebhookEndpointDraft {
    WebhookEndpointDraft {
        url: "https://gateway.example.com/hook".to_owned(),
        description: "The gateway".to_owned(),
        event_types: types.map(|types| types.iter().map(|&it| it.to_owned()).collect()),
        gateway_id,
        shape: WebhookShape::Own,
        auth: Some(WebhookAuthDraft::Headers(vec![("X-Token".to_owned(), "secret".to_owned())])),
        ordered,
    }
}

fn endpoint(draft: WebhookEndpointDraft) -> Transition<WebhookEndpoint> {
    let seal = |value: &str| Sealed(value.bytes().rev().collect());
    let rules = AddressRules::default();
    WebhookEndpoint::create(new(), draft, Sealed(vec![0, 1, 0xff]), &rules, &seal, NOW).unwrap()
}

fn event(kind: &str, application_id: Option<ApplicationId>, gateway_id: Option<GatewayId>) -> WebhookEvent {
    let data = serde_json::json!({ "a": [1, "ä"] });
    WebhookEvent { id: new(), kind: kind.to_owned(), occurred_at: NOW, application_id, gateway_id, data }
}

async fn emit(db: &Db, event: WebhookEvent) -> usize {
    let mut tx = db.tx().await;
    let told = tx.emit(event).await.unwrap();
    tx.commit().await.unwrap();
    told
}

async fn claim_at(db: &Db, claim: Uuid, at: Instant, each: u64) -> Vec<ClaimedDelivery> {
    let mut claimed = Vec::new();
    for lane in [Lane::Prompt, Lane::Doubtful] {
        claimed.extend(take(db, claim, at, &Wanted { lane, endpoints: 10, each, except: Vec::new() }).await);
    }
    claimed
}

async fn take(db: &Db, claim: Uuid, at: Instant, wanted: &Wanted) -> Vec<ClaimedDelivery> {
    let mut due = db.store.due_endpoints(at, wanted).await.unwrap();
    due.truncate(usize::try_from(wanted.endpoints).unwrap());
    db.store.claim_deliveries(claim, at, at + LEASE, &due, wanted.each).await.unwrap()
}

async fn is_due(db: &Db, at: Instant) -> bool {
    let wanted = |lane| Wanted { lane, endpoints: 1, each: 1, except: Vec::new() };
    let of = async |lane| !db.store.due_endpoints(at, &wanted(lane)).await.unwrap().is_empty();
    of(Lane::Prompt).await || of(Lane::Doubtful).await
}

fn report(it: &ClaimedDelivery, result: DeliveryResult) -> AttemptReport {
    let took = Duration::from_millis(5);
    let error = (result != DeliveryResult::Delivered).then(|| "http_500".to_owned());
    let code = Some(if error.is_none() { 204 } else { 500 });
    let attempt = DeliveryAttempt { number: it.attempt, at: NOW, took, code, error, body: "ok".to_owned() };
    AttemptReport { delivery_id: it.id, endpoint_id: it.endpoint_id, attempt: Some(attempt), result }
}

/// Reports what came of claimed deliveries; says for how many the claim still counted.
async fn report_all(db: &Db, claim: Uuid, claimed: &[ClaimedDelivery], result: DeliveryResult) -> usize {
    let mut tx = db.tx().await;
    let reports: Vec<_> = claimed.iter().map(|it| report(it, result)).collect();
    let believed = tx.report_attempts(claim, &reports).await.unwrap();
    tx.commit().await.unwrap();
    believed.len()
}

async fn deliveries(db: &Db) -> Vec<WebhookDelivery> {
    let filter = WebhookDeliveryFilter::default();
    db.store.read().webhook_deliveries(&filter, PageRequest::first(1_000)).await.unwrap().items
}

async fn one(db: &Db, id: WebhookDeliveryId) -> WebhookDelivery {
    db.store.read().webhook_delivery(id).await.unwrap().unwrap()
}

both!(an_endpoint_is_read_as_it_was_written);
async fn an_endpoint_is_read_as_it_was_written(db: Db) {
    let written = db.save(endpoint(draft(Some(&["plan.created"]), Some(new()), true))).await.unwrap();
    let read: WebhookEndpoint = db.store.read().find(written.id).await.unwrap().unwrap();
    assert_eq!(read, written);
    let WebhookAuth::Headers { headers } = &read.auth else { panic!("{read:?}") };
    assert_eq!((headers[0].name.as_str(), &headers[0].value.0[..]), ("x-token", &b"terces"[..]));
    let rotated =
        db.save(read.rotate_secret(Sealed(vec![9]), Duration::from_secs(60), NOW).unwrap()).await.unwrap();
    let off = db.save(rotated.disable(DisabledBecause::Gone, NOW).unwrap()).await.unwrap();
    assert_eq!(db.store.read().find(written.id).await.unwrap(), Some(off.clone()));
    assert_eq!(off.live_secrets(NOW).count(), 2);
    assert_eq!(off.live_secrets(NOW + Duration::from_secs(60)).count(), 1);
    db.save(Transition::delete(off, "webhook_endpoint.deleted")).await.unwrap();
}

both!(an_event_reaches_those_who_want_it_or_nobody);
async fn an_event_reaches_those_who_want_it_or_nobody(db: Db) {
    let gateway: GatewayId = new();
    let all = db.save(endpoint(draft(None, None, false))).await.unwrap();
    let some = db.save(endpoint(draft(Some(&["plan.created"]), None, false))).await.unwrap();
    let its = db.save(endpoint(draft(None, Some(gateway), false))).await.unwrap();
    let by_name = db.save(endpoint(draft(Some(&["gateway.update_requested"]), None, false))).await.unwrap();
    let off = db.save(endpoint(draft(None, None, false))).await.unwrap();
    db.save(off.disable(DisabledBecause::SwitchedOff, NOW).unwrap()).await.unwrap();
    assert_eq!(emit(&db, event("plan.created", None, None)).await, 2);
    assert_eq!(emit(&db, event("plan.updated", None, None)).await, 1);
    assert_eq!(emit(&db, event("gateway.update_requested", None, Some(gateway))).await, 2);
    assert_eq!(emit(&db, event("gateway.update_requested", None, Some(new()))).await, 1);
    // What is rolled back was never told.
    let mut tx = db.tx().await;
    assert_eq!(tx.emit(event("plan.created", None, None)).await.unwrap(), 2);
    drop(tx);
    let told = |id| deliveries_to(&db, id);
    assert_eq!(
        [
            told(all.id).await,
            told(some.id).await,
            told(its.id).await,
            told(by_name.id).await,
            told(off.id).await
        ],
        [2, 1, 1, 2, 0]
    );
    // Who chooses others is told of those from then on.
    let mut other = some.draft();
    other.event_types = Some(vec!["plan.updated".to_owned(), "plan.deleted".to_owned()]);
    let rules = AddressRules::default();
    db.save(some.update(other, &rules, &|_| Sealed(Vec::new()), NOW).unwrap()).await.unwrap();
    assert_eq!(emit(&db, event("plan.created", None, None)).await, 1);
    assert_eq!(emit(&db, event("plan.deleted", None, None)).await, 2);
}

async fn deliveries_to(db: &Db, id: domain::WebhookEndpointId) -> usize {
    deliveries(db).await.iter().filter(|it| it.endpoint_id == id).count()
}

both!(f_34_a_delivery_goes_to_one_sender);
async fn f_34_a_delivery_goes_to_one_sender(db: Db) {
    for _ in 0..3 {
        db.save(endpoint(draft(None, None, false))).await.unwrap();
    }
    for _ in 0..20 {
        assert_eq!(emit(&db, event("plan.created", None, None)).await, 3);
    }
    let db = Arc::new(db);
    let taken = at_once(4, |_| {
        let db = Arc::clone(&db);
        async move {
            let mut taken = Vec::new();
            // Nothing for one may mean that another holds the rest right now: ask again a few times.
            for _ in 0..30 {
                let claim = new();
                let some = claim_at(&db, claim, NOW, 2).await;
                assert_eq!(report_all(&db, claim, &some, DeliveryResult::Delivered).await, some.len());
                taken.extend(some.into_iter().map(|it| it.id));
            }
            taken
        }
    })
    .await
    .concat();
    assert_eq!(taken.len(), 60, "a delivery went to two senders, or to none");
    assert_eq!(taken.into_iter().collect::<HashSet<_>>().len(), 60);
    assert!(deliveries(&db).await.iter().all(|it| it.state == DeliveryState::Delivered && it.attempts == 1));
    assert!(!is_due(&db, NOW + LEASE * 100).await);
}

both!(f_25_a_sender_that_fell_silent_is_not_believed);
async fn f_25_a_sender_that_fell_silent_is_not_believed(db: Db) {
    db.save(endpoint(draft(None, None, false))).await.unwrap();
    emit(&db, event("plan.created", None, None)).await;
    let (slow, quick): (Uuid, Uuid) = (new(), new());
    let first = claim_at(&db, slow, NOW, 5).await;
    assert_eq!(first.len(), 1);
    assert!(claim_at(&db, quick, NOW + LEASE - Duration::from_micros(1), 5).await.is_empty());
    let second = claim_at(&db, quick, NOW + LEASE, 5).await;
    assert_eq!((second.len(), second[0].event.id), (1, first[0].event.id));
    assert_eq!(report_all(&db, slow, &first, DeliveryResult::Exhausted).await, 0);
    assert_eq!(one(&db, first[0].id).await.state, DeliveryState::Pending);
    assert_eq!(report_all(&db, quick, &second, DeliveryResult::Delivered).await, 1);
    assert_eq!(report_all(&db, slow, &first, DeliveryResult::Delivered).await, 0);
    let done = one(&db, first[0].id).await;
    assert_eq!((done.state, done.attempts, done.last_code), (DeliveryState::Delivered, 1, Some(204)));
    // Every attempt that was made is kept, believed or not.
    assert_eq!(db.store.read().delivery_attempts(done.id).await.unwrap().len(), 3);
}

both!(what_failed_is_due_again_when_it_was_said);
async fn what_failed_is_due_again_when_it_was_said(db: Db) {
    db.save(endpoint(draft(None, None, false))).await.unwrap();
    emit(&db, event("plan.created", None, None)).await;
    let claim = new();
    let claimed = claim_at(&db, claim, NOW, 5).await;
    let later = NOW + Duration::from_secs(300);
    assert_eq!(report_all(&db, claim, &claimed, DeliveryResult::Retry(later)).await, 1);
    assert!(!is_due(&db, later - Duration::from_micros(1)).await);
    assert!(is_due(&db, later).await);
    let again = claim_at(&db, claim, later, 5).await;
    assert_eq!((again[0].attempt, again[0].attempt_of_round), (2, 2));
    report_all(&db, claim, &again, DeliveryResult::Exhausted).await;
    let done = one(&db, again[0].id).await;
    assert_eq!((done.state, done.next_attempt_at), (DeliveryState::Exhausted, None));
    assert_eq!(done.last_error.as_deref(), Some("http_500"));
    assert!(!is_due(&db, later + LEASE * 100).await);
    // A replay begins its schedule anew and counts on.
    let mut tx = db.tx().await;
    assert_eq!(tx.requeue_delivery(done.id).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let replayed = claim_at(&db, claim, NOW, 5).await;
    assert_eq!((replayed[0].attempt, replayed[0].attempt_of_round), (3, 1));
    db.store.release_deliveries(claim, &[done.id], NOW).await.unwrap();
    assert_eq!(claim_at(&db, claim, NOW, 5).await.len(), 1);
    let mut tx = db.tx().await;
    assert_eq!(tx.cancel_delivery(done.id).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(one(&db, done.id).await.state, DeliveryState::Canceled);
    assert!(!is_due(&db, NOW + LEASE * 100).await);
}

both!(f_32_what_failed_together_has_times_of_its_own);
async fn f_32_what_failed_together_has_times_of_its_own(db: Db) {
    db.save(endpoint(draft(None, None, false))).await.unwrap();
    for _ in 0..230 {
        emit(&db, event("plan.created", None, None)).await;
    }
    let claim = new();
    let claimed = claim_at(&db, claim, NOW, 1_000).await;
    let time = |n: usize| NOW + Duration::from_secs(60 + u64::try_from(n).unwrap());
    let result = |n: usize| match n % 10 {
        0 => DeliveryResult::Delivered,
        1 => DeliveryResult::Exhausted,
        _ => DeliveryResult::Retry(time(n)),
    };
    let reports: Vec<_> = claimed.iter().enumerate().map(|(n, it)| report(it, result(n))).collect();
    let mut tx = db.tx().await;
    assert_eq!(tx.report_attempts(claim, &reports).await.unwrap().len(), 230);
    tx.commit().await.unwrap();
    for (n, it) in claimed.iter().enumerate() {
        let found = one(&db, it.id).await;
        let state = match result(n) {
            DeliveryResult::Delivered => (DeliveryState::Delivered, None, None),
            DeliveryResult::Retry(at) => (DeliveryState::Pending, Some(at), Some("http_500")),
            DeliveryResult::Exhausted | DeliveryResult::Canceled => {
                (DeliveryState::Exhausted, None, Some("http_500"))
            }
        };
        assert_eq!((found.state, found.next_attempt_at, found.last_error.as_deref()), state);
        assert_eq!(found.attempts, 1);
    }
    assert!(!is_due(&db, time(1)).await);
    assert!(is_due(&db, time(2)).await);
}

both!(an_application_s_events_come_in_order_where_that_is_asked_for);
async fn an_application_s_events_come_in_order_where_that_is_asked_for(db: Db) {
    db.save(endpoint(draft(None, None, true))).await.unwrap();
    let (shop, desk): (ApplicationId, ApplicationId) = (new(), new());
    let first = event("application.updated", Some(shop), None);
    let second = event("application.updated", Some(shop), None);
    let third = event("application.updated", Some(desk), None);
    let (one, two, other) = (first.id, second.id, third.id);
    for event in [first, second, third] {
        emit(&db, event).await;
    }
    let claim = new();
    let heads = claim_at(&db, claim, NOW, 5).await;
    let ids: HashSet<_> = heads.iter().map(|it| it.event.id).collect();
    assert_eq!(ids, HashSet::from([one, other]));
    // The second waits for as long as the first is tried, and nobody looks for it in vain.
    let later = NOW + Duration::from_secs(300);
    report_all(&db, claim, &heads, DeliveryResult::Retry(later)).await;
    assert!(!is_due(&db, later - Duration::from_micros(1)).await);
    let heads = claim_at(&db, claim, later, 5).await;
    assert_eq!(heads.len(), 2);
    report_all(&db, claim, &heads, DeliveryResult::Delivered).await;
    let rest = claim_at(&db, claim, later, 5).await;
    assert_eq!(rest.iter().map(|it| it.event.id).collect::<Vec<_>>(), [two]);
}

both!(f_35_endpoints_take_turns);
async fn f_35_endpoints_take_turns(db: Db) {
    let busy = db.save(endpoint(draft(Some(&["plan.updated"]), None, false))).await.unwrap();
    let quiet = db.save(endpoint(draft(Some(&["plan.created"]), None, false))).await.unwrap();
    let mut tx = db.tx().await;
    for _ in 0..1_500 {
        tx.emit(event("plan.updated", None, None)).await.unwrap();
    }
    tx.emit(event("plan.created", None, None)).await.unwrap();
    tx.commit().await.unwrap();
    let claim = new();
    let wanted = |except| Wanted { lane: Lane::Doubtful, endpoints: 1, each: 100, except };
    let take = async |at, except| take(&db, claim, at, &wanted(except)).await;
    let a = take(NOW, Vec::new()).await;
    let b = take(NOW + Duration::from_micros(1), Vec::new()).await;
    let mut counts = [a.len(), b.len()];
    counts.sort();
    assert_eq!(counts, [1, 100]);
    let except = vec![busy.id];
    assert!(take(NOW + Duration::from_secs(1), except).await.is_empty());
    assert_eq!(take(NOW + Duration::from_secs(1), vec![quiet.id]).await.len(), 100);
}

both!(f_35_of_those_that_may_hang_one_each_is_taken_the_first_whose_turn_it_is);
async fn f_35_of_those_that_may_hang_one_each_is_taken_the_first_whose_turn_it_is(db: Db) {
    let application: Option<ApplicationId> = Some(new());
    let mut ids = Vec::new();
    for kind in ["plan.created", "plan.updated", "plan.deleted"] {
        ids.push(db.save(endpoint(draft(Some(&[kind]), None, kind == "plan.deleted"))).await.unwrap().id);
    }
    let mut events = Vec::new();
    for kind in ["plan.created", "plan.created", "plan.updated", "plan.deleted", "plan.deleted"] {
        let event = event(kind, application, None);
        events.push(event.id);
        emit(&db, event).await;
    }
    let claim = new();
    let mut first: Vec<_> = claim_at(&db, claim, NOW, 1).await;
    first.sort_by_key(|it| ids.iter().position(|id| *id == it.endpoint_id));
    assert_eq!(first.iter().map(|it| it.endpoint_id).collect::<Vec<_>>(), ids);
    assert!(events[..2].contains(&first[0].event.id));
    assert_eq!([first[1].event.id, first[2].event.id], [events[2], events[3]], "the ordered ones in order");
    // What is taken is nobody else's; of the third the next one has to wait for it.
    let more = claim_at(&db, new(), NOW, 1).await;
    assert_eq!(more.iter().map(|it| it.endpoint_id).collect::<Vec<_>>(), ids[..1]);
    assert!(claim_at(&db, new(), NOW, 1).await.is_empty());
}

async fn note(db: &Db, endpoint: domain::WebhookEndpointId, outcome: HealthOutcome) -> Option<Health> {
    let said = db.store.note_health(&[HealthNote { endpoint, outcome }]).await.unwrap();
    said.first().map(|(_, health)| *health)
}

both!(how_an_endpoint_does_decides_where_it_stands);
async fn how_an_endpoint_does_decides_where_it_stands(db: Db) {
    let it = db.save(endpoint(draft(None, None, false))).await.unwrap();
    emit(&db, event("plan.created", None, None)).await;
    let health = async || db.store.read().webhook_health(it.id).await.unwrap().unwrap();
    assert_eq!(health().await.lane, Lane::Doubtful);
    note(&db, it.id, HealthOutcome::Works).await;
    assert_eq!(health().await.lane, Lane::Prompt);
    let until = NOW + Duration::from_secs(120);
    let failed =
        note(&db, it.id, HealthOutcome::Failed { at: NOW, slowly: false, paused_until: Some(until) })
            .await
            .unwrap();
    assert_eq!(
        (failed.lane, failed.failing_since, failed.paused_until),
        (Lane::Prompt, Some(NOW), Some(until))
    );
    assert!(claim_at(&db, new(), until - Duration::from_micros(1), 5).await.is_empty());
    let later = NOW + Duration::from_secs(60);
    let slow = note(&db, it.id, HealthOutcome::Failed { at: later, slowly: true, paused_until: None })
        .await
        .unwrap();
    assert_eq!((slow.lane, slow.failing_since), (Lane::Doubtful, Some(NOW)));
    assert!(db.store.endpoint_noticed(it.id, later).await.unwrap());
    assert!(!db.store.endpoint_noticed(it.id, later).await.unwrap());
    assert_eq!(claim_at(&db, new(), until, 5).await.len(), 1);
    note(&db, it.id, HealthOutcome::Works).await;
    let fine = health().await;
    assert_eq!((fine.lane, fine.failing_since, fine.noticed_at), (Lane::Prompt, None, None));
}

both!(old_events_go_but_not_while_they_are_pending);
async fn old_events_go_but_not_while_they_are_pending(db: Db) {
    db.save(endpoint(draft(Some(&["plan.created"]), None, false))).await.unwrap();
    emit(&db, event("plan.created", None, None)).await;
    emit(&db, event("plan.updated", None, None)).await;
    let after = NOW + Duration::from_micros(1);
    assert_eq!(db.store.sweep_webhook_events(NOW, 10).await.unwrap(), 0);
    assert_eq!(db.store.sweep_webhook_events(after, 10).await.unwrap(), 1);
    let claim = new();
    let claimed = claim_at(&db, claim, NOW, 5).await;
    report_all(&db, claim, &claimed, DeliveryResult::Delivered).await;
    assert_eq!(db.store.sweep_webhook_events(after, 10).await.unwrap(), 1);
    assert!(deliveries(&db).await.is_empty());
}

/// An event for very many endpoints is written: each delivery has an id of its own.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_deliveries_of_one_moment_have_ids_of_their_own() {
    let db = Db::sqlite().await;
    db.save(endpoint(draft(None, None, false))).await.unwrap();
    let mut tx = db.tx().await;
    for _ in 0..10_000 {
        tx.emit(event("plan.created", None, None)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[test]
fn ids_of_events_sort_by_time_and_number() {
    let ids = [(NOW, 1), (NOW, 2), (NOW, 0x1_0000_0000), (NOW + Duration::from_millis(1), 1)];
    let ids = ids.map(|(at, seq)| Store::webhook_event_id(at, seq));
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
}
