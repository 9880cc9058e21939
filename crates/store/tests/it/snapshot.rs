//! What the gateway check is told: everything at the start, then what changed.

use std::collections::BTreeSet;

use domain::{Noun, Owner, Transition};
use uuid::Uuid;
use verify::{CatalogueFacts, Change, CredentialFacts, Thing};

use crate::harness::{Db, NOW};
use crate::sample::{self, Sample};

/// A change as kind, id and whether the thing is there.
fn told(change: &Change) -> (&'static str, Option<Uuid>, bool) {
    match change {
        Change::Partner(id, it) => ("partner", Some(id.0), it.is_some()),
        Change::Developer(id, it) => ("developer", Some(id.0), it.is_some()),
        Change::Application(id, it) => ("application", Some(id.0), it.is_some()),
        Change::Client(id, it) => ("client", Some(id.0), it.is_some()),
        Change::Grant(id, it) => ("oauth_grant", Some(id.0), it.is_some()),
        Change::RevokedToken(id, it) => ("access_token", Some(id.0), it.is_some()),
        Change::Credential(id, it) => ("credential", Some(id.0), it.is_some()),
        Change::Subscription(id, it) => ("subscription", Some(id.0), it.is_some()),
        Change::Catalogue(_) => ("catalogue", None, true),
        Change::Unreadable(thing) => ("unreadable", Some(id_of(*thing)), false),
    }
}

fn id_of(thing: Thing) -> Uuid {
    match thing {
        Thing::Partner(id) => id.0,
        Thing::Developer(id) => id.0,
        Thing::Application(id) => id.0,
        Thing::Credential(id) => id.0,
        Thing::Subscription(id) => id.0,
        Thing::Client(id) => id.0,
        Thing::Grant(id) => id.0,
        Thing::RevokedToken(id) => id.0,
    }
}

both!(everything_is_loaded_in_an_order_that_can_be_applied);
async fn everything_is_loaded_in_an_order_that_can_be_applied(db: Db) {
    let it = Sample::save(&db).await;
    let mut all = Vec::new();
    let seq = db.store.load_all(|found| all.extend(found.changes)).await.unwrap();
    assert_eq!(seq, db.store.read().last_change().await.unwrap());
    let expected = [
        ("catalogue", None, true),
        ("partner", Some(it.partner.id()), true),
        ("developer", Some(it.developer.id()), true),
        ("application", Some(it.application.id()), true),
        ("subscription", Some(it.subscription.id()), true),
        ("credential", Some(it.credential.id()), true),
    ];
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), expected);
    let Change::Catalogue(catalogue) = &all[0] else { unreachable!() };
    let CatalogueFacts { versions, strategies, plans, broken, unreadable } = catalogue;
    assert_eq!((versions, strategies, plans), (&vec![it.version], &vec![it.strategy], &vec![it.plan]));
    assert_eq!((broken.len(), *unreadable), (0, 0));
    let Change::Credential(_, Some(credential)) = &all[5] else { unreachable!() };
    let whole: CredentialFacts = (&it.credential).into();
    assert_eq!(
        format!("{credential:?}"),
        format!("{whole:?}"),
        "what is read of a row is what the noun would say"
    );
}

