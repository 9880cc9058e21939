//! `/api/v1/requests`

use domain::AddressRules;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, User, both, id, ids};

const PATH: &str = "/api/v1/requests";
const MISSING: &str = "00000000-0000-7000-8000-000000000000";

fn settings() -> app::Settings {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    app::Settings { outbound: AddressRules { allow_private }, ..app::Settings::default() }
}

/// A gateway with two APIs, whose endpoint is told what is asked.
struct World {
    alice: User,
    gateway: String,
    apis: Vec<String>,
}

impl World {
    async fn new(desk: &Desk) -> Self {
        let alice = desk.developer("alice").await;
        let gateway = id(&desk.admin.make("/api/v1/gateways", json!({"name": "X Gateway"})).await).to_owned();
        let mut apis = Vec::new();
        for name in ["Petstore", "Weather"] {
            let api = id(&desk.admin.make("/api/v1/apis", json!({"name": name})).await).to_owned();
            desk.admin.put(&format!("/api/v1/gateways/{gateway}/apis/{api}"), json!({})).await.expect(200);
            apis.push(api);
        }
        let endpoint = json!({"url": "http://127.0.0.1:39999/hook", "gateway_id": gateway});
        desk.admin.make("/api/v1/webhook-endpoints", endpoint).await;
        Self { alice, gateway, apis }
    }

    fn wish(&self, name: &str) -> Value {
        json!({"kind": "create", "name": name, "apis": self.apis, "custom": {"cost centre": "42"},
            "redirect_uris": ["https://shop.example.com/back"]})
    }
}

fn statuses(request: &Value) -> Vec<&str> {
    request["states"].as_array().unwrap().iter().map(|state| state["status"].as_str().unwrap()).collect()
}

both!(
    async fn what_is_asked_is_told_to_the_gateway_and_shown_with_its_story(desk, settings()) {
        let world = World::new(&desk).await;
        let answer = world.alice.post(PATH, world.wish("Pets")).await.expect(201);
        let made = answer.json();
        let path = format!("{PATH}/{}", id(&made));
        assert_eq!(answer.header("location"), path);
        assert_eq!((&made["status"], &made["kind"]), (&json!("approved"), &json!("create")));
        assert_eq!((&made["name"], &made["custom"]), (&json!("Pets"), &json!({"cost centre": "42"})));
        assert_eq!(made["gateway_id"], world.gateway);
        assert_eq!(made["requester"], json!({"developer": world.alice.id}));
        assert_eq!(statuses(&made), ["approved", "approved"]);
        let shown = world.alice.get(&path).await.expect(200).json();
        assert_eq!((shown["approval_id"].clone(), &shown["trace"][0]["kind"]), (Value::Null, &json!("asked")));
        assert_eq!(shown["trace"].as_array().unwrap().len(), 4);

        // What was told again is told again: the same event.
        let state = shown["states"][0]["id"].clone();
        let again = json!({"state": state});
        let retried = world.alice.post(&format!("{path}/retry"), again.clone()).await.expect(200).json();
        assert_eq!(retried["trace"].as_array().unwrap().last().unwrap()["kind"], "retried");
        assert_eq!(retried["states"][0]["event_id"], shown["states"][0]["event_id"]);
        let unknown = json!({"state": MISSING});
        let problem = world.alice.post(&format!("{path}/retry"), unknown).await.problem(400, "invalid");
        assert_eq!(problem["invalid_parameters"][0]["field"], "state");
        world.alice.delete(&path).await.problem(409, "not_pending");

        // Twice with one key is once.
        let key = [("idempotency-key", "k1")];
        let wish = world.wish("Once");
        let first = world.alice.send(Method::POST, PATH, &key, Some(&wish)).await.expect(201);
        let second = world.alice.send(Method::POST, PATH, &key, Some(&wish)).await.expect(201);
        assert_eq!((first.json()["id"].clone(), second.header("idempotent-replayed")), (second.json()["id"].clone(), "true"));

        // By each filter, and in pages.
        let all = ids(&world.alice.get(PATH).await);
        assert_eq!(all.len(), 2);
        let application = made["application_id"].as_str().unwrap();
        for filter in [format!("application_id={application}"), "limit=1".to_owned()] {
            assert_eq!(ids(&desk.admin.get(&format!("{PATH}?{filter}")).await).len(), 1, "{filter}");
        }
        for filter in ["kind=create", "status=approved", &format!("gateway_id={}", world.gateway)] {
            assert_eq!(ids(&desk.admin.get(&format!("{PATH}?{filter}")).await), all, "{filter}");
        }
        for filter in ["kind=delete", "status=completed", &format!("gateway_id={MISSING}")] {
            assert_eq!(ids(&desk.admin.get(&format!("{PATH}?{filter}")).await), [""; 0], "{filter}");
        }
    }
);

