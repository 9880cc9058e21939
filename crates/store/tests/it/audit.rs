//! Audit lines: one for each change, numbered without gaps in the order of commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Actor, Noun, PartnerRole};
use keywright_store::{AuditFilter, AuditLine, Author, PageRequest};
use serde_json::json;
use testkit::tasks::at_once;

use crate::harness::{Db, NOW, author, new};
use crate::sample::{self, Sample};

async fn lines(db: &Db, filter: &AuditFilter) -> Vec<AuditLine> {
    db.store.read().audit_lines(filter, PageRequest::first(1_000)).await.unwrap().items
}

const WRITERS: usize = 16;
const ROUNDS: usize = 6;

both!(numbers_are_given_in_the_order_of_commits_without_gaps);
async fn numbers_are_given_in_the_order_of_commits_without_gaps(db: Db) {
    let db = Arc::new(db);
    // The highest number that is certainly committed.
    let committed = Arc::new(AtomicI64::new(0));
    let written = at_once(WRITERS, |writer| {
        let (db, committed) = (Arc::clone(&db), Arc::clone(&committed));
        async move {
            let mut written = 0;
            for round in 0..ROUNDS {
                let author = author();
                let before = committed.load(Ordering::SeqCst);
                let mut tx = db.store.begin(author.clone()).await.unwrap();
                let partner = tx.save(sample::partner(&format!("{writer}/{round}"))).await.unwrap();
                if round % 3 == 0 {
                    // Given up: its numbers go to somebody else.
                    continue;
                }
                let renamed = domain::PartnerDraft { description: "changed".to_owned(), ..partner.draft() };
                tx.save(partner.update(renamed, NOW).unwrap()).await.unwrap();
                tx.commit().await.unwrap();
                written += 2;
                let filter = AuditFilter { request_id: Some(author.request_id), ..AuditFilter::default() };
                let [second, first] = &lines(&db, &filter).await[..] else { panic!("there are two lines") };
                assert_eq!(first.seq + 1, second.seq);
                assert!(first.seq > before, "a later commit has the earlier number");
                assert_eq!(
                    (first.action.as_str(), second.action.as_str()),
                    ("partner.created", "partner.updated")
                );
                committed.fetch_max(second.seq, Ordering::SeqCst);
            }
            written
        }
    })
    .await;
    let total = i64::from(written.into_iter().sum::<i32>());
    let numbers: Vec<i64> =
        lines(&db, &AuditFilter::default()).await.iter().rev().map(|line| line.seq).collect();
    assert_eq!(numbers, (1..=total).collect::<Vec<_>>());
    assert_eq!(db.store.read().last_change().await.unwrap(), total);
}

both!(a_line_says_who_did_what_to_what_and_from_where);
async fn a_line_says_who_did_what_to_what_and_from_where(db: Db) {
    let author = Author {
        actor: Actor::Administrator(new()),
        address: Some("2001:db8::7".parse().unwrap()),
        request_id: new(),
        at: NOW + Duration::from_micros(1),
    };
    let mut tx = db.store.begin(author.clone()).await.unwrap();
    let partner = tx.save(sample::partner("Acme")).await.unwrap();
    tx.commit().await.unwrap();
    let [line] = &lines(&db, &AuditFilter::default()).await[..] else { panic!("there is one line") };
    assert_eq!((line.seq, line.at, line.request_id), (1, author.at, author.request_id));
    let (kind, actor) = author.actor.parts();
    assert_eq!((line.actor_kind.as_str(), line.actor_id), (kind, actor));
    assert_eq!(line.address.as_deref(), Some("2001:db8::7"));
    assert_eq!((line.action.as_str(), line.target_kind.as_str()), ("partner.created", "partner"));
    assert_eq!(
        (line.target_id, line.partner_id, line.application_id),
        (partner.id.0, Some(partner.id.0), None)
    );
    assert_eq!(line.details["name"], json!("Acme"));
}

both!(lines_are_found_by_what_they_are_about);
async fn lines_are_found_by_what_they_are_about(db: Db) {
    let it = Sample::save(&db).await;
    db.save(it.credential.revoke(NOW).unwrap()).await.unwrap();
    let of = |edit: fn(&mut AuditFilter, &Sample)| {
        let mut filter = AuditFilter::default();
        edit(&mut filter, &it);
        filter
    };
    let actions = async |filter| {
        let mut actions: Vec<_> = lines(&db, &filter).await.into_iter().map(|line| line.action).collect();
        actions.reverse();
        actions
    };
    let about = actions(of(|f, it| f.target_id = Some(it.credential.id()))).await;
    assert_eq!(about, ["credential.issued", "credential.revoked"]);
    let theirs = actions(of(|f, it| f.application_id = Some(it.application.id.0))).await;
    let expected = [
        "application.created",
        "application.member_added",
        "credential.issued",
        "subscription.requested",
        "credential.revoked",
    ];
    assert_eq!(theirs, expected);
    assert_eq!(actions(of(|f, it| f.partner_id = Some(it.partner.id.0))).await.len(), 4);
    assert_eq!(actions(of(|f, _| f.target_kind = Some("plan".to_owned()))).await, ["plan.created"]);
    assert_eq!(actions(of(|f, _| f.action = Some("api.created".to_owned()))).await, ["api.created"]);
    assert_eq!(actions(of(|f, _| f.since = Some(NOW + Duration::from_micros(1)))).await, [""; 0]);
    assert_eq!(actions(of(|f, _| f.until = Some(NOW))).await, [""; 0]);
    assert_eq!(actions(of(|f, _| f.until = Some(NOW + Duration::from_micros(1)))).await.len(), 12);
}

both!(no_line_holds_a_hash);
async fn no_line_holds_a_hash(db: Db) {
    let it = Sample::save(&db).await;
    let developer = it.developer.set_password("$argon2id$v=19$secret".to_owned(), NOW);
    db.save(developer).await.unwrap();
    db.save(sample::api_token("CI", 3)).await.unwrap();
    db.save(sample::session(domain::Person::Developer(it.developer.id), 4)).await.unwrap();
    for line in lines(&db, &AuditFilter::default()).await {
        let told = line.details.to_string();
        assert!(!told.contains("argon2") && !told.contains("hash"), "{}: {told}", line.action);
    }
}

both!(a_role_that_is_taken_away_is_told_with_what_it_was);
async fn a_role_that_is_taken_away_is_told_with_what_it_was(db: Db) {
    let it = Sample::save(&db).await;
    let ben = db.save(sample::developer("ben@example.com")).await.unwrap();
    let partner = db.save(it.partner.set_member(ben.id, PartnerRole::Owner, NOW).unwrap()).await.unwrap();
    db.save(partner.remove_member(ben.id, NOW).unwrap()).await.unwrap();
    let filter = AuditFilter { action: Some("partner.member_removed".to_owned()), ..AuditFilter::default() };
    let [line] = &lines(&db, &filter).await[..] else { panic!("there is one line") };
    assert_eq!(line.details["members"]["from"][ben.id.to_string()], json!("OWNER"));
    assert!(line.details["members"]["to"].get(ben.id.to_string()).is_none());
}
