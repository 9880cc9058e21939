//! `/api-versions/{id}/try`, through a real nginx.

use std::time::Duration;

use domain::AdministratorRole;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, error_of, tags};
use crate::gateway::{Front, Kind, Upstream, listen};
use crate::support::{Answer, Desk, User, both, id};

/// What can be tried, and what an evil specification says.
fn specification() -> Value {
    let id =
        json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "example": "17"}});
    let full = json!({"name": "full", "in": "query", "schema": {"type": "boolean"}});
    let order =
        json!({"properties": {"count": {"type": "integer", "minimum": 2}, "note": {"type": "string"}}});
    let body =
        json!({"required": true, "content": {"application/json": {"schema": order}, "text/plain": {}}});
    json!({
        "openapi": "3.1.0", "info": {"title": "Shop", "version": "1"},
        "paths": {
            "/orders/{id}": {
                "parameters": [id, full],
                "get": {"summary": "One order"},
                "put": {"summary": "Change it", "requestBody": body}
            },
            "/status": {"get": {"summary": "How it is"}, "trace": {}},
            "//evil.test/x": {"get": {}},
            "/../admin": {"get": {}},
            "/a?b=c": {"get": {}}
        }
    })
}

struct Shop {
    alice: User,
    browser: Browser,
    application: String,
    version: String,
    path: String,
    upstream: Upstream,
    _front: Front,
}

impl Shop {
    /// A version with a plan, which Alice's application is subscribed to, behind a real gateway.
    async fn open(desk: &Desk) -> Self {
        let upstream = Upstream::start().await;
        let front = Front::start(Kind::Nginx, listen(desk).await, upstream.address);
        let door = outbound::gateway::door(&format!("http://{}", front.address)).unwrap();
        desk.app.open_gateway_door(door);
        let plan = desk.plan("Free", false).await;
        let version = desk.version("/shop", json!({"plan_ids": [plan]})).await;
        let place = format!("/api/v1/api-versions/{version}/specification");
        let put = desk.admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&specification())).await;
        put.expect(200);
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        alice.make("/api/v1/subscriptions", wish).await;
        let browser = Browser::of(desk, &alice);
        let path = format!("/api-versions/{version}/try");
        Self { alice, browser, application, version, path, upstream, _front: front }
    }

    fn form(&self, method: &str, path: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("method", method), ("path", path)]);
        format!("{}?{}", self.path, query.finish())
    }

    /// Fills the form of an operation in, and sends it.
    async fn send(&self, (method, path): (&str, &str), fields: &[(&str, &str)]) -> Answer {
        self.browser.fill(&self.form(method, path), &self.path, fields).await
    }

    /// With a key for ten minutes.
    async fn send_as_application(&self, operation: (&str, &str), fields: &[(&str, &str)]) -> Answer {
        let own = [("proof", "application"), ("application_id", self.application.as_str())];
        self.send(operation, &[&own[..], fields].concat()).await
    }

    async fn credentials(&self) -> Vec<Value> {
        let path = format!("/api/v1/credentials?application_id={}", self.application);
        self.alice.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
    }
}

const ORDER: (&str, &str) = ("GET", "/orders/{id}");
const CHANGE: (&str, &str) = ("PUT", "/orders/{id}");
const STATUS: (&str, &str) = ("GET", "/status");