both!(the_feed_tells_each_change_once_and_as_it_is_now);
async fn the_feed_tells_each_change_once_and_as_it_is_now(db: Db) {
    let it = Sample::save(&db).await;
    let seq = db.store.read().last_change().await.unwrap();
    let nothing = db.store.load_changes(seq).await.unwrap();
    assert_eq!((nothing.found.changes.len(), nothing.seq, nothing.more), (0, seq, false));

    let disabled = db.save(it.credential.set_enabled(false, NOW).unwrap()).await.unwrap();
    db.save(disabled.revoke(NOW).unwrap()).await.unwrap();
    db.save(Transition::delete(it.subscription.clone(), "subscription.deleted")).await.unwrap();
    let own = sample::application(Owner::Developer(it.developer.id), &it.strategy, "Own");
    let own = db.save(own).await.unwrap();
    let batch = db.store.load_changes(seq).await.unwrap();
    let expected = [
        ("application", Some(own.id()), true),
        ("subscription", Some(it.subscription.id()), false),
        ("credential", Some(it.credential.id()), true),
    ];
    assert_eq!(batch.found.changes.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!((batch.seq, batch.more), (seq + 4, false));
    let Change::Credential(_, Some(credential)) = &batch.found.changes[2] else { unreachable!() };
    assert_eq!(credential.state, domain::CredentialState::Revoked);
}

both!(a_change_of_the_catalogue_tells_all_of_it);
async fn a_change_of_the_catalogue_tells_all_of_it(db: Db) {
    let it = Sample::save(&db).await;
    let mut seq = db.store.read().last_change().await.unwrap();
    let mut next = async || {
        let batch = db.store.load_changes(seq).await.unwrap();
        seq = batch.seq;
        batch.found.changes.iter().map(told).collect::<Vec<_>>()
    };
    let catalogue = [("catalogue", None, true)];
    db.save(it.version.set_specification(None, NOW)).await.unwrap();
    assert_eq!(next().await, catalogue);
    db.save(sample::plan("Silver")).await.unwrap();
    assert_eq!(next().await, catalogue);
    db.save(sample::auth_strategy("Second", false)).await.unwrap();
    assert_eq!(next().await, catalogue);
    // What the check has no use for is not told at all.
    db.save(sample::api_token("Scripts", 9)).await.unwrap();
    assert_eq!(next().await, []);
}

both!(what_went_with_an_application_is_gone_for_the_check_as_well);
async fn what_went_with_an_application_is_gone_for_the_check_as_well(db: Db) {
    let it = Sample::save(&db).await;
    db.save(Transition::delete(it.application.clone(), "application.deleted")).await.unwrap();
    // From the very beginning: everything was made, and some of it is gone.
    let batch = db.store.load_changes(0).await.unwrap();
    let gone: Vec<_> =
        batch.found.changes.iter().map(told).filter(|(.., there)| !there).map(|(kind, ..)| kind).collect();
    assert_eq!(gone, ["application", "subscription", "credential"]);
}

both!(a_row_that_cannot_be_read_spoils_no_other);
async fn a_row_that_cannot_be_read_spoils_no_other(db: Db) {
    let it = Sample::save(&db).await;
    let seq = db.store.read().last_change().await.unwrap();
    let second = db.save(sample::credential(&it.application, "Second", 2)).await.unwrap();
    db.save(it.credential.set_enabled(false, NOW).unwrap()).await.unwrap();
    // What the check has no use for may be wrong.
    db.sql("UPDATE credentials SET name = '', details = '[]' WHERE name = 'Second'").await;
    db.sql("UPDATE credentials SET state = 'Active' WHERE name = 'Main'").await;
    let batch = db.store.load_changes(seq).await.unwrap();
    let told: BTreeSet<_> = batch.found.changes.iter().map(told).collect();
    let expected = [("credential", Some(second.id()), true), ("unreadable", Some(it.credential.id()), false)];
    assert_eq!(told, BTreeSet::from(expected));
    let why: Vec<_> = batch.found.unreadable.iter().map(ToString::to_string).collect();
    assert_eq!(why, [format!("credentials.state of {} holds an impossible value", it.credential.id)]);
    assert_eq!(batch.seq, seq + 2, "the feed goes on");

    // All at the start as well, and every other kind.
    for sql in [
        "UPDATE partners SET roles = '7'",
        "UPDATE applications SET state = 'gone'",
        "UPDATE subscriptions SET status = 'yes'",
        "UPDATE plans SET limits = '7'",
        "UPDATE auth_strategies SET method = '7'",
        "UPDATE api_versions SET required_roles = '7'",
    ] {
        db.sql(sql).await;
    }
    let (mut changes, mut unreadable) = (Vec::new(), 0);
    let all = |found: keywright_store::Found| {
        changes.extend(found.changes);
        unreadable += found.unreadable.len();
    };
    db.store.load_all(all).await.unwrap();
    assert_eq!(unreadable, 7);
    let Change::Catalogue(catalogue) = &changes[0] else { unreachable!() };
    assert_eq!((catalogue.versions.len(), catalogue.unreadable), (0, 3));
    assert_eq!(catalogue.broken[0].id, it.version.id);
    assert_eq!(catalogue.broken[0].route, Some(it.version.route), "it is known where it is");
    let things: Vec<_> =
        changes.iter().filter(|change| matches!(change, Change::Unreadable(_))).map(told_id).collect();
    assert_eq!(things, [it.partner.id(), it.application.id(), it.subscription.id(), it.credential.id()]);
    db.sql("UPDATE api_versions SET hosts = '7'").await;
    let mut routes = Vec::new();
    let catalogue = |found: keywright_store::Found| {
        for change in found.changes {
            if let Change::Catalogue(catalogue) = change {
                routes.extend(catalogue.broken.into_iter().map(|broken| broken.route));
            }
        }
    };
    db.store.load_all(catalogue).await.unwrap();
    assert_eq!(routes, [None]);
}

fn told_id(change: &Change) -> Uuid {
    told(change).1.unwrap()
}

both!(more_rows_than_a_batch_are_all_loaded);
async fn more_rows_than_a_batch_are_all_loaded(db: Db) {
    let it = Sample::save(&db).await;
    let seq = db.store.read().last_change().await.unwrap();
    let mut tx = db.tx().await;
    for n in 0..1_200u32 {
        let key = domain::ForeignKey::Sha256 { hex: format!("{n:064x}"), last4: String::new() };
        let key = domain::ApiKey::import(key, &domain::Pepper::new(&[7; 32])).unwrap();
        let draft = domain::CredentialDraft { name: format!("key {n}"), expires_at: None };
        let material = domain::Material::ApiKey(key);
        let id = crate::harness::new();
        tx.save(domain::Credential::issue(id, it.application.id, draft, material, NOW).unwrap())
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    let (mut all, mut batches) = (BTreeSet::new(), 0);
    let take = |found: keywright_store::Found| {
        batches += 1;
        all.extend(found.changes.iter().filter(|it| matches!(it, Change::Credential(..))).map(told_id));
    };
    db.store.load_all(take).await.unwrap();
    assert_eq!(all.len(), 1_201);
    assert!(batches >= 7, "{batches}: in batches");
    let changed = db.store.load_changes(seq).await.unwrap();
    assert_eq!(changed.found.changes.len(), 1_200);
}

both!(the_check_goes_on_without_the_row_that_cannot_be_read);
async fn the_check_goes_on_without_the_row_that_cannot_be_read(db: Db) {
    let it = Sample::save(&db).await;
    let second = db.save(sample::credential(&it.application, "Second", 2)).await.unwrap();
    let verifier = verify::Verifier::new(domain::Pepper::new(&[7; 32]), std::time::Duration::from_secs(60));
    let take = |found: keywright_store::Found| found.changes.into_iter().for_each(|it| verifier.apply(it));
    let seq = db.store.load_all(take).await.unwrap();
    assert_eq!((verifier.credentials(), verifier.unreadable()), (2, 0));
    db.save(it.credential.set_enabled(false, NOW).unwrap()).await.unwrap();
    db.sql("UPDATE credentials SET kind = 'magic' WHERE name = 'Main'").await;
    let batch = db.store.load_changes(seq).await.unwrap();
    take(batch.found);
    assert_eq!((verifier.credentials(), verifier.unreadable()), (1, 1));
    // What changes after it is followed, and it comes back when it is put right and told of again.
    db.save(second.set_enabled(false, NOW).unwrap()).await.unwrap();
    db.sql("UPDATE credentials SET kind = 'api_key' WHERE name = 'Main'").await;
    let main = db.store.read().find::<domain::Credential>(it.credential.id).await.unwrap().unwrap();
    db.save(main.set_enabled(true, NOW).unwrap()).await.unwrap();
    let batch = db.store.load_changes(batch.seq).await.unwrap();
    assert_eq!((batch.found.changes.len(), batch.found.unreadable.len()), (2, 0));
    take(batch.found);
    assert_eq!((verifier.credentials(), verifier.unreadable()), (2, 0));
}
