//! `/api/v1/refused-calls`

use std::time::Duration;

use serde_json::{Value, json};

use crate::gateway::Call;
use crate::gateway::door::Door;
use crate::support::both;

const PATH: &str = "/api/v1/refused-calls";

fn reasons(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|it| it["reason"].as_str().unwrap()).collect()
}

both!(
    async fn whoever_got_a_request_id_learns_why(desk) {
        let door = Door::open(&desk).await;
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let secret = "/orders/7?apikey=kw_key_secret&x=1";
        let refused = door.ask(&Call::get(secret).key(&key).header("X-Forwarded-For", "203.0.113.9")).await;
        refused.refused(403, "subscription_missing");
        door.ask(&Call::get("/orders").key("kw_key_nobody")).await.refused(401, "credential_unknown");
        door.ask(&door.good()).await;
        desk.app.flush().await.unwrap();

        let request = refused.header("x-keywright-request-id").to_owned();
        let one = alice.get(&format!("{PATH}/{request}")).await.expect(200).json();
        let version = one["api_version_id"].as_str().unwrap().to_owned();
        assert_eq!(one, json!({
            "id": request,
            "at": "2026-11-23T04:00:00Z",
            "status": 403,
            "reason": "subscription_missing",
            "detail": "The application is not subscribed to this API.",
            "application_id": application,
            "api_version_id": version,
            "method": "GET",
            "host": "api.example.com",
            "path": "/orders/7",
            "address": one["address"],
        }));
        bob.get(&format!("{PATH}/{request}")).await.problem(404, "not_found");
        bob.get(&format!("{PATH}?application_id={application}")).await.problem(404, "not_found");
        desk.anonymous().get(&format!("{PATH}/{request}")).await.problem(401, "unauthenticated");

        let get = async |user: &crate::support::User, query: &str| {
            user.get(&format!("{PATH}{query}")).await.expect(200).json()
        };
        assert_eq!(reasons(&get(&alice, "").await), ["subscription_missing"]);
        assert_eq!(reasons(&get(&bob, "").await), [] as [&str; 0]);
        assert_eq!(reasons(&get(&desk.admin, "").await), ["credential_unknown", "subscription_missing"]);
        assert_eq!(reasons(&get(&desk.admin, "?reason=credential_unknown").await), ["credential_unknown"]);
        assert_eq!(reasons(&get(&desk.admin, &format!("?api_version_id={version}&application_id={application}")).await), ["subscription_missing"]);
        let first = get(&desk.admin, "?limit=1").await;
        let next = format!("?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
        assert_eq!((reasons(&first), reasons(&get(&desk.admin, &next).await)), (vec!["credential_unknown"], vec!["subscription_missing"]));

        desk.clock.advance(Duration::from_secs(8 * 24 * 3600));
        desk.app.sweep().await.unwrap();
        assert_eq!(reasons(&get(&desk.admin, "").await), [] as [&str; 0]);
    }
);

both!(
    async fn a_flood_of_refused_calls_is_counted_and_kept_in_part(desk) {
        let door = Door::open(&desk).await;
        for n in 0..230 {
            door.ask(&Call::get(format!("/nowhere/{n}"))).await.refused(403, "api_unknown");
        }
        desk.app.flush().await.unwrap();
        let page = desk.admin.get(&format!("{PATH}?limit=200")).await.expect(200).json();
        assert_eq!((page["items"].as_array().unwrap().len(), page["next_cursor"].is_null()), (200, true));
        let until = "until=2026-11-24T00:00:00Z";
        let counted = desk.admin.get(&format!("/api/v1/usage?by=reason&{until}")).await.expect(200).json();
        assert_eq!((counted["items"][0]["reason"].as_str(), counted["items"][0]["calls"].as_u64()), (Some("api_unknown"), Some(230)));
    }
);
