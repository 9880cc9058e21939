//! Clients that another authorization server makes, by way of a bridge: a real little server, in a process of its own,
//! that does wrong what it is told to.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use app::Settings;
use domain::AddressRules;
use outbound::guarded::GuardedClient;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::process::{Program, free_port};

use super::{Client, fits, product};
use crate::support::{Answer, Desk, User, at_once, both, id};

const PATH: &str = "/api/v2/applications";
const KEY: &str = "bridge_key_0123456789";

/// The bridge, and the strategy that points at it.
struct Bridge {
    program: Option<Program>,
    port: u16,
    http: reqwest::Client,
    folder: tempfile::TempDir,
    strategy: String,
}

/// As installed, but for this machine: the bridge is on it.
fn settings() -> Settings {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    Settings { outbound: AddressRules { allow_private }, ..Settings::default() }
}

fn method(port: u16) -> Value {
    json!({
        "kind": "bridged_client_credentials",
        "issuer": "https://issuer.example.com",
        "auth_methods": ["client_credentials", "bearer"],
        "scopes": ["orders"],
        "bridge_url": format!("http://127.0.0.1:{port}/dcr/"),
        "api_key": KEY,
    })
}

impl Bridge {
    async fn start(desk: &Desk) -> Self {
        let rules = desk.app.settings().outbound.clone();
        let client = GuardedClient::new(rules, Vec::new()).unwrap().within(Duration::from_secs(10));
        let door = outbound::bridge::over(client).patience(Duration::from_secs(2));
        desk.app.open_bridge_door(door);
        let body = json!({"name": "Elsewhere", "method": method(free_port())});
        let folder = tempfile::tempdir().unwrap();
        let mut bridge = Self {
            program: None,
            port: free_port(),
            http: desk.http.clone(),
            folder,
            strategy: String::new(),
        };
        let made = desk.admin.make("/api/v1/auth-strategies", body).await;
        id(&made).clone_into(&mut bridge.strategy);
        let change = json!({"method": method(bridge.port)});
        desk.admin.patch(&format!("/api/v1/auth-strategies/{}", bridge.strategy), change).await.expect(200);
        bridge.up();
        bridge
    }

    fn up(&mut self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dialects/konnect/bridge.py");
        let mut command = Command::new(testkit::python::interpreter());
        command.arg(script).arg(self.port.to_string()).arg(KEY);
        let mut program = Program::start(&mut command, &self.folder.path().join("bridge.log"));
        program.wait_for_port(self.port);
        self.program = Some(program);
    }

    fn down(&mut self) {
        self.program = None;
    }

    async fn fault(&self, fault: Value) {
        let url = format!("http://127.0.0.1:{}/_fault", self.port);
        assert_eq!(self.http.put(url).json(&fault).send().await.unwrap().status(), 204);
    }

    async fn fine(&self) {
        self.fault(json!({"kind": "none"})).await;
    }

    /// Its clients by name, with their secrets, and the calls that it got.
    async fn seen(&self) -> (Value, Vec<Value>) {
        let url = format!("http://127.0.0.1:{}/_seen", self.port);
        let seen: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        (seen["clients"].clone(), seen["calls"].as_array().unwrap().clone())
    }

    async fn clients(&self) -> Vec<String> {
        self.seen().await.0.as_object().unwrap().keys().cloned().collect()
    }

    async fn calls(&self) -> Vec<String> {
        let calls = self.seen().await.1;
        calls.iter().map(|call| call["call"].as_str().unwrap().to_owned()).collect()
    }

    fn wish(&self, name: &str) -> Value {
        json!({"name": name, "auth_strategy_id": self.strategy})
    }
}

/// Nothing of it is here: not the name, not a credential, nothing in the audit log.
async fn nothing_is_left(desk: &Desk, client: &Client, before: i64) {
    desk.assert_nothing_happened(before).await;
    let page = client.get(PATH).await.is(200, "applications");
    assert_eq!(page["meta"]["page"]["total"], 0, "{page:#}");
}

/// The work at bridges, done until nothing is due.
async fn tend(desk: &Desk) {
    while desk.app.tend_bridges().await.unwrap() {
        desk.clock.advance(Duration::from_secs(1));
    }
}