both!(
    async fn an_operation_is_called_with_a_key_that_lives_for_ten_minutes(desk) {
        let shop = Shop::open(&desk).await;
        let list = shop.browser.open(&shop.path).await.page(200, "Try it");
        assert!(list.text.contains("GET /orders/{id}") && !list.text.contains("TRACE"), "{}", list.text);
        let api = shop.browser.open(&format!("/api-versions/{}/specification", shop.version)).await.expect(200);
        assert!(api.text.contains(&shop.form(CHANGE.0, CHANGE.1).replace('&', "&#38;")), "{}", api.text);
        let page = shop.browser.open(&shop.form(CHANGE.0, CHANGE.1)).await.page(200, "Try PUT /orders/{id}");
        assert!(page.text.contains("value=\"17\"") && page.text.contains("&#34;count&#34;: 2"), "{}", page.text);

        let typed = [("p0", "a b"), ("p1", "true"), ("media_type", "application/json"), ("body", "{\"count\": 3}")];
        let done = shop.send_as_application(CHANGE, &typed).await.page(200, "Try PUT /orders/{id}");
        let saw = shop.upstream.saw();
        assert_eq!((&saw["method"], &saw["target"], &saw["body"]), (&json!("PUT"), &json!("/shop/orders/a%20b?full=true"), &json!("{\"count\": 3}")));
        let headers = &saw["headers"];
        assert_eq!(headers["content-type"], json!(["application/json"]));
        assert_eq!(headers["x-keywright-application-id"], json!([shop.application]));
        assert!(headers.get("cookie").is_none() && headers.get("referer").is_none(), "{headers}");
        let key = headers["x-api-key"][0].as_str().unwrap();
        assert!(key.starts_with("kw_key_"), "{headers}");
        assert!(done.text.contains("200 OK") && done.text.contains("content-type"), "{}", done.text);
        // The API told what it got, and its answer is shown as it is: what is in it is the API's own.
        assert!(done.text.replace(key, "").contains("YOUR_KEY"), "{}", done.text);
        assert!(done.text.contains("curl &#39;https://GATEWAY/shop/orders/a%20b?full=true&#39;"), "{}", done.text);
        assert!(done.text.contains("value=\"a b\""), "what was typed is still there: {}", done.text);
        let made = shop.credentials().await;
        assert_eq!((made.len(), &made[0]["name"], &made[0]["expires_at"]), (1, &json!("Try it"), &json!("2026-11-23T04:10:00Z")));
        let audit = desk.admin.get("/api/v1/audit?action=credential.issued").await.expect(200).json();
        assert_eq!(audit["items"][0]["actor"]["id"], json!(shop.alice.id));

        // The next call takes the same key, until it is over or somebody ends it.
        let before = desk.changes().await;
        shop.send_as_application(STATUS, &[]).await.expect(200);
        desk.assert_nothing_happened(before).await;
        assert_eq!(shop.upstream.saw()["headers"]["x-api-key"], json!([key]));
        shop.alice.post(&format!("/api/v1/credentials/{}/revoke", id(&made[0])), json!({})).await.expect(200);
        shop.send_as_application(STATUS, &[]).await.expect(200);
        assert_eq!(shop.upstream.seen().len(), 1);
        desk.clock.advance(Duration::from_secs(595));
        shop.send_as_application(STATUS, &[]).await.expect(200);
        assert_eq!(shop.upstream.seen().len(), 1);
        assert_eq!(shop.credentials().await.len(), 3);
    }
);

