//! `/api/v1/audit`

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{both, id};

const PATH: &str = "/api/v1/audit";
const PARTNERS: &str = "/api/v1/partners";

/// The actions of a page, from the newest to the oldest.
fn actions(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect()
}

both!(
    async fn each_change_is_one_line_that_says_who_what_whence_and_why(desk) {
        let made = desk.admin.post(PARTNERS, json!({"name": "Acme"})).await.expect(201);
        let partner = made.json();
        let page = desk.admin.get(&format!("{PATH}?limit=1")).await.expect(200).json();
        let line = &page["items"][0];
        let seq = line["seq"].as_i64().unwrap();
        assert_eq!(seq, desk.changes().await);
        assert_eq!(line, &json!({
            "seq": seq,
            "at": "2026-11-23T04:00:00Z",
            "actor": {"kind": "token", "id": desk.admin.id},
            "address": "127.0.0.1",
            "request_id": made.header("x-request-id"),
            "action": "partner.created",
            "target": {"kind": "partner", "id": id(&partner)},
            "application_id": null,
            "partner_id": id(&partner),
            "details": line["details"],
        }));
    }
);

both!(
    async fn lines_are_found_by_every_filter(desk) {
        let admin = &desk.admin;
        let alice = desk.developer("alice").await;
        let acme = admin.make(PARTNERS, json!({"name": "Acme"})).await;
        desk.clock.advance(Duration::from_secs(60));
        let path = format!("{PARTNERS}/{}", id(&acme));
        admin.put(&format!("{path}/members/{}", alice.id), json!({"role": "OWNER"})).await.expect(200);
        desk.clock.advance(Duration::from_secs(60));
        let changed = alice.patch(&path, json!({"description": "x"})).await.expect(200);
        admin.make(PARTNERS, json!({"name": "Other"})).await;

        let acme = id(&acme);
        let found = async |filter: String| {
            let page = admin.get(&format!("{PATH}?{filter}")).await.expect(200).json();
            actions(&page).join(" ")
        };
        assert_eq!(found(format!("target_id={acme}")).await, "partner.updated partner.member_added partner.created");
        assert_eq!(found(format!("partner_id={acme}&actor_id={}", alice.id)).await, "partner.updated");
        assert_eq!(found(format!("request_id={}", changed.header("x-request-id"))).await, "partner.updated");
        assert_eq!(found("action=partner.created".to_owned()).await, "partner.created partner.created");
        let middle = "target_kind=partner&since=2026-11-23T04:01:00Z&until=2026-11-23T04:02:00Z";
        assert_eq!(found(middle.to_owned()).await, "partner.member_added");
        assert_eq!(found(format!("application_id={acme}")).await, "");
        assert_eq!(found("action=partner.%25".to_owned()).await, "");
    }
);

both!(
    async fn lines_come_in_pages(desk) {
        for name in ["A", "B", "C"] {
            desk.admin.make(PARTNERS, json!({"name": name})).await;
        }
        let mut next = format!("{PATH}?limit=2");
        let mut numbers = Vec::new();
        loop {
            let page = desk.admin.get(&next).await.expect(200).json();
            numbers.extend(page["items"].as_array().unwrap().iter().map(|line| line["seq"].as_i64().unwrap()));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{PATH}?limit=2&cursor={cursor}");
        }
        let expected: Vec<i64> = (1..=desk.changes().await).rev().collect();
        assert_eq!(numbers, expected, "without gaps");
    }
);

both!(
    async fn a_149_only_administrators_with_the_scope_read_it_and_wrong_filters_are_named(desk) {
        let admin = &desk.admin;
        admin.get(&format!("{PATH}?since=yesterday")).await.names("since");
        admin.get(&format!("{PATH}?actor_id=x")).await.names("actor_id");
        admin.get(&format!("{PATH}?actor_id=%7B{}%7D", admin.id)).await.names("actor_id");
        admin.get(&format!("{PATH}?sort=seq")).await.names("sort");
        admin.get(&format!("{PATH}?action=a&action=b")).await.names("action");
        desk.token(&["audit:read"]).await.get(PATH).await.expect(200);
        desk.token(&["partners:write"]).await.get(PATH).await.problem(403, "forbidden");
        desk.developer("alice").await.get(PATH).await.problem(403, "forbidden");
        desk.anonymous().get(PATH).await.problem(401, "unauthenticated");
    }
);
