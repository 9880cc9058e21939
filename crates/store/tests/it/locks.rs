//! Locks are taken in an order in which nobody waits for each other.

use std::sync::Arc;

use domain::ApiVersion;
use keywright_store::Error;
use testkit::tasks::at_once;

use crate::harness::{Db, NOW};
use crate::sample::Sample;

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
