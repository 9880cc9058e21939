//! The outbox of mails: each goes to one sender at a time.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{Email, Instant, Mail, MailId, MailState};
use keywright_store::{MailFilter, MailRecord, MailResult, PageRequest};
use testkit::tasks::at_once;
use uuid::Uuid;

use crate::harness::{Db, NOW, new};

const LEASE: Duration = Duration::from_secs(120);

async fn put(db: &Db, to: &str, state: MailState, created_at: Instant) -> MailId {
    let mail = Mail {
        id: new(),
        to: Email::parse(to).unwrap(),
        subject: "Grüße".to_owned(),
        text: String::new(),
        created_at,
    };
    let tx = db.tx().await;
    tx.put_mail(&mail, vec![1, 2, 3], state).await.unwrap();
    tx.commit().await.unwrap();
    mail.id
}

async fn one(db: &Db, id: MailId) -> MailRecord {
    db.store.read().mail(id).await.unwrap().unwrap()
}

both!(a_mail_goes_to_one_sender);
async fn a_mail_goes_to_one_sender(db: Db) {
    let mut put_in = HashSet::new();
    for n in 0..30 {
        put_in.insert(put(&db, &format!("ada{n}@example.com"), MailState::Waiting, NOW).await);
    }
    put(&db, "later@example.com", MailState::Waiting, NOW + Duration::from_micros(1)).await;
    put(&db, "kept@example.com", MailState::Kept, NOW).await;
    let db = Arc::new(db);
    let taken = at_once(6, |_| {
        let db = Arc::clone(&db);
        async move {
            let mut taken = Vec::new();
            // Nothing for one may mean that another holds the rest right now: ask again a few times.
            for _ in 0..20 {
                let mails = db.store.claim_mails(new(), NOW, LEASE, 3).await.unwrap();
                assert!(mails.len() <= 3 && mails.iter().all(|mail| mail.attempts == 1));
                taken.extend(mails.into_iter().map(|mail| mail.id));
            }
            taken
        }
    })
    .await
    .concat();
    assert_eq!(taken.len(), put_in.len(), "a mail went to two senders, or to none");
    assert_eq!(taken.into_iter().collect::<HashSet<_>>(), put_in);
}

both!(a_sender_that_fell_silent_loses_its_mails);
async fn a_sender_that_fell_silent_loses_its_mails(db: Db) {
    let id = put(&db, "ada@example.com", MailState::Waiting, NOW).await;
    let (slow, quick): (Uuid, Uuid) = (new(), new());
    let claim = async |who, at| db.store.claim_mails(who, at, LEASE, 5).await.unwrap().len();
    assert_eq!(claim(slow, NOW).await, 1);
    assert_eq!(claim(quick, NOW + LEASE - Duration::from_micros(1)).await, 0);
    assert_eq!(claim(quick, NOW + LEASE).await, 1);
    // What the slow one reports now is not believed.
    let failed = MailResult::Failed { error: "too late".to_owned() };
    db.store.finish_mail(id, slow, &failed, NOW + LEASE).await.unwrap();
    assert_eq!((one(&db, id).await.state, one(&db, id).await.attempts), (MailState::Waiting, 2));
    db.store.finish_mail(id, quick, &MailResult::Sent, NOW + LEASE).await.unwrap();
    let sent = one(&db, id).await;
    assert_eq!((sent.state, sent.sent_at, sent.last_error), (MailState::Sent, Some(NOW + LEASE), None));
    assert_eq!(claim(quick, NOW + LEASE * 10).await, 0);
}

both!(a_mail_is_tried_again_or_given_up);
async fn a_mail_is_tried_again_or_given_up(db: Db) {
    let id = put(&db, "ada@example.com", MailState::Waiting, NOW).await;
    let who: Uuid = new();
    let later = NOW + Duration::from_secs(600);
    let claim = async |at| db.store.claim_mails(who, at, LEASE, 5).await.unwrap().len();
    assert_eq!(claim(NOW).await, 1);
    let retry = MailResult::Retry { not_before: later, error: "450 busy".to_owned() };
    db.store.finish_mail(id, who, &retry, NOW).await.unwrap();
    let waits = one(&db, id).await;
    assert_eq!((waits.state, waits.not_before), (MailState::Waiting, later));
    assert_eq!(waits.last_error.as_deref(), Some("450 busy"));
    assert_eq!(claim(later - Duration::from_micros(1)).await, 0);
    assert_eq!(claim(later).await, 1);
    let failed = MailResult::Failed { error: "550 no such user".to_owned() };
    db.store.finish_mail(id, who, &failed, later).await.unwrap();
    assert_eq!(one(&db, id).await.state, MailState::Failed);
    assert_eq!(claim(later + LEASE * 10).await, 0);
}

both!(one_that_cannot_be_read_is_given_up_and_holds_up_no_other);
async fn one_that_cannot_be_read_is_given_up_and_holds_up_no_other(db: Db) {
    let spoilt = put(&db, "spoilt@example.com", MailState::Waiting, NOW).await;
    let good = put(&db, "ada@example.com", MailState::Waiting, NOW).await;
    db.sql("UPDATE mails SET recipient = 'nobody' WHERE recipient = 'spoilt@example.com'").await;
    let claim = async |at| db.store.claim_mails(new(), at, LEASE, 5).await.unwrap();
    let taken: Vec<_> = claim(NOW).await.into_iter().map(|mail| mail.id).collect();
    assert_eq!(taken, [good]);
    assert_eq!(claim(NOW + LEASE).await.len(), 1, "only the good one is still waiting");
    db.sql("UPDATE mails SET recipient = 'spoilt@example.com' WHERE recipient = 'nobody'").await;
    let given_up = one(&db, spoilt).await;
    assert_eq!(given_up.state, MailState::Failed);
    let why = format!("mails.recipient of {spoilt} holds an impossible value");
    assert_eq!(given_up.last_error.as_deref(), Some(&*why));
}

both!(the_mail_log_is_filtered_and_swept);
async fn the_mail_log_is_filtered_and_swept(db: Db) {
    let kept = put(&db, "Ada@example.com", MailState::Kept, NOW).await;
    let waiting = put(&db, "ada@example.com", MailState::Waiting, NOW).await;
    put(&db, "ben@example.com", MailState::Kept, NOW + Duration::from_secs(1)).await;
    let listed = async |to: Option<&str>, state| {
        let filter = MailFilter { to: to.map(|to| Email::parse(to).unwrap()), state };
        let page = db.store.read().mails(&filter, PageRequest::first(10)).await.unwrap();
        page.items.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(Some("ADA@example.com"), None).await, [waiting, kept]);
    assert_eq!(listed(Some("ada@example.com"), Some(MailState::Kept)).await, [kept]);
    assert_eq!(listed(None, None).await.len(), 3);
    let page = db.store.read().mails(&MailFilter::default(), PageRequest::first(2)).await.unwrap();
    let next = PageRequest { after: page.next, limit: 2 };
    let rest = db.store.read().mails(&MailFilter::default(), next).await.unwrap();
    assert_eq!((page.items.len(), rest.items.len(), rest.next), (2, 1, None));
    // One that waits is not swept, however old.
    assert_eq!(db.store.sweep_mails(NOW + Duration::from_micros(1)).await.unwrap(), 1);
    assert_eq!(listed(None, None).await.len(), 2);
    assert_eq!(one(&db, waiting).await.state, MailState::Waiting);
}
