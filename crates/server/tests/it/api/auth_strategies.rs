//! `/api/v1/auth-strategies`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{at_once, both, id, ids, one_was_made};
use crate::verifier;

const PATH: &str = "/api/v1/auth-strategies";

fn key_auth(name: &str, locations: Value) -> Value {
    json!({"name": name, "method": {"kind": "key_auth", "locations": locations}})
}

both!(
    async fn a_strategy_is_made_read_changed_and_deleted(desk) {
        let admin = &desk.admin;
        let sent = key_auth(" Partner key ", json!([{"header": "X-Partner-Key"}, {"query": "apikey"}]));
        let made = admin.post(PATH, sent).await.expect(201);
        let strategy = made.json();
        let path = format!("{PATH}/{}", id(&strategy));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        assert_eq!((&strategy["name"], &strategy["is_default"]), (&json!("Partner key"), &json!(false)));
        let method = json!({"kind": "key_auth", "locations": [{"header": "x-partner-key"}, {"query": "apikey"}]});
        assert_eq!(strategy["method"], method);
        assert_eq!(admin.get(&path).await.expect(200).json(), strategy);
        assert!(ids(&admin.get(PATH).await).contains(&id(&strategy).to_owned()));
        assert_eq!(ids(&admin.get(&format!("{PATH}?limit=1")).await).len(), 1);

        let change = json!({"method": {"kind": "key_auth", "locations": [{"header": "authorization"}]}});
        admin.send(Method::PATCH, &path, &[], Some(&change)).await.problem(428, "precondition_required");
        let changed = admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.expect(200);
        assert_eq!((changed.header("etag"), &changed.json()["method"]), ("\"v2\"", &change["method"]));
        assert_eq!(changed.json()["name"], "Partner key");
        admin.send(Method::PATCH, &path, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");
        admin.send(Method::DELETE, &path, &[("if-match", "\"v1\"")], None).await.problem(412, "stale");

        admin.delete(&path).await.expect(204);
        admin.get(&path).await.problem(404, "not_found");
        admin.patch(&path, change).await.problem(404, "not_found");
        admin.delete(&path).await.problem(404, "not_found");
        admin.post(&format!("{path}/make-default"), json!(null)).await.problem(404, "not_found");
    }
);

both!(
    async fn the_key_of_a_bridge_is_sealed_and_never_told(desk) {
        let admin = &desk.admin;
        let key = "bridge_key_0123456789";
        let method = |url: &str, key: Value| {
            let mut method = json!({"kind": "bridged_client_credentials", "issuer": "https://issuer.example.com",
                "bridge_url": url});
            if !key.is_null() {
                method["api_key"] = key;
            }
            json!({"name": "Elsewhere", "method": method})
        };
        let url = "https://bridge.example.com/dcr";
        let made = admin.make(PATH, method(&format!("{url}/"), json!(key))).await;
        let shown = json!({"kind": "bridged_client_credentials", "auth_methods": [], "scopes": [],
            "issuer": "https://issuer.example.com", "bridge_url": url, "event_hooks": true});
        assert_eq!(made["method"], shown);
        let path = format!("{PATH}/{}", id(&made));
        assert_eq!(admin.get(&path).await.expect(200).json(), made);
        // It stays when it is left out, but goes to no other address.
        let stays = json!({"name": "Other", "method": method(url, json!(null))["method"]});
        let changed = admin.patch(&path, stays).await.expect(200).json();
        assert_eq!(changed["name"], "Other");
        let before = desk.changes().await;
        let elsewhere = json!({"method": method("https://evil.example.com/", json!(null))["method"]});
        admin.patch(&path, elsewhere).await.names("method.api_key");
        admin.post(PATH, method(url, json!(null))).await.names("method.api_key");
        for short in ["x", "a b c d e f g h", "key\u{e4}aaaaaaaaaaaaaaa"] {
            admin.post(PATH, method(url, json!(short))).await.names("method.api_key");
        }
        for inside in ["https://127.0.0.1/", "https://[::1]/", "http://bridge.example.com/", "ftp://x/", ""] {
            admin.post(PATH, method(inside, json!(key))).await.names("method.bridge_url");
        }
        desk.assert_nothing_happened(before).await;
        let developer = desk.developer("ada").await;
        let seen = developer.get(&path).await.expect(200);
        for text in [seen.text, admin.get(PATH).await.text, desk.everything_kept().await] {
            assert!(!text.contains(key));
        }
        // Where it is not let out at all, making an application fails, and leaves nothing.
        let before = desk.changes().await;
        let body = json!({"name": "Shop", "auth_strategy_id": made["id"]});
        developer.post("/api/v1/applications", body).await.problem(502, "upstream_failed");
        desk.assert_nothing_happened(before).await;
        admin.delete(&path).await.expect(204);
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let admin = &desk.admin;
        let before = desk.changes().await;
        let locations = |locations: Value| admin.post(PATH, key_auth("x", locations));
        admin.post(PATH, key_auth("", json!([{"header": "x-key"}]))).await.names("name");
        admin.post(PATH, json!({"name": "x"})).await.names("method");
        admin.post(PATH, json!({"name": "x", "method": {"kind": "key_auth"}})).await.names("method.locations");
        admin.post(PATH, json!({"name": "x", "method": {"kind": "magic", "locations": []}})).await.names("method.kind");
        locations(json!([])).await.names("method.locations");
        locations(json!([{"cookie": "x"}])).await.names("method");
        locations(json!([{"header": "a b"}])).await.names("method.locations[0].header");
        locations(json!([{"query": ""}])).await.names("method.locations[0].query");
        locations(json!([{"header": "x-key"}, {"header": "X-KEY"}])).await.names("method.locations[1]");
        for reserved in ["Host", "cookie", "X-Forwarded-For", "x-keywright-application"] {
            locations(json!([{"header": reserved}])).await.names("method.locations[0].header");
        }
        let mut default = key_auth("x", json!([{"header": "x-key"}]));
        default["is_default"] = json!(true);
        admin.post(PATH, default).await.names("is_default");
        let mut more = key_auth("x", json!([{"header": "x-key"}]));
        more["method"]["also"] = json!(1);
        admin.post(PATH, more).await.names("method.also");
        admin.get(&format!("{PATH}?name_contains=x")).await.names("name_contains");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn there_is_always_one_default_and_it_cannot_be_deleted(desk) {
        let admin = &desk.admin;
        let first = ids(&admin.get(PATH).await).remove(0);
        let second = admin.make(PATH, key_auth("Second", json!([{"query": "key"}]))).await;
        let path = format!("{PATH}/{}", id(&second));
        admin.delete(&format!("{PATH}/{first}")).await.problem(409, "is_default");

        let made = admin.send(Method::POST, &format!("{path}/make-default"), &[], None).await.expect(200);
        assert_eq!((made.header("etag"), &made.json()["is_default"]), ("\"v2\"", &json!(true)));
        assert_eq!(admin.get(&format!("{PATH}/{first}")).await.json()["is_default"], json!(false));
        let before = desk.changes().await;
        let again = admin.send(Method::POST, &format!("{path}/make-default"), &[], None).await.expect(200);
        assert_eq!(again.header("etag"), "\"v2\"");
        desk.assert_nothing_happened(before).await;
        admin.delete(&path).await.problem(409, "is_default");

        let version = desk.version("/orders", json!({"auth_strategy_id": first})).await;
        admin.delete(&format!("{PATH}/{first}")).await.problem(409, "in_use");
        admin.delete(&format!("/api/v1/api-versions/{version}")).await.expect(204);
        admin.delete(&format!("{PATH}/{first}")).await.expect(204);
        assert_eq!(ids(&admin.get(PATH).await), [id(&second)]);
    }
);

both!(
    async fn f_49_of_many_at_once_one_gets_the_name(desk) {
        let names = ["Café", "Cafe\u{301}", "CAFÉ", "café"];
        let answers = at_once(12, |n| {
            let admin = desk.admin.clone();
            async move { admin.post(PATH, key_auth(names[n % 4], json!([{"query": "k"}]))).await }
        })
        .await;
        one_was_made(answers, "taken");
        assert_eq!(ids(&desk.admin.get(PATH).await).len(), 2);
    }
);

both!(
    async fn a_169_developers_look_and_administrators_change(desk) {
        let strategy = desk.admin.make(PATH, key_auth("Second", json!([{"query": "key"}]))).await;
        let path = format!("{PATH}/{}", id(&strategy));
        let reads = [
            (Method::GET, PATH.to_owned(), json!(null)),
            (Method::GET, path.clone(), json!(null)),
        ];
        let writes = [
            (Method::POST, PATH.to_owned(), key_auth("Third", json!([{"query": "key"}]))),
            (Method::PATCH, path.clone(), json!({"name": "Other"})),
            (Method::POST, format!("{path}/make-default"), json!(null)),
            (Method::DELETE, path.clone(), json!(null)),
        ];
        let alice = desk.developer("alice").await;
        let (reader, other) = (desk.token(&["auth-strategies:read"]).await, desk.token(&["plans:write"]).await);
        let before = desk.changes().await;
        desk.anonymous().is_refused(&reads, 401, "unauthenticated").await;
        desk.anonymous().is_refused(&writes, 401, "unauthenticated").await;
        alice.is_refused(&writes, 403, "forbidden").await;
        reader.is_refused(&writes, 403, "forbidden").await;
        other.is_refused(&reads, 403, "forbidden").await;
        other.is_refused(&writes, 403, "forbidden").await;
        desk.assert_nothing_happened(before).await;
        for user in [&alice, &reader] {
            assert_eq!(user.get(&path).await.expect(200).json(), strategy);
            assert_eq!(ids(&user.get(PATH).await.expect(200)).len(), 2);
        }
    }
);

both!(
    async fn calls_are_judged_by_a_changed_strategy_at_once(desk) {
        let strategy = desk.admin.make(PATH, key_auth("Header", json!([{"header": "x-here"}]))).await;
        let settings = json!({"auth_strategy_id": id(&strategy), "subscription_required": false});
        desk.version("/orders", settings).await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let with = |header: &str| verifier::call(&desk, "GET", "/orders/1", &[(header, &key)]).map(|_| ());
        assert_eq!((with("x-here"), with("x-there")), (Ok(()), Err("credential_missing")));
        let change = json!({"method": {"kind": "key_auth", "locations": [{"header": "x-there"}]}});
        desk.admin.patch(&format!("{PATH}/{}", id(&strategy)), change).await.expect(200);
        assert_eq!((with("x-here"), with("x-there")), (Err("credential_missing"), Ok(())));
    }
);