both!(
    async fn wrong_input_is_named(desk, settings()) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for (wish, field) in [
            (json!({"kind": "create", "name": "A", "apis": []}), "apis"),
            (json!({"kind": "create", "name": "A", "apis": [MISSING]}), "apis[0]"),
            (json!({"kind": "create", "name": "", "apis": world.apis}), "name"),
            (json!({"kind": "create", "name": "A", "apis": world.apis, "redirect_uris": ["nowhere"]}), "redirect_uris[0]"),
            (json!({"kind": "increase", "apis": world.apis}), "application"),
            (json!({"kind": "subscribe", "name": "A", "package": world.apis[0]}), "package"),
            (json!({"kind": "create", "name": "A", "apis": world.apis, "owner": "eve"}), "owner"),
            (json!({"name": "A"}), "kind"),
        ] {
            let problem = world.alice.post(PATH, wish.clone()).await.problem(400, "invalid");
            assert_eq!(problem["invalid_parameters"][0]["field"], field, "{wish}");
        }
        // Tools are no people.
        desk.admin.post(PATH, world.wish("Tool")).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_249_requests_are_their_makers_and_administrators(desk, settings()) {
        let world = World::new(&desk).await;
        let made = world.alice.make(PATH, world.wish("Pets")).await;
        let path = format!("{PATH}/{}", id(&made));
        let again = json!({"state": made["states"][0]["id"]});
        let bob = desk.developer("bob").await;
        let tool = desk.token(&["plans:write"]).await;
        let before = desk.changes().await;
        let requests = [
            (Method::GET, path.clone(), Value::Null),
            (Method::DELETE, path.clone(), Value::Null),
            (Method::POST, format!("{path}/retry"), again),
        ];
        bob.is_refused(&requests, 404, "not_found").await;
        desk.anonymous().is_refused(&requests, 401, "unauthenticated").await;
        tool.is_refused(&requests, 403, "forbidden").await;
        assert_eq!(ids(&bob.get(PATH).await), [""; 0]);
        desk.anonymous().get(PATH).await.problem(401, "unauthenticated");
        desk.anonymous().post(PATH, world.wish("Mine")).await.problem(401, "unauthenticated");
        tool.get(PATH).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
        desk.admin.get(&path).await.expect(200);
    }
);

both!(
    async fn f_37_a_gateway_that_never_answers_is_reminded_and_then_given_up(desk, settings()) {
        let world = World::new(&desk).await;
        let user = json!({"email": "x-gateway@example.com", "password": "many violet umbrellas in the rain"});
        desk.admin.post(&format!("/api/v1/gateways/{}/users", world.gateway), user).await.expect(201);
        let made = world.alice.make(PATH, world.wish("Pets")).await;
        let path = format!("{PATH}/{}", id(&made));
        for state in made["states"].as_array().unwrap() {
            let event = state["event_id"].as_str().unwrap().parse().unwrap();
            desk.app.accept_event(&app::Caller::operator(), event).await.unwrap();
        }
        let hours = async |hours: u64| {
            desk.clock.advance(std::time::Duration::from_secs(hours * 3_600));
            desk.app.sweep().await.unwrap();
            desk.admin.get(&path).await.expect(200).json()
        };
        let reminders = async || {
            let mails = desk.mails("x-gateway@example.com").await;
            mails.iter().filter(|(subject, _)| subject == "A request waits for your gateway").count()
        };
        assert_eq!((hours(23).await["status"].clone(), reminders().await), (json!("waiting_third_party"), 0));
        let late = hours(2).await;
        assert_eq!((late["status"].clone(), reminders().await), (json!("waiting_third_party"), 1));
        assert_eq!(late["trace"].as_array().unwrap().last().unwrap()["kind"], "reminded");
        // Once.
        hours(24).await;
        assert_eq!(reminders().await, 1);
        // That it was reminded gives it no more time.
        assert_eq!(hours(28 * 24 - 2).await["status"], "waiting_third_party");
        let over = hours(24).await;
        assert_eq!((statuses(&over), &over["status"]), (vec!["failed", "failed"], &json!("failed")));
        assert_eq!(desk.mails("alice@example.com").await[0].0, "Your request was given up");
        let state = json!({"state": over["states"][0]["id"]});
        desk.admin.post(&format!("{path}/retry"), state).await.expect(200);
    }
);
