//! What may happen once only, under many who try at once.

use std::sync::Arc;
use std::time::Duration;

use domain::{Instant, SecretKind};
use keywright_store::{Claim, Claimed, OneTimeToken, PageRequest, PartnerFilter};
use testkit::tasks::at_once;

use crate::harness::{Db, NOW, new};
use crate::sample::{self, hash};

const CLAIM: Claim = Claim { key: [1; 32], fingerprint: [2; 32] };

both!(f_51_one_idempotency_key_has_one_effect);
async fn f_51_one_idempotency_key_has_one_effect(db: Db) {
    let db = Arc::new(db);
    let results = at_once(32, |n| {
        let db = Arc::clone(&db);
        async move {
            let mut tx = db.tx().await;
            let new = sample::partner(&format!("Partner {n}"));
            let id = new.after().id;
            let fingerprint = if n % 2 == 0 { CLAIM.fingerprint } else { [3; 32] };
            let claim = Claim { fingerprint, ..CLAIM };
            match tx.claim(&claim, id.0, Some(vec![n as u8])).await.unwrap() {
                Claimed::New => {
                    tx.save(new).await.unwrap();
                    tx.commit().await.unwrap();
                    (true, true, id.0, fingerprint)
                }
                Claimed::Done { same_request, result_id, sealed_secret, created_at } => {
                    assert_eq!((sealed_secret.map(|s| s.len()), created_at), (Some(1), NOW));
                    (false, same_request, result_id, fingerprint)
                }
            }
        }
    })
    .await;
    let made: Vec<_> = results.iter().filter(|(new, ..)| *new).collect();
    let [(_, _, winner, fingerprint)] = made[..] else { panic!("{} were made", made.len()) };
    for (new, same_request, id, theirs) in &results {
        assert_eq!(id, winner);
        assert!(*new || *same_request == (theirs == fingerprint));
    }
    let partners = db.store.read().partners(&PartnerFilter::default(), PageRequest::first(50)).await.unwrap();
    assert_eq!(partners.items.iter().map(|partner| partner.id.0).collect::<Vec<_>>(), [*winner]);
}

both!(a_claim_that_was_not_committed_is_free_again);
async fn a_claim_that_was_not_committed_is_free_again(db: Db) {
    let tx = db.tx().await;
    assert!(matches!(tx.claim(&CLAIM, new(), None).await.unwrap(), Claimed::New));
    drop(tx);
    let tx = db.tx().await;
    assert!(matches!(tx.claim(&CLAIM, new(), None).await.unwrap(), Claimed::New));
    tx.commit().await.unwrap();
    let tx = db.tx().await;
    assert!(matches!(tx.claim(&CLAIM, new(), None).await.unwrap(), Claimed::Done { same_request: true, .. }));
}

both!(secrets_and_keys_are_forgotten_in_time);
async fn secrets_and_keys_are_forgotten_in_time(db: Db) {
    let tx = db.tx().await;
    tx.claim(&CLAIM, new(), Some(vec![1])).await.unwrap();
    tx.commit().await.unwrap();
    let claimed = async || db.tx().await.claim(&CLAIM, new(), None).await.unwrap();
    let later = NOW + Duration::from_micros(1);
    assert_eq!(db.store.sweep_idempotency_keys(NOW, NOW).await.unwrap(), 0);
    assert!(matches!(claimed().await, Claimed::Done { sealed_secret: Some(_), .. }));
    assert_eq!(db.store.sweep_idempotency_keys(later, NOW).await.unwrap(), 0);
    assert!(matches!(claimed().await, Claimed::Done { sealed_secret: None, .. }));
    assert_eq!(db.store.sweep_idempotency_keys(later, later).await.unwrap(), 1);
    assert!(matches!(claimed().await, Claimed::New));
}

fn token(seed: u8, expires_at: Instant) -> OneTimeToken {
    let kind = SecretKind::Setup;
    OneTimeToken { hash: hash(seed), kind, developer_id: None, expires_at, used_at: None }
}

