//! Lists in parts: complete and without doubles, whatever is written meanwhile.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keywright_store::{AuditFilter, PageRequest, PartnerFilter};
use uuid::Uuid;

use crate::harness::Db;
use crate::sample;

const BEFORE: usize = 40;

both!(every_partner_is_on_one_page_while_others_are_added);
async fn every_partner_is_on_one_page_while_others_are_added(db: Db) {
    let mut tx = db.tx().await;
    let mut before = HashSet::new();
    for n in 0..BEFORE {
        before.insert(tx.save(sample::partner(&format!("Partner {n}"))).await.unwrap().id);
    }
    tx.commit().await.unwrap();
    let db = Arc::new(db);
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (db, done) = (Arc::clone(&db), Arc::clone(&done));
        async move {
            let mut n = 0;
            while !done.load(Ordering::Relaxed) {
                db.save(sample::partner(&format!("Newcomer {n}"))).await.unwrap();
                n += 1;
            }
        }
    });
    for limit in [1, 7, 13, 1_000] {
        let seen = all_pages(&db, limit).await;
        let distinct: HashSet<_> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len(), "a partner is on two pages of {limit}");
        assert!(before.is_subset(&distinct), "a partner is on no page of {limit}");
        assert!(seen.is_sorted_by(|a, b| a > b), "the newest come first");
    }
    done.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}

async fn all_pages(db: &Db, limit: u64) -> Vec<domain::PartnerId> {
    let mut seen = Vec::new();
    let mut after: Option<Uuid> = None;
    loop {
        let request = PageRequest { after, limit };
        let page = db.store.read().partners(&PartnerFilter::default(), request).await.unwrap();
        assert!(page.items.len() as u64 <= limit);
        seen.extend(page.items.iter().map(|partner| partner.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return seen,
        }
    }
}

both!(there_is_a_next_page_only_if_there_is_more);
async fn there_is_a_next_page_only_if_there_is_more(db: Db) {
    let read = db.store.read();
    let first = |limit| read.partners(&NO_FILTER, PageRequest::first(limit));
    assert!(first(2).await.unwrap().next.is_none());
    for name in ["a", "b"] {
        db.save(sample::partner(name)).await.unwrap();
    }
    assert!(first(2).await.unwrap().next.is_none());
    assert!(first(1).await.unwrap().next.is_some());
    db.save(sample::partner("c")).await.unwrap();
    let page = first(2).await.unwrap();
    assert_eq!(page.next, page.items.last().map(|partner| partner.id.0));
    let nothing = PageRequest { after: Some(Uuid::nil()), limit: 2 };
    assert!(read.partners(&NO_FILTER, nothing).await.unwrap().items.is_empty());
}

const NO_FILTER: PartnerFilter = PartnerFilter { name_contains: None, member: None };

both!(audit_lines_come_in_parts_too);
async fn audit_lines_come_in_parts_too(db: Db) {
    for n in 0..7 {
        db.save(sample::partner(&format!("Partner {n}"))).await.unwrap();
    }
    let mut numbers = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest { after, limit: 3 };
        let page = db.store.read().audit_lines(&AuditFilter::default(), request).await.unwrap();
        numbers.extend(page.items.iter().map(|line| line.seq));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
    let absurd = PageRequest { after: Some(Uuid::max()), limit: 3 };
    let page = db.store.read().audit_lines(&AuditFilter::default(), absurd).await.unwrap();
    assert_eq!(page.items.len(), 3);
}