both!(
    async fn a_client_is_made_where_the_bridge_leads_and_goes_with_its_application(desk, settings()) {
        let bridge = Bridge::start(&desk).await;
        let ada = Client::developer(&desk, "ada").await;
        let (_, version) =
            product(&desk, "Orders", json!({"approval": "automatic", "auth_strategy_id": bridge.strategy})).await;
        let path = format!("{PATH}/auth-strategies?filter[credential_type][eq]=client_credentials");
        let strategies = ada.get(&path).await.is(200, "strategies");
        assert_eq!(strategies["data"][0]["id"], json!(bridge.strategy));
        assert!(strategies["data"][0].get("available_scopes").is_none());

        let mut body = bridge.wish("Shop");
        body["redirect_uri"] = json!("https://shop.example.com/back");
        body["description"] = json!("Sells");
        let made = ada.post(PATH, body).await.is(201, "application_made");
        let client = made["credentials"]["client_id"].as_str().unwrap().to_owned();
        assert_eq!(made["reference_id"], json!(client));
        let (clients, calls) = bridge.seen().await;
        assert_eq!(clients[&client], made["credentials"]["client_secret"]);
        assert_eq!(calls.len(), 1, "{calls:#?}");
        let portal = ada.get("/api/v2/portal").await.is(200, "portal");
        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        assert_eq!(portal["dcr_provider_ids"], json!([bridge.strategy]));
        assert_eq!(calls[0]["call"], "POST /");
        assert_eq!(calls[0]["body"], json!({
            "client_name": "Shop",
            "application_description": "Sells",
            "redirect_uris": ["https://shop.example.com/back"],
            "grant_types": ["client_credentials"],
            "scopes": ["orders"],
            "token_endpoint_auth_method": "client_secret_basic",
            "portal_id": portal["portal_id"],
            "organization_id": portal["org_id"],
            "developer_id": me["id"],
            "auth_strategy_id": bridge.strategy,
            "dcr_provider_id": bridge.strategy,
        }));

        // A new secret, which only the other server knows.
        let place = format!("{PATH}/{}", id(&made));
        let form = ada.request(Method::POST, &format!("{place}/refresh-token"));
        let form = form.header("content-type", "application/x-www-form-urlencoded").body("");
        let replaced = Answer::of(form).await.is(201, "client_secret");
        assert_eq!(replaced["client_id"], json!(client));
        assert_eq!(bridge.seen().await.0[&client], replaced["client_secret"]);
        let (_, calls) = bridge.seen().await;
        let call = format!("POST /{}/new-secret", client.replace('/', "%2F"));
        assert_eq!((&calls[1]["call"], &calls[1]["length"]), (&json!(call), &json!("0")));
        for secret in [&made["credentials"]["client_secret"], &replaced["client_secret"]] {
            assert!(!desk.everything_kept().await.contains(secret.as_str().unwrap()));
            assert!(!ada.get(&place).await.text.contains(secret.as_str().unwrap()));
        }
        ada.post(&format!("{place}/credentials"), json!({})).await.wrong(&["path applicationId invalid"]);
        ada.patch(&place, json!({"reference_id": "other"})).await.wrong(&["body reference_id invalid"]);
        ada.patch(&place, json!({"scopes": ["orders"]})).await.wrong(&["body scopes dependent_fields"]);
        let scopes = format!("{place}/product-versions/{version}/granted-scopes");
        ada.get(&scopes).await.refused(422, "Unsupported IDP");

        // What becomes of it is told.
        ada.patch(&place, json!({"name": "Shop 2", "reference_id": client})).await.is(200, "application");
        let path = format!("{place}/registrations");
        let registered = ada.post(&path, json!({"product_version_id": version})).await.is(201, "registration");
        ada.delete(&format!("{path}/{}", id(&registered))).await.empty(204);
        tend(&desk).await;
        let (_, calls) = bridge.seen().await;
        let hook = format!("POST /{}/event-hook", client.replace('/', "%2F"));
        let told: Vec<&Value> = calls.iter().filter(|call| call["call"] == hook).map(|call| &call["body"]).collect();
        let kinds: Vec<&Value> = told.iter().map(|body| &body["event_type"]).collect();
        assert_eq!(kinds, ["update_application", "add_registration", "remove_registration"]);
        for body in &told {
            fits(body, "event_hook");
        }
        assert_eq!(told[0]["application_name"], "Shop 2");
        assert_eq!((&told[1]["api_product_version_id"], &told[1]["client_id"]), (&json!(version), &json!(client)));

        // It is deleted here at once, and there as soon as may be.
        ada.delete(&place).await.empty(204);
        ada.get(&place).await.refused(404, "Not Found");
        tend(&desk).await;
        assert_eq!(bridge.clients().await, [""; 0]);
        let strategy = format!("/api/v1/auth-strategies/{}", bridge.strategy);
        desk.admin.delete(&strategy).await.problem(409, "in_use");
    }
);

