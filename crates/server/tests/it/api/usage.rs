//! `/api/v1/usage`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{both, id};
use crate::verifier;

const PATH: &str = "/api/v1/usage";

/// What is told of each count, without what is null.
fn told(page: &Value) -> Vec<Value> {
    let items = page["items"].as_array().unwrap().iter().map(|item| {
        let known = item.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        known.map(|(name, value)| (name.clone(), value.clone())).collect()
    });
    items.collect()
}

both!(
    async fn calls_are_counted_for_those_whom_they_concern(desk) {
        let plan = desk.plan("Free", false).await;
        let version = desk.version("/orders", json!({"plan_ids": [plan]})).await;
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        let call = |key: &str| verifier::call(&desk, "GET", "/orders/1", &[("x-api-key", key)]);
        assert_eq!(call(&key).err(), Some("subscription_missing"));
        id(&alice.make("/api/v1/subscriptions", wish).await);
        for _ in 0..3 {
            call(&key).unwrap();
        }
        assert_eq!(call("kw_key_nobody").err(), Some("credential_unknown"));
        desk.app.flush().await.unwrap();
        let get = async |user: &crate::support::User, query: &str| {
            told(&user.get(&format!("{PATH}?{query}")).await.expect(200).json())
        };
        let all = get(&desk.admin, "step=minute&by=application,reason&until=2026-11-24T00:00:00Z").await;
        assert_eq!(
            all,
            [
                json!({"reason": "credential_unknown", "calls": 1}),
                json!({"application_id": application, "reason": "allowed", "calls": 3}),
                json!({"application_id": application, "reason": "subscription_missing", "calls": 1}),
            ]
        );
        let until = "until=2026-11-24T00:00:00Z";
        let mine = get(&alice, until).await;
        assert_eq!(mine, [json!({"began_at": "2026-11-23T04:00:00Z", "calls": 4})]);
        assert_eq!(get(&alice, &format!("by=status,plan&{until}&api_version_id={version}")).await, [
            json!({"status": 200, "plan_id": plan, "calls": 3}),
            json!({"status": 403, "calls": 1}),
        ]);
        assert_eq!(get(&bob, &format!("by=&{until}")).await, [] as [Value; 0]);
        assert_eq!(get(&desk.admin, "since=2026-11-23T05:00:00Z&until=2026-11-24T00:00:00Z").await, [] as [Value; 0]);
        bob.get(&format!("{PATH}?application_id={application}")).await.problem(404, "not_found");
        assert_eq!(get(&alice, &format!("application_id={application}&by=&{until}")).await, [json!({"calls": 4})]);
    }
);

both!(
    async fn wrong_questions_are_named_and_strangers_ask_in_vain(desk) {
        let admin = &desk.admin;
        admin.get(&format!("{PATH}?by=time,time")).await.names("by");
        admin.get(&format!("{PATH}?by=caller")).await.names("by");
        admin.get(&format!("{PATH}?step=week")).await.names("step");
        admin.get(&format!("{PATH}?since=yesterday")).await.names("since");
        admin.get(&format!("{PATH}?application_id=1")).await.names("application_id");
        admin.get(&format!("{PATH}?limit=1")).await.names("limit");
        let ask = [(Method::GET, PATH.to_owned(), json!(null))];
        desk.anonymous().is_refused(&ask, 401, "unauthenticated").await;
        desk.token(&["plans:write"]).await.is_refused(&ask, 403, "forbidden").await;
        desk.token(&["usage:read"]).await.get(PATH).await.expect(200);
    }
);