both!(
    async fn a_key_of_ones_own_is_sent_and_kept_nowhere_and_a_refusal_says_why(desk) {
        let shop = Shop::open(&desk).await;
        let refused = shop.send(STATUS, &[("proof", "none")]).await.expect(200);
        assert!(refused.text.contains("401 Unauthorized") && refused.text.contains("The call carries no credential"), "{}", refused.text);
        let key = shop.alice.key(&shop.application).await;
        let before = desk.changes().await;
        let done = shop.send(STATUS, &[("proof", "key"), ("secret", &key)]).await.expect(200);
        assert!(done.text.contains("200 OK"), "{}", done.text);
        let inputs = tags(&done.text, "input");
        assert!(inputs.iter().all(|it| !it.contains(&key)), "it is typed again: {inputs:?}");
        assert_eq!(shop.upstream.saw()["headers"]["x-api-key"], json!([key]));
        desk.assert_nothing_happened(before).await;
        // Another application of hers is not subscribed.
        let other = id(&shop.alice.make("/api/v1/applications", json!({"name": "Other"})).await).to_owned();
        let key = shop.alice.key(&other).await;
        let refused = shop.send(STATUS, &[("proof", "key"), ("secret", &key)]).await.expect(200);
        assert!(refused.text.contains("403 Forbidden") && refused.text.contains("not subscribed to this API"), "{}", refused.text);
        let link = refused.text.split("href=\"").find(|it| it.starts_with("/refused-calls/")).unwrap();
        let why = shop.browser.open(link.split('"').next().unwrap()).await.page(200, "Why was this refused?");
        assert!(why.text.contains("Subscribe the application"), "{}", why.text);
        // Nobody knows whose a wrong one is: there is nothing to look at.
        let wrong = shop.send(STATUS, &[("proof", "key"), ("secret", "wrong")]).await.expect(200);
        assert!(wrong.text.contains("The credential is not known here.") && !wrong.text.contains("/refused-calls/"), "{}", wrong.text);
        shop.upstream.saw_nothing();
    }
);

both!(
    async fn a_221_nothing_that_is_typed_leads_elsewhere(desk) {
        let shop = Shop::open(&desk).await;
        let before = desk.changes().await;
        for wrong in ["", "..", ".", "../admin", "a/b", "..\\admin", "a\r\nX-Evil: 1", "\u{1}"] {
            let page = shop.send_as_application(ORDER, &[("p0", wrong)]).await.expect(400);
            assert!(!error_of(&page, "p0").is_empty(), "{wrong:?}");
        }
        let page = shop.send_as_application(ORDER, &[("p0", "1"), ("p1", "a\r\nX-Evil: 1")]).await.expect(400);
        assert!(error_of(&page, "p1").contains("control character"));
        for wrong in ["", "a b", "k\r\nHost: evil.test", "k\r\n\r\nGET /admin HTTP/1.1", "é", "k\u{0}"] {
            let fields = [("proof", "key"), ("secret", wrong), ("p0", "1")];
            let page = shop.send(ORDER, &fields).await.expect(400);
            assert!(!error_of(&page, "secret").is_empty(), "{wrong:?}");
            assert!(!page.text.contains("evil.test"));
        }
        desk.assert_nothing_happened(before).await;
        // An evil specification leads nowhere, either.
        for path in ["//evil.test/x", "/../admin", "/a?b=c"] {
            let page = shop.send_as_application(("GET", path), &[]).await.expect(400);
            assert!(page.text.contains("cannot be called from here"), "{path}: {}", page.text);
        }
        // What is no operation is not there.
        let csrf = shop.browser.csrf().await;
        for (method, path) in [("GET", "/admin"), ("DELETE", "/status"), ("TRACE", "/status"), ("GET", "http://evil.test/"), ("GET\r\nX: y", "/status"), ("", "")] {
            let fields = [("csrf", csrf.as_str()), ("method", method), ("path", path), ("proof", "none")];
            shop.browser.submit(&shop.path, &fields).await.page(404, "There is nothing here");
        }
        desk.assert_nothing_happened(before).await;
        shop.upstream.saw_nothing();
        // A type that the operation does not take is none.
        let typed = [("p0", "1"), ("media_type", "text/html\r\nX: y"), ("body", "x")];
        shop.send_as_application(CHANGE, &typed).await.expect(200);
        let saw = shop.upstream.saw();
        assert_eq!((&saw["body"], saw["headers"].get("content-type")), (&json!(""), None));
        let long = "x".repeat(64 * 1024 + 1);
        let page = shop.send_as_application(CHANGE, &[("p0", "1"), ("media_type", "text/plain"), ("body", &long)]).await.expect(400);
        assert!(error_of(&page, "body").contains("64 KiB"));
        shop.upstream.saw_nothing();
    }
);

