//! Somebody else holds the SQLite file: a backup tool, a person with a shell (F-07).

use std::time::{Duration, Instant};

use keywright_store::{Error, PageRequest, PartnerFilter};
use sea_orm::ConnectionTrait;
use testkit::tasks::at_once;

use crate::harness::Db;
use crate::sample;

#[tokio::test(flavor = "multi_thread")]
async fn f_07_a_lock_of_three_seconds_is_waited_for() {
    let db = Db::sqlite().await;
    db.save(sample::partner("Acme")).await.unwrap();
    let other = db.raw().await;
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let unlock = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        other.execute_unprepared("COMMIT").await.unwrap();
    };
    let write = async |name: &'static str| db.save(sample::partner(name)).await.map(drop);
    let (first, second, third, ()) = tokio::join!(write("One"), write("Two"), write("Three"), unlock);
    assert!(first.is_ok() && second.is_ok() && third.is_ok(), "{first:?} {second:?} {third:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn f_07_a_longer_lock_makes_writing_unavailable_and_leaves_reading() {
    let db = Db::sqlite().await;
    db.save(sample::partner("Acme")).await.unwrap();
    let other = db.raw().await;
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let started = Instant::now();
    let write = async { db.save(sample::partner("Late")).await.unwrap_err() };
    let read = async {
        let page = db.store.read().partners(&PartnerFilter::default(), PageRequest::first(5)).await.unwrap();
        (page.items.len(), started.elapsed())
    };
    let (refused, (found, after)) = tokio::join!(write, read);
    assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
    assert!(started.elapsed() < Duration::from_secs(8));
    assert_eq!(found, 1);
    assert!(after < Duration::from_secs(2), "readers do not wait for writers");
    other.execute_unprepared("COMMIT").await.unwrap();
    db.save(sample::partner("After")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_reads_is_in_nobody_s_way() {
    let db = Db::sqlite().await;
    db.save(sample::partner("Acme")).await.unwrap();
    let other = db.raw().await;
    other.execute_unprepared("BEGIN; SELECT count(*) FROM partners").await.unwrap();
    for n in 0..20 {
        db.save(sample::partner(&format!("Partner {n}"))).await.unwrap();
    }
    other.execute_unprepared("COMMIT").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_queue_instead_of_failing() {
    let db = std::sync::Arc::new(Db::sqlite().await);
    let results = at_once(64, |n| {
        let db = std::sync::Arc::clone(&db);
        async move { db.save(sample::partner(&format!("Partner {n}"))).await.map(drop) }
    })
    .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}