both!(
    async fn nothing_is_left_when_a_bridge_fails(desk, settings()) {
        let mut bridge = Bridge::start(&desk).await;
        let ada = Client::developer(&desk, "ada").await;
        let before = desk.changes().await;
        let faults = [
            json!({"kind": "status", "status": 500}),
            json!({"kind": "status", "status": 400}),
            json!({"kind": "status", "status": 302}),
            json!({"kind": "text", "text": "<html>welcome</html>"}),
            json!({"kind": "text", "text": "[]"}),
            json!({"kind": "text", "text": r#"{"client_id": 5, "client_secret": "x"}"#}),
            json!({"kind": "text", "text": r#"{"client_id": "..", "client_secret": "x"}"#}),
            json!({"kind": "text", "text": r#"{"client_id": "a\u0000b", "client_secret": "x"}"#}),
            json!({"kind": "hang_up"}),
            json!({"kind": "slow_before", "seconds": 4}),
        ];
        for fault in faults {
            bridge.fault(fault.clone()).await;
            let refused = ada.post(PATH, bridge.wish("Shop")).await.refused(502, "Bad Gateway");
            let told = refused.to_string();
            assert!(!told.contains("as was wished") && !told.contains("127.0.0.1"), "{fault}: {told}");
            nothing_is_left(&desk, &ada, before).await;
        }
        bridge.down();
        ada.post(PATH, bridge.wish("Shop")).await.refused(502, "Bad Gateway");
        nothing_is_left(&desk, &ada, before).await;

        // Another key than the bridge wants is a refusal as any other.
        bridge.up();
        let strategy = format!("/api/v1/auth-strategies/{}", bridge.strategy);
        let mut other = method(bridge.port);
        other["api_key"] = json!("another_key_0123456789");
        desk.admin.patch(&strategy, json!({"method": other})).await.expect(200);
        let before = desk.changes().await;
        ada.post(PATH, bridge.wish("Shop")).await.refused(502, "Bad Gateway");
        nothing_is_left(&desk, &ada, before).await;
        assert_eq!(bridge.clients().await, [""; 0]);
    }
);

both!(
    async fn what_would_be_refused_anyway_never_gets_to_the_bridge(desk, Settings {
        applications_per_developer: 1, ..settings()
    }) {
        let bridge = Bridge::start(&desk).await;
        let ada = Client::developer(&desk, "ada").await;
        let with = |name: &str, value: Value| {
            let mut body = bridge.wish("Shop");
            body[name] = value;
            body
        };
        ada.post(PATH, with("reference_id", json!("mine"))).await.wrong(&["body reference_id invalid"]);
        ada.post(PATH, with("scopes", json!(["orders"]))).await.wrong(&["body scopes dependent_fields"]);
        ada.post(PATH, with("name", json!("a\u{200b}"))).await.wrong(&["body name invalid"]);
        ada.post(PATH, with("redirect_uri", json!("javascript:x"))).await.wrong(&["body redirect_uri invalid"]);
        ada.application("First").await;
        ada.post(PATH, bridge.wish("Shop")).await.refused(403, "Forbidden");
        assert_eq!(bridge.calls().await, [""; 0]);
    }
);

both!(
    async fn clients_that_nobody_needs_are_removed_again(desk, settings()) {
        let bridge = Bridge::start(&desk).await;
        let ada = Client::developer(&desk, "ada").await;
        // It is made and its secret is not told: worth nothing to anybody.
        bridge.fault(json!({"kind": "none", "without": ["client_secret"]})).await;
        ada.post(PATH, bridge.wish("Shop")).await.refused(502, "Bad Gateway");
        assert_eq!(bridge.clients().await.len(), 1);
        bridge.fine().await;
        tend(&desk).await;
        assert_eq!(bridge.clients().await, [""; 0]);

        // It is made, and told when nobody waits any more.
        bridge.fault(json!({"kind": "slow_after", "seconds": 3})).await;
        ada.post(PATH, bridge.wish("Shop")).await.refused(502, "Bad Gateway");
        bridge.fine().await;
        let began = std::time::Instant::now();
        while !bridge.clients().await.is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "the late client is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
            tend(&desk).await;
        }

        // It has the name of one that an application has: that one stays.
        let made = ada.post(PATH, bridge.wish("Shop")).await.is(201, "application_made");
        bridge.fault(json!({"kind": "none", "client_id": made["reference_id"]})).await;
        ada.post(PATH, bridge.wish("Till")).await.refused(502, "Bad Gateway");
        bridge.fine().await;
        tend(&desk).await;
        assert_eq!(bridge.clients().await, [made["reference_id"].as_str().unwrap()]);
        let page = ada.get(PATH).await.is(200, "applications");
        assert_eq!(page["meta"]["page"]["total"], 1);
    }
);

both!(
    async fn a_bridge_that_is_down_does_not_keep_an_application(desk, settings()) {
        let mut bridge = Bridge::start(&desk).await;
        let ada = Client::developer(&desk, "ada").await;
        let made = ada.post(PATH, bridge.wish("Shop")).await.is(201, "application_made");
        let place = format!("{PATH}/{}", id(&made));
        // Rotation: the old secret stays, and nothing is noted.
        let before = desk.changes().await;
        let secret = bridge.seen().await.0[made["reference_id"].as_str().unwrap()].clone();
        for fault in [json!({"kind": "status", "status": 503}), json!({"kind": "text", "text": "{}"}),
            json!({"kind": "text", "text": r#"{"client_id": "other", "client_secret": "x"}"#}),
            json!({"kind": "slow_before", "seconds": 4})] {
            bridge.fault(fault).await;
            ada.send(Method::POST, &format!("{place}/refresh-token"), None).await.refused(502, "Bad Gateway");
        }
        desk.assert_nothing_happened(before).await;
        bridge.fine().await;
        assert_eq!(made["credentials"]["client_secret"], secret);

        // Deletion: done here, and there as soon as it is back.
        bridge.fault(json!({"kind": "status", "status": 500})).await;
        ada.delete(&place).await.empty(204);
        ada.get(&place).await.refused(404, "Not Found");
        tend(&desk).await;
        assert_eq!(bridge.clients().await.len(), 1);
        bridge.fine().await;
        // Not before its time.
        assert!(!desk.app.tend_bridges().await.unwrap());
        desk.clock.advance(Duration::from_secs(30));
        tend(&desk).await;
        assert_eq!(bridge.clients().await, [""; 0]);

        // One that is gone over there is gone.
        let made = ada.post(PATH, bridge.wish("Shop")).await.is(201, "application_made");
        bridge.down();
        bridge.up();
        ada.delete(&format!("{PATH}/{}", id(&made))).await.empty(204);
        tend(&desk).await;
        desk.admin.delete(&format!("/api/v1/auth-strategies/{}", bridge.strategy)).await.expect(204);
    }
);

both!(
    async fn clients_go_however_their_applications_go(desk, settings()) {
        let bridge = Bridge::start(&desk).await;
        let ada = Client::developer(&desk, "ada").await;
        ada.post(PATH, bridge.wish("Shop")).await.is(201, "application_made");
        ada.post(PATH, bridge.wish("Till")).await.is(201, "application_made");
        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        assert_eq!(bridge.clients().await.len(), 2);
        desk.admin.delete(&format!("/api/v1/developers/{}", id(&me))).await.expect(204);
        tend(&desk).await;
        assert_eq!(bridge.clients().await, [""; 0]);
    }
);

/// A tool that makes an application, with a key against doing it twice.
async fn make(user: &User, body: &Value) -> Answer {
    let headers = [("idempotency-key", "the-same-one")];
    user.send(Method::POST, "/api/v1/applications", &headers, Some(body)).await
}

both!(
    async fn the_management_api_makes_such_applications_too(desk, settings()) {
        let bridge = Bridge::start(&desk).await;
        let alice = desk.developer("alice").await;
        let mut body = bridge.wish("Shop");
        body["redirect_uri"] = json!("https://shop.example.com/back");
        let made = make(&alice, &body).await.expect(201).json();
        let client = made["reference"].as_str().unwrap();
        assert_eq!(bridge.seen().await.0[client], made["client_secret"]);
        // Sent twice, it is made once; the secret is shown again for a while.
        let again = make(&alice, &body).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.json(), made);
        assert_eq!(bridge.calls().await, ["POST /"]);
        let place = format!("/api/v1/applications/{}", id(&made));
        assert!(alice.get(&place).await.expect(200).json().get("client_secret").is_none());
        alice.patch(&place, json!({"reference": "other"})).await.names("reference");
        bridge.fault(json!({"kind": "status", "status": 500})).await;
        let refused = alice.post("/api/v1/applications", bridge.wish("Till")).await;
        refused.problem(502, "upstream_failed");
        bridge.fine().await;
        // Many at once: as many clients as applications.
        let strategy = bridge.strategy.clone();
        let answers = at_once(6, move |n| {
            let (alice, body) = (alice.clone(), json!({"name": format!("Shop {n}"), "auth_strategy_id": strategy}));
            async move { alice.post("/api/v1/applications", body).await.status }
        });
        assert!(answers.await.iter().all(|status| *status == 201));
        assert_eq!(bridge.clients().await.len(), 7);
    }
);