both!(
    async fn a_223_what_an_api_answers_is_text(desk) {
        let shop = Shop::open(&desk).await;
        let evil = "</code><script>alert(1)</script><img src=x onerror=alert(2)>";
        let typed = [("p0", evil.replace('/', "").as_str()), ("p1", "true"), ("media_type", "text/plain"), ("body", evil)].map(|it| (it.0, it.1.to_owned()));
        let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = shop.send_as_application(CHANGE, &typed).await.expect(200);
        assert!(shop.upstream.saw()["body"].as_str().unwrap().contains("<script>"));
        assert!(page.text.contains("&#60;script&#62;alert(1)"), "{}", page.text);
        assert_eq!(page.text.matches("<script").count(), 1, "only our own: {}", page.text);
        assert!(!page.text.contains("<img"), "{}", page.text);
        // The command is one for every shell.
        let quoted = shop.send_as_application(CHANGE, &[("p0", "1"), ("media_type", "text/plain"), ("body", "it's $(id)")]).await;
        assert!(quoted.text.contains("--data-raw &#39;it&#39;\\&#39;&#39;s $(id)&#39;"), "{}", quoted.text);
    }
);

both!(
    async fn a_149_nobody_tries_with_what_is_somebody_else_s(desk) {
        let shop = Shop::open(&desk).await;
        let bob = desk.developer("bob").await;
        let theirs = bob.application().await;
        let browser = Browser::of(&desk, &bob);
        // Bob's own is not subscribed, and Alice's is not his: he has none to choose.
        let page = browser.open(&shop.form(STATUS.0, STATUS.1)).await.expect(200);
        assert!(!page.text.contains("application_id"), "{}", page.text);
        let csrf = browser.csrf().await;
        let before = desk.changes().await;
        for application in [theirs.as_str(), &shop.application, "nonsense", ""] {
            let fields = [("csrf", csrf.as_str()), ("method", "GET"), ("path", "/status"), ("proof", "application"), ("application_id", application)];
            let page = browser.submit(&shop.path, &fields).await.expect(400);
            assert!(page.text.contains("must be an application of yours"), "{}", page.text);
        }
        desk.assert_nothing_happened(before).await;
        // An administrator makes no keys for others unseen.
        let root = Browser::of_administrator(&desk).await;
        let csrf = root.csrf().await;
        let before = desk.changes().await;
        let fields = [("csrf", csrf.as_str()), ("method", "GET"), ("path", "/status"), ("proof", "application"), ("application_id", &shop.application)];
        root.submit(&shop.path, &fields).await.expect(400);
        desk.assert_nothing_happened(before).await;
        for (name, role) in [("looks", AdministratorRole::Auditor), ("decides", AdministratorRole::Approver)] {
            let other = Browser::of(&desk, &desk.administrator_as(name, role).await);
            let csrf = other.csrf().await;
            let before = desk.changes().await;
            let fields = [("csrf", csrf.as_str()), ("method", "GET"), ("path", "/status"), ("proof", "none")];
            other.submit(&shop.path, &fields).await.expect(403);
            desk.assert_nothing_happened(before).await;
        }
        // Strangers are sent to the door.
        let stranger = Browser::new(&desk);
        assert_eq!(stranger.open(&shop.form(STATUS.0, STATUS.1)).await.status, 303);
        let fields = [("method", "GET"), ("path", "/status"), ("proof", "none")];
        stranger.submit(&shop.path, &fields).await.page(403, "This is not possible");
        // What Bob may not see is not there.
        desk.admin.patch(&format!("/api/v1/api-versions/{}", shop.version), json!({"private": true})).await.expect(200);
        browser.open(&shop.form(STATUS.0, STATUS.1)).await.page(404, "There is nothing here");
        let csrf = browser.csrf().await;
        let fields = [("csrf", csrf.as_str()), ("method", "GET"), ("path", "/status"), ("proof", "none")];
        browser.submit(&shop.path, &fields).await.page(404, "There is nothing here");
        shop.upstream.saw_nothing();
    }
);

