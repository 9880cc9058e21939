//! Locks are taken in an order in which nobody waits for each other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::ApiVersion;
use keywright_store::{AuditFilter, Error, PageRequest, PartnerFilter};
use testkit::tasks::at_once;
use uuid::Uuid;

use crate::harness::{Db, NOW};
use crate::sample::{self, Sample};

both!(writers_of_one_version_never_wait_for_each_other_in_a_circle);
async fn writers_of_one_version_never_wait_for_each_other_in_a_circle(db: Db) {
    let it = Sample::save(&db).await;
    let db = Arc::new(db);
    let results = at_once(12, |n| {
        let db = Arc::clone(&db);
        async move {
            for _ in 0..8 {
                let mut tx = db.tx().await;
                let version: ApiVersion = tx.read().find(it.version.id).await?.unwrap();
                if n % 2 == 0 {
                    // As when a version is changed: all versions are compared first.
                    tx.lock_catalogue().await?;
                }
                tokio::task::yield_now().await;
                let change = version.set_specification(None, NOW);
                match tx.save(change).await {
                    Ok(_) => tx.commit().await?,
                    Err(Error::Stale) => {}
                    Err(other) => return Err(other),
                }
            }
            Ok(())
        }
    })
    .await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

both!(a_writer_that_is_given_up_half_way_is_in_nobody_s_way);
async fn a_writer_that_is_given_up_half_way_is_in_nobody_s_way(db: Db) {
    let db = Arc::new(db);
    // As when a client hangs up: wherever it is, the writer is dropped.
    for n in 0..80_u64 {
        let writer = tokio::spawn({
            let db = Arc::clone(&db);
            async move { db.save(sample::partner(&format!("Partner {n}"))).await.map(drop) }
        });
        tokio::time::sleep(Duration::from_micros(n * 40)).await;
        writer.abort();
    }
    db.save(sample::partner("The last")).await.unwrap();
    // Each is there as a whole or not at all.
    let everything = PageRequest::first(100);
    let partners = db.store.read().partners(&PartnerFilter::default(), everything).await.unwrap().items;
    let lines = db.store.read().audit_lines(&AuditFilter::default(), everything).await.unwrap().items;
    let made: BTreeSet<Uuid> = partners.iter().map(|partner| partner.id.0).collect();
    let told: BTreeSet<Uuid> = lines.iter().map(|line| line.target_id).collect();
    assert_eq!(made, told);
    assert_eq!(db.store.read().last_change().await.unwrap(), lines.len() as i64);
}
