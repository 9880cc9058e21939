//! What the gateway check is told: everything at the start, then what changed.

use domain::{Noun, Owner, Transition};
use uuid::Uuid;
use verify::Change;

use crate::harness::{Db, NOW};
use crate::sample::{self, Sample};

/// A change as kind, id and whether the thing is there.
fn told(change: &Change) -> (&'static str, Option<Uuid>, bool) {
    match change {
        Change::Partner(id, it) => ("partner", Some(id.0), it.is_some()),
        Change::Application(id, it) => ("application", Some(id.0), it.is_some()),
        Change::Client(id, it) => ("client", Some(id.0), it.is_some()),
        Change::RevokedToken(id, it) => ("access_token", Some(id.0), it.is_some()),
        Change::Credential(id, it) => ("credential", Some(id.0), it.is_some()),
        Change::Subscription(id, it) => ("subscription", Some(id.0), it.is_some()),
        Change::Catalogue { .. } => ("catalogue", None, true),
    }
}

both!(everything_is_loaded_in_an_order_that_can_be_applied);
async fn everything_is_loaded_in_an_order_that_can_be_applied(db: Db) {
    let it = Sample::save(&db).await;
    let mut all = Vec::new();
    let seq = db.store.load_all(|changes| all.extend(changes)).await.unwrap();
    assert_eq!(seq, db.store.read().last_change().await.unwrap());
    let expected = [
        ("catalogue", None, true),
        ("partner", Some(it.partner.id()), true),
        ("application", Some(it.application.id()), true),
        ("subscription", Some(it.subscription.id()), true),
        ("credential", Some(it.credential.id()), true),
    ];
    assert_eq!(all.iter().map(told).collect::<Vec<_>>(), expected);
    let Change::Catalogue { versions, strategies, plans } = &all[0] else { unreachable!() };
    assert_eq!((versions, strategies, plans), (&vec![it.version], &vec![it.strategy], &vec![it.plan]));
}

both!(the_feed_tells_each_change_once_and_as_it_is_now);
async fn the_feed_tells_each_change_once_and_as_it_is_now(db: Db) {
    let it = Sample::save(&db).await;
    let seq = db.store.read().last_change().await.unwrap();
    let nothing = db.store.load_changes(seq).await.unwrap();
    assert_eq!((nothing.changes.len(), nothing.seq, nothing.more), (0, seq, false));

    let disabled = db.save(it.credential.set_enabled(false, NOW).unwrap()).await.unwrap();
    db.save(disabled.set_enabled(true, NOW).unwrap()).await.unwrap();
    db.save(Transition::delete(it.subscription.clone(), "subscription.deleted")).await.unwrap();
    let own = sample::application(Owner::Developer(it.developer.id), &it.strategy, "Own");
    let own = db.save(own).await.unwrap();
    let batch = db.store.load_changes(seq).await.unwrap();
    let expected = [
        ("application", Some(own.id()), true),
        ("subscription", Some(it.subscription.id()), false),
        ("credential", Some(it.credential.id()), true),
    ];
    assert_eq!(batch.changes.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!((batch.seq, batch.more), (seq + 4, false));
    let Change::Credential(_, Some(credential)) = &batch.changes[2] else { unreachable!() };
    assert_eq!(credential.meta.version, 3);
}

both!(a_change_of_the_catalogue_tells_all_of_it);
async fn a_change_of_the_catalogue_tells_all_of_it(db: Db) {
    let it = Sample::save(&db).await;
    let mut seq = db.store.read().last_change().await.unwrap();
    let mut next = async || {
        let batch = db.store.load_changes(seq).await.unwrap();
        seq = batch.seq;
        batch.changes.iter().map(told).collect::<Vec<_>>()
    };
    let catalogue = [("catalogue", None, true)];
    db.save(it.version.set_specification(None, NOW)).await.unwrap();
    assert_eq!(next().await, catalogue);
    db.save(sample::plan("Silver")).await.unwrap();
    assert_eq!(next().await, catalogue);
    db.save(sample::auth_strategy("Second", false)).await.unwrap();
    assert_eq!(next().await, catalogue);
    // What the check has no use for is not told at all.
    db.save(sample::developer("ben@example.com")).await.unwrap();
    assert_eq!(next().await, []);
}

both!(what_went_with_an_application_is_gone_for_the_check_as_well);
async fn what_went_with_an_application_is_gone_for_the_check_as_well(db: Db) {
    let it = Sample::save(&db).await;
    db.save(Transition::delete(it.application.clone(), "application.deleted")).await.unwrap();
    // From the very beginning: everything was made, and some of it is gone.
    let batch = db.store.load_changes(0).await.unwrap();
    let gone: Vec<_> =
        batch.changes.iter().map(told).filter(|(.., there)| !there).map(|(kind, ..)| kind).collect();
    assert_eq!(gone, ["application", "subscription", "credential"]);
}