both!(
    async fn a_version_with_a_host_is_called_under_it_and_only_at_the_gateway(desk) {
        let shop = Shop::open(&desk).await;
        let version = format!("/api/v1/api-versions/{}", shop.version);
        desk.admin.patch(&version, json!({"hosts": ["shop.example.com"]})).await.expect(200);
        let done = shop.send_as_application(STATUS, &[]).await.expect(200);
        assert!(done.text.contains("200 OK"), "{}", done.text);
        let saw = shop.upstream.saw();
        assert!(saw["headers"]["host"][0].as_str().unwrap().starts_with("shop.example.com:"), "{saw}");
        // Keys in the query are looked for there, and elided in the command.
        let method = json!({"kind": "key_auth", "locations": [{"query": "api_key"}]});
        let strategy = desk.admin.make("/api/v1/auth-strategies", json!({"name": "Query", "method": method})).await;
        desk.admin.patch(&version, json!({"auth_strategy_id": id(&strategy)})).await.expect(200);
        let done = shop.send_as_application(STATUS, &[]).await.expect(200);
        let target = shop.upstream.saw()["target"].as_str().unwrap().to_owned();
        assert!(target.starts_with("/shop/status?api_key=kw_key_"), "{target}");
        assert!(done.text.contains("shop.example.com/shop/status?api_key=YOUR_KEY"), "{}", done.text);
    }
);

both!(
    async fn without_a_gateway_the_page_says_what_to_set(desk) {
        let plan = desk.plan("Free", false).await;
        let version = desk.version("/shop", json!({"plan_ids": [plan]})).await;
        let place = format!("/api/v1/api-versions/{version}/specification");
        desk.admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&specification())).await.expect(200);
        let alice = Browser::of(&desk, &desk.developer("alice").await);
        let path = format!("/api-versions/{version}/try");
        let page = alice.open(&format!("{path}?method=GET&path=/status")).await.page(200, "Try GET /status");
        assert!(page.text.contains("gateway.public_url") && !page.text.contains("name=\"proof\""), "{}", page.text);
        let csrf = alice.csrf().await;
        let fields = [("csrf", csrf.as_str()), ("method", "GET"), ("path", "/status"), ("proof", "none")];
        let page = alice.submit(&path, &fields).await.expect(409);
        assert!(page.text.contains("gateway.public_url"), "{}", page.text);
    }
);

#[tokio::test]
async fn a_229_nobody_makes_a_cannon_of_us() {
    let desk = Desk::start(crate::support::Engine::Sqlite, app::Settings::default()).await;
    // Nobody listens there.
    let nobody = testkit::process::free_port();
    desk.app.open_gateway_door(outbound::gateway::door(&format!("http://127.0.0.1:{nobody}")).unwrap());
    let version = desk.version("/shop", json!({})).await;
    let place = format!("/api/v1/api-versions/{version}/specification");
    desk.admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&specification())).await.expect(200);
    let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
    let path = format!("/api-versions/{version}/try");
    let send = async |browser: &Browser, csrf: &str| {
        browser
            .submit(&path, &[("csrf", csrf), ("method", "GET"), ("path", "/status"), ("proof", "none")])
            .await
    };
    let browser = Browser::of(&desk, &alice);
    let csrf = browser.csrf().await;
    let first = send(&browser, &csrf).await.expect(200);
    assert!(first.text.contains("nobody listens at gateway.public_url"), "{}", first.text);
    let mut refused = None;
    for _ in 0..40 {
        let answer = send(&browser, &csrf).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("it ends").expect(429);
    assert!(
        refused.text.contains("too many attempts") || refused.text.contains("Too many attempts"),
        "{}",
        refused.text
    );
    let browser = Browser::of(&desk, &bob);
    let csrf = browser.csrf().await;
    send(&browser, &csrf).await.expect(200);
}
