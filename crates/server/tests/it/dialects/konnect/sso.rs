//! Signing in at an identity provider, as Konnect's portals do it.

use app::Settings;
use serde_json::json;

use super::{Client, cookies};
use crate::provider::{Provider, settings};
use crate::support::{Answer, Desk, both};
use crate::web::Browser;

const PATH: &str = "/api/v2/developer/authenticate/sso";
const CALLBACK: &str = "/api/v2/developer/authenticate/oidc-callback";

/// The whole way, there and back.
async fn sign_in(there: &Provider, browser: &mut Browser, path: &str) -> Answer {
    let sent = there.receives(browser, path).await;
    assert_eq!(sent["redirect_uri"], format!("http://127.0.0.1:8080{CALLBACK}"));
    let issuer: String = form_urlencoded::byte_serialize(there.issuer.as_bytes()).collect();
    browser.open(&format!("{CALLBACK}?code=c1&state={}&iss={issuer}", sent["state"])).await
}

fn of(desk: &Desk, answer: &Answer) -> Client {
    Client { cookie: cookies(answer), ..Client::nobody(desk) }
}

both!(
    async fn developers_sign_in_at_a_provider(desk, settings()) {
        let ada = Client::developer(&desk, "ada").await;
        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        let nobody = Client::nobody(&desk);
        assert_eq!(nobody.get("/api/v2/portal").await.is(200, "portal")["oidc_auth_enabled"], false);
        nobody.get(PATH).await.wrong(&["query returnTo invalid"]);
        let there = Provider::start(&desk, "corp", json!({})).await;
        assert_eq!(nobody.get("/api/v2/portal").await.is(200, "portal")["oidc_auth_enabled"], true);
        there.knows("s1", "ada@example.com");
        desk.admin.patch("/api/v1/portal", json!({"allowed_origins": ["https://portal.test"]})).await.expect(200);
        for (return_to, back) in [
            ("", "/?loginSuccess=true"),
            ("?returnTo=%2Flogin%3Fa%3Db", "/login?a=b&loginSuccess=true"),
            ("?returnTo=https%3A%2F%2Fportal.test%2Flogin", "https://portal.test/login?loginSuccess=true"),
            ("?returnTo=http%3A%2F%2F127.0.0.1%3A8080%2F", "http://127.0.0.1:8080/?loginSuccess=true"),
        ] {
            let mut browser = Browser::new(&desk);
            let answer = sign_in(&there, &mut browser, &format!("{PATH}{return_to}")).await;
            assert_eq!((answer.status.as_u16(), answer.header("location")), (302, back), "{}", answer.text);
            let client = of(&desk, &answer);
            assert_eq!(client.get("/api/v2/developer/me").await.is(200, "developer"), me);
            let renewed = client.send(reqwest::Method::POST, "/api/v2/developer/refresh", None).await.empty(204);
            of(&desk, &renewed).get("/api/v2/developer/me").await.is(200, "developer");
        }
    }
);

both!(
    async fn a_109_it_leads_back_to_known_places_only(desk, settings()) {
        let there = Provider::start(&desk, "corp", json!({})).await;
        let nobody = Client::nobody(&desk);
        let before = desk.changes().await;
        for place in [
            "x", "//evil.test", "/\\evil.test", "https://evil.test", "https://portal.test.evil.test/",
            "http://127.0.0.1:8080.evil.test/", "http://127.0.0.1:8080@evil.test/", "javascript:alert(1)", "/login#x",
        ] {
            let place: String = form_urlencoded::byte_serialize(place.as_bytes()).collect();
            nobody.get(&format!("{PATH}?returnTo={place}")).await.wrong(&["query returnTo invalid"]);
        }
        assert!(there.seen().is_empty());
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_115_a_117_whoever_is_not_let_in_gets_no_cookie(desk, Settings { approve_developers: false, ..settings() }) {
        let there = Provider::start(&desk, "corp", json!({})).await;
        let mut browser = Browser::new(&desk);
        let before = desk.changes().await;
        there.knows("s1", "grace@example.com");
        let refused = |answer: Answer| {
            assert!(answer.headers.get("set-cookie").is_none());
            answer.refused(401, "Unauthorized")
        };
        refused(sign_in(&there, &mut browser, PATH).await);
        // In another browser, twice, and at the other place of ours.
        let sent = there.receives(&mut browser, PATH).await;
        let issuer: String = form_urlencoded::byte_serialize(there.issuer.as_bytes()).collect();
        let back = format!("{CALLBACK}?code=c1&state={}&iss={issuer}", sent["state"]);
        refused(Browser::new(&desk).open(&back).await);
        browser.open(&there.back(&sent["state"])).await.page(400, "You are not signed in");
        refused(browser.open(&back).await);
        desk.assert_nothing_happened(before).await;
        // As after the right password: who waits is told so.
        let provider = format!("/api/v1/identity-providers/{}", there.id);
        desk.admin.patch(&provider, json!({"makes_developers": true})).await.expect(200);
        sign_in(&there, &mut browser, PATH).await.refused(401, "Approval Required");
        desk.admin.patch(&provider, json!({"enabled": false})).await.expect(200);
        Client::nobody(&desk).get(PATH).await.wrong(&["query returnTo invalid"]);
    }
);
