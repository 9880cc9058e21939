//! What happens around every request.

use std::time::Duration;

use app::Settings;
use keywright_server::Options;
use reqwest::Method;
use serde_json::json;

use crate::support::{Desk, Engine, both, id};

/// What browsers are told about https.
async fn told(public_url: &str) -> Vec<String> {
    let options = Options { public_url: public_url.to_owned(), ..Options::default() };
    let desk = Desk::start_with(Engine::Sqlite, Settings::default(), options).await;
    let mut told = Vec::new();
    for path in ["/", "/api/v1/partners", "/healthz", "/nowhere", "/assets/none"] {
        told.push(desk.anonymous().get(path).await.header("strict-transport-security").to_owned());
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_by_https_is_told_to_come_by_nothing_else() {
    assert_eq!(told("https://keys.example.com").await, ["max-age=31536000"; 5]);
    assert_eq!(told("http://127.0.0.1:8080").await, [""; 5]);
}

both!(
    async fn p_22_who_tried_what_they_may_not_is_on_record(desk) {
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
        let (alice, reader) = (desk.developer("alice").await, desk.token(&["partners:read"]).await);
        let path = format!("/api/v1/partners/{}", id(&partner));
        let before = desk.changes().await;
        let refused = reader.patch(&path, json!({"description": "mine"})).await;
        let request = refused.header("x-request-id").to_owned();
        refused.problem(403, "forbidden");
        for _ in 0..5 {
            alice.delete(&path).await.problem(403, "forbidden");
        }
        desk.clock.advance(Duration::from_secs(1));
        alice.post("/api/v1/plans", json!({"name": "kw_pat_secret"})).await.problem(403, "forbidden");
        // What is not refused, or by whom nobody knows, is not noted.
        reader.get(&path).await.expect(200);
        alice.get(&path).await.problem(404, "not_found");
        desk.anonymous().delete(&path).await.problem(401, "unauthenticated");
        // It is written by housekeeping, and not in the way of the request.
        desk.assert_nothing_happened(before).await;
        desk.app.flush().await.unwrap();
        let lines = desk.admin.get("/api/v1/audit?action=access.refused").await.expect(200).json();
        let lines = lines["items"].as_array().unwrap();
        let told: Vec<_> = lines.iter().rev().map(|line| (&line["details"], &line["actor"]["id"])).collect();
        let details = |act: &str, count: u64| json!({"act": act, "code": "forbidden", "count": count});
        assert_eq!(
            told,
            [
                (&details("PATCH /api/v1/partners/{id}", 1), &json!(reader.id)),
                (&details("DELETE /api/v1/partners/{id}", 5), &json!(alice.id)),
                (&details("POST /api/v1/plans", 1), &json!(alice.id)),
            ]
        );
        let of_request = desk.admin.get(&format!("/api/v1/audit?request_id={request}")).await.expect(200).json();
        assert_eq!(of_request["items"].as_array().unwrap().len(), 1);
        assert_eq!(of_request["items"][0]["target"]["id"], partner["id"]);

        // Trying all day does not fill the log.
        let before = desk.changes().await;
        for n in 0..60 {
            let path = format!("/api/v1/plans/00000000-0000-7000-8000-0000000000{n:02}");
            alice.send(Method::PATCH, &path, &[("if-match", "*")], Some(&json!({}))).await.problem(403, "forbidden");
            if n % 20 == 0 {
                desk.app.flush().await.unwrap();
            }
        }
        desk.app.flush().await.unwrap();
        let written = desk.changes().await - before;
        assert!((8..=14).contains(&written), "{written} lines");
        let left_out = desk.admin.get("/api/v1/audit?action=access.refusals_left_out").await.expect(200).json();
        assert!(left_out["items"].as_array().unwrap().iter().any(|line| line["details"]["count"].as_u64() > Some(10)));
    }
);