both!(f_47_a_one_time_secret_is_used_once);
async fn f_47_a_one_time_secret_is_used_once(db: Db) {
    let tx = db.tx().await;
    tx.put_one_time_token(&token(1, NOW + Duration::from_secs(60))).await.unwrap();
    tx.commit().await.unwrap();
    let db = Arc::new(db);
    let used = at_once(50, |n| {
        let db = Arc::clone(&db);
        async move {
            let tx = db.tx().await;
            let used = tx.use_one_time_token(&hash(1)).await.unwrap();
            // The first few change their minds: it is not used by that.
            if used && n % 5 == 0 {
                return false;
            }
            tx.commit().await.unwrap();
            used
        }
    })
    .await;
    assert_eq!(used.into_iter().filter(|used| *used).count(), 1);
    let kept = db.store.read().one_time_token(SecretKind::Setup, &[hash(1)]).await.unwrap().unwrap();
    assert_eq!(kept.used_at, Some(NOW));
    assert!(!kept.is_usable(NOW));
}

both!(a_one_time_secret_ends_by_time_and_by_its_successor);
async fn a_one_time_secret_ends_by_time_and_by_its_successor(db: Db) {
    let tx = db.tx().await;
    tx.put_one_time_token(&token(1, NOW)).await.unwrap();
    assert!(!tx.use_one_time_token(&hash(1)).await.unwrap(), "its time is over");
    tx.put_one_time_token(&token(2, NOW + Duration::from_micros(1))).await.unwrap();
    assert!(!tx.use_one_time_token(&hash(1)).await.unwrap(), "it has a successor");
    assert!(tx.use_one_time_token(&hash(2)).await.unwrap());
    // One that was used is remembered, so that its link can say so.
    tx.put_one_time_token(&token(3, NOW + Duration::from_secs(60))).await.unwrap();
    assert!(tx.read().one_time_token(SecretKind::Setup, &[hash(1)]).await.unwrap().is_none());
    assert!(tx.read().one_time_token(SecretKind::Setup, &[hash(2)]).await.unwrap().is_some());
    // A secret of one kind is none of another.
    assert!(tx.read().one_time_token(SecretKind::PasswordReset, &[hash(3)]).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert_eq!(db.store.sweep_one_time_tokens(NOW + Duration::from_secs(1)).await.unwrap(), 1);
    assert!(db.store.read().one_time_token(SecretKind::Setup, &[hash(3)]).await.unwrap().is_some());
}

/// Five are free, then one a minute.
fn delay(failures: u32) -> Duration {
    if failures < 5 { Duration::ZERO } else { Duration::from_secs(60) }
}

both!(attempts_at_once_do_not_outrun_the_counter);
async fn attempts_at_once_do_not_outrun_the_counter(db: Db) {
    let db = Arc::new(db);
    let key = [9; 32];
    let tries = |at: Instant| {
        let db = Arc::clone(&db);
        at_once(30, move |_| {
            let db = Arc::clone(&db);
            async move { db.store.take_attempt(&key, at, delay).await.unwrap() }
        })
    };
    let free = |answers: &[Option<Instant>]| answers.iter().filter(|answer| answer.is_none()).count();
    assert_eq!(free(&tries(NOW).await), 5);
    let minute = NOW + Duration::from_secs(60);
    let blocked = db.store.take_attempt(&key, minute - Duration::from_micros(1), delay).await.unwrap();
    assert_eq!(blocked, Some(minute));
    assert_eq!(free(&tries(minute).await), 1);
    // Another account is not concerned, and a good attempt makes all forgotten.
    assert_eq!(db.store.take_attempt(&[8; 32], NOW, delay).await.unwrap(), None);
    db.store.forgive_attempts(&key).await.unwrap();
    assert_eq!(free(&tries(minute).await), 5);
    assert_eq!(db.store.sweep_attempts(NOW + Duration::from_micros(1)).await.unwrap(), 1);
}

both!(one_master_key_for_one_database);
async fn one_master_key_for_one_database(db: Db) {
    let db = Arc::new(db);
    let answers = at_once(8, |n| {
        let db = Arc::clone(&db);
        async move {
            let noted = db.store.note_first_master_key(&[n as u8; 32]).await.unwrap();
            (n, noted[0].check_value == [n as u8; 32])
        }
    })
    .await;
    let accepted: Vec<_> = answers.into_iter().filter(|(_, ours)| *ours).collect();
    assert_eq!(accepted.len(), 1, "two nodes with two keys both took the database for theirs");
    let again = db.store.read().master_keys().await.unwrap()[0].check_value == [accepted[0].0 as u8; 32];
    assert!(again);
}
