//! Searching finds the same on both engines: the text as it was typed, in any case and form.

use keywright_store::{ApiFilter, AuditFilter, DeveloperFilter, PageRequest, PartnerFilter};

use crate::harness::Db;
use crate::sample;

const NAMES: [&str; 12] = [
    "100% Juice",
    "1000 Juices",
    "under_score",
    "underXscore",
    "back\\slash",
    "Äpfel & Öl",
    "Straße 1",
    "Cafe\u{301} Zürich",
    "O'Reilly; DROP TABLE partners;--",
    "[a-z]* ?x",
    "ＡＣＭＥ wide",
    "Ω Kelvin",
];

/// Which names hold a text, in the order of the list.
async fn found(db: &Db, text: &str) -> Vec<&'static str> {
    let filter = PartnerFilter { name_contains: Some(text.to_owned()), ..PartnerFilter::default() };
    let page = db
        .store
        .read()
        .partners(&filter, PageRequest::first(50))
        .await
        .unwrap_or_else(|e| panic!("{text:?}: {e}"));
    let names: Vec<String> = page.items.iter().map(|partner| partner.name.to_string()).collect();
    let listed = |name: &&'static str| names.contains(&domain::Name::parse(name).unwrap().to_string());
    NAMES.into_iter().filter(listed).collect()
}

both!(a_search_finds_what_was_typed);
async fn a_search_finds_what_was_typed(db: Db) {
    for name in NAMES {
        db.save(sample::partner(name)).await.unwrap();
    }
    assert_eq!(found(&db, "").await, NAMES);
    for (text, expected) in [
        ("%", &["100% Juice"][..]),
        ("0%", &["100% Juice"]),
        ("_", &["under_score"]),
        ("R_S", &["under_score"]),
        ("\\", &["back\\slash"]),
        ("\\s", &["back\\slash"]),
        ("\\%", &[]),
        ("*", &["[a-z]* ?x"]),
        ("[A-Z]", &["[a-z]* ?x"]),
        ("?", &["[a-z]* ?x"]),
        ("JUICE", &["100% Juice", "1000 Juices"]),
        ("ÄPFEL", &["Äpfel & Öl"]),
        ("äpfel & ö", &["Äpfel & Öl"]),
        ("a\u{308}pfel", &["Äpfel & Öl"]),
        ("apfel", &[]),
        ("STRAßE", &["Straße 1"]),
        ("strasse", &[]),
        ("CAFÉ z", &["Cafe\u{301} Zürich"]),
        ("zu\u{308}rich", &["Cafe\u{301} Zürich"]),
        ("acme WIDE", &["ＡＣＭＥ wide"]),
        ("ω", &["Ω Kelvin"]),
        ("\u{212A}elvin", &["Ω Kelvin"]),
        ("' OR 1=1--", &[]),
        ("'", &["O'Reilly; DROP TABLE partners;--"]),
        ("DROP table", &["O'Reilly; DROP TABLE partners;--"]),
        // What no name can hold is in none of them; it is no error either.
        ("\0", &[]),
        ("juice\0", &[]),
        ("\n", &[]),
    ] {
        assert_eq!(found(&db, text).await, expected, "{text:?}");
    }
}

both!(a_long_pattern_is_no_error);
async fn a_long_pattern_is_no_error(db: Db) {
    db.save(sample::partner(&"a".repeat(120))).await.unwrap();
    for text in ["%a".repeat(5_000), "a".repeat(100_000), "\u{fdfa}".repeat(10_000)] {
        assert_eq!(found(&db, &text).await, [""; 0]);
    }
    let all = PartnerFilter { name_contains: Some("a".repeat(120)), ..PartnerFilter::default() };
    assert_eq!(db.store.read().partners(&all, PageRequest::first(5)).await.unwrap().items.len(), 1);
}

both!(people_are_found_by_name_and_address);
async fn people_are_found_by_name_and_address(db: Db) {
    db.save(sample::developer("Grace_H@Navy.example")).await.unwrap();
    db.save(sample::developer("graceXh@navy.example")).await.unwrap();
    for (text, count) in
        [("GRACE_h@", 1), ("navy.EXAMPLE", 2), ("ADA", 2), ("_", 1), ("nobody", 0), ("\0", 0)]
    {
        let filter = DeveloperFilter { text: Some(text.to_owned()), state: None };
        let page = db.store.read().developers(&filter, PageRequest::first(5)).await.unwrap();
        assert_eq!(page.items.len(), count, "{text:?}");
    }
}

both!(apis_and_audit_lines_are_found_without_surprises);
async fn apis_and_audit_lines_are_found_without_surprises(db: Db) {
    db.save(sample::api("Orders_1")).await.unwrap();
    for (text, count) in [("S_1", 1), ("s%1", 0), ("\0", 0)] {
        let filter = ApiFilter { name_contains: Some(text.to_owned()), ..ApiFilter::default() };
        let page = db.store.read().apis(&filter, PageRequest::first(5)).await.unwrap();
        assert_eq!(page.items.len(), count, "{text:?}");
    }
    for (action, count) in [("api.created", 1), ("api.%", 0), ("api.created\0", 0), ("' OR 1=1--", 0)] {
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
        let page = db.store.read().audit_lines(&filter, PageRequest::first(5)).await.unwrap();
        assert_eq!(page.items.len(), count, "{action:?}");
    }
    for (kind, count) in [("api", 1), ("\0", 0)] {
        let filter = AuditFilter { target_kind: Some(kind.to_owned()), ..AuditFilter::default() };
        let page = db.store.read().audit_lines(&filter, PageRequest::first(5)).await.unwrap();
        assert_eq!(page.items.len(), count, "{kind:?}");
    }
}
