//! Counts of calls, by minute, hour and day.

use std::time::Duration;

use domain::{ApiVersionId, ApplicationId, Instant, PlanId};
use keywright_store::{UsageCount, UsageDimension as By, UsageFilter, UsageStep};
use uuid::Uuid;
use verify::{Reason, UsageKey};

use crate::harness::{Db, NOW};
use crate::sample::Sample;

fn key(application: u128, version: u128, reason: Option<Reason>) -> UsageKey {
    let id = |n: u128| (n > 0).then(|| Uuid::from_u128(n));
    UsageKey {
        application_id: id(application).map(ApplicationId),
        api_version_id: id(version).map(ApiVersionId),
        plan_id: id(application).map(PlanId),
        reason,
    }
}

fn all(step: UsageStep) -> UsageFilter {
    UsageFilter {
        step,
        since: Instant::from_micros(0),
        until: NOW + Duration::from_secs(1_000_000),
        application_id: None,
        api_version_id: None,
        plan_id: None,
        visible_to: None,
        owned_by: None,
    }
}

async fn sums(db: &Db, filter: &UsageFilter, by: &[By]) -> Vec<UsageCount> {
    db.store.read().usage(filter, by, 100).await.unwrap()
}

both!(what_is_counted_is_added_up_however_it_is_asked_for);
async fn what_is_counted_is_added_up_however_it_is_asked_for(db: Db) {
    let write = async |usage: &[(UsageKey, u64)], at| db.store.write_counters(&[], usage, at).await.unwrap();
    let missing = Some(Reason::CredentialMissing);
    write(&[(key(1, 9, None), 5), (key(0, 9, missing), 2)], NOW).await;
    write(&[(key(1, 9, None), 1), (key(2, 8, None), u64::MAX)], NOW).await;
    write(&[(key(1, 9, None), 10)], NOW + Duration::from_secs(60)).await;
    write(&[(key(1, 9, Some(Reason::RoleMissing)), 3)], NOW + Duration::from_secs(86_400)).await;

    let of = |application: u128, step| UsageFilter {
        application_id: Some(Uuid::from_u128(application).into()),
        ..all(step)
    };
    let total = sums(&db, &of(1, UsageStep::Day), &[]).await;
    assert_eq!(total.iter().map(|it| it.calls).collect::<Vec<_>>(), [19]);
    let by_time: Vec<_> = sums(&db, &of(1, UsageStep::Minute), &[By::Time])
        .await
        .iter()
        .map(|it| (it.began_at, it.calls))
        .collect();
    let minute = |at| Some(UsageStep::Minute.began(at));
    let day = Duration::from_secs(86_400);
    assert_eq!(
        by_time,
        [(minute(NOW), 6), (minute(NOW + Duration::from_secs(60)), 10), (minute(NOW + day), 3)]
    );
    assert_eq!(sums(&db, &of(1, UsageStep::Day), &[By::Time]).await.len(), 2);
    let by_reason = sums(&db, &of(1, UsageStep::Hour), &[By::Reason, By::Status]).await;
    let told: Vec<_> =
        by_reason.iter().map(|it| (it.reason.as_deref().unwrap(), it.status.unwrap(), it.calls)).collect();
    assert_eq!(told, [("allowed", 200, 16), ("role_missing", 403, 3)]);
    // Nobody in particular is `None`, and a count that is too large for the database stays at the end.
    let by_application = sums(&db, &all(UsageStep::Day), &[By::Application]).await;
    let told: Vec<_> = by_application.iter().map(|it| (it.application_id, it.calls)).collect();
    assert_eq!(told[0], (None, 2));
    assert_eq!(told[2].1, i64::MAX as u64);
    assert_eq!(
        sums(
            &db,
            &UsageFilter { api_version_id: Some(Uuid::from_u128(9).into()), ..all(UsageStep::Day) },
            &[]
        )
        .await[0]
            .calls,
        21
    );
    // From and until are of spans, the second one left out.
    let first = UsageFilter {
        until: UsageStep::Minute.began(NOW + Duration::from_secs(60)),
        ..of(1, UsageStep::Minute)
    };
    assert_eq!(sums(&db, &first, &[]).await[0].calls, 6);
    let second = UsageFilter { since: first.until, until: first.until + Duration::from_secs(60), ..first };
    assert_eq!(sums(&db, &second, &[]).await[0].calls, 10);
    assert_eq!(
        db.store.read().usage(&all(UsageStep::Day), &[By::Application, By::Time], 2).await.unwrap().len(),
        2
    );
}

both!(counts_are_kept_for_as_long_as_their_steps_are_worth);
async fn counts_are_kept_for_as_long_as_their_steps_are_worth(db: Db) {
    db.store.write_counters(&[], &[(key(1, 1, None), 1)], NOW).await.unwrap();
    let left = async || {
        let mut left = Vec::new();
        for step in UsageStep::ALL {
            left.push(sums(&db, &all(step), &[By::Time]).await.len());
        }
        left
    };
    assert_eq!(left().await, [1, 1, 1]);
    for (days, expected) in [(1, [1, 1, 1]), (3, [0, 1, 1]), (94, [0, 0, 1]), (5 * 367, [0, 0, 0])] {
        db.store.sweep_usage(NOW + Duration::from_secs(days * 86_400)).await.unwrap();
        assert_eq!(left().await, expected, "after {days} days");
    }
}

both!(developers_see_counts_of_what_they_see);
async fn developers_see_counts_of_what_they_see(db: Db) {
    let it = Sample::save(&db).await;
    let mine = UsageKey { application_id: Some(it.application.id), ..key(0, 9, None) };
    db.store
        .write_counters(&[], &[(mine, 4), (key(7, 9, None), 100), (key(0, 9, None), 50)], NOW)
        .await
        .unwrap();
    let of = |developer| UsageFilter { visible_to: Some(developer), ..all(UsageStep::Day) };
    let by_application = sums(&db, &of(it.developer.id), &[By::Application]).await;
    let told: Vec<_> = by_application.iter().map(|count| (count.application_id, count.calls)).collect();
    assert_eq!(told, [(Some(it.application.id), 4)]);
    let stranger: domain::DeveloperId = Uuid::from_u128(77).into();
    assert!(sums(&db, &of(stranger), &[By::Application]).await.is_empty());
}

both!(nodes_that_count_at_once_lose_nothing);
async fn nodes_that_count_at_once_lose_nothing(db: Db) {
    let db = std::sync::Arc::new(db);
    testkit::tasks::at_once(8, |n| {
        let db = std::sync::Arc::clone(&db);
        async move {
            // In another order each time.
            let mut usage: Vec<_> = (1..40).map(|n| (key(n, n, None), 1)).collect();
            usage.rotate_left(n * 4);
            for _ in 0..5 {
                db.store.write_counters(&[], &usage, NOW).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(sums(&db, &all(UsageStep::Day), &[]).await[0].calls, 8 * 5 * 39);
}
