//! Which scripts of other sites may read answers (attack A-042).

use reqwest::Method;

use super::{REDIRECT, Rp, VERIFIER, form};
use crate::support::{Answer, Desk, both};
use crate::web::Browser;

const OWN: &str = "https://rp.test";
const EVIL: [&str; 5] =
    ["https://evil.test", "null", "https://rp.test.evil.test", "http://rp.test", "https://rp.test:444"];

/// A client that runs in a browser.
async fn public(desk: &Desk) -> Rp {
    Rp::with(desk, "alice", |draft| {
        *draft = domain::ClientDraft::of(domain::ClientType::SinglePage);
        draft.redirect_uris = vec![REDIRECT.to_owned()];
        draft.scopes = vec!["openid".to_owned(), "profile".to_owned()];
        draft.trusted = true;
    })
    .await
}

#[track_caller]
fn readable(answer: &Answer, by: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), by, "{} {}", answer.status, answer.text);
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let varies =
        answer.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("Origin"));
    assert!(varies, "caches must tell the places apart");
}

both!(
    async fn a_042_scripts_of_a_public_client_read_answers_from_their_own_place_only(desk) {
        let rp = public(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let redeem = async |origin: &str| {
            let code = rp.code(&browser, &[("scope", "openid profile")]).await;
            let fields = [
                ("grant_type", "authorization_code"),
                ("client_id", rp.client.client_id.as_str()),
                ("code", &code),
                ("redirect_uri", REDIRECT),
                ("code_verifier", VERIFIER),
            ];
            let request = desk.anonymous().request(Method::POST, "/oauth2/token").header("origin", origin);
            Answer::of(form(request, &fields)).await.expect(200)
        };
        let answer = redeem(OWN).await;
        readable(&answer, OWN);
        assert_eq!(answer.header("cache-control"), "no-store");
        for origin in EVIL {
            readable(&redeem(origin).await, "");
        }
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let userinfo = async |origin: &str, token: &str| {
            let request = desk.anonymous().request(Method::GET, "/oauth2/userinfo").bearer_auth(token);
            Answer::of(request.header("origin", origin)).await
        };
        let told = userinfo(OWN, &token).await.expect(200);
        readable(&told, OWN);
        assert_eq!(told.json()["preferred_username"], "alice");
        for origin in EVIL {
            readable(&userinfo(origin, &token).await, "");
        }
        readable(&userinfo(OWN, "unknown").await.expect(401), OWN);
        let revoke = async |origin: &str| {
            let request = desk.anonymous().request(Method::POST, "/oauth2/revoke").header("origin", origin);
            Answer::of(form(request, &[("client_id", &rp.client.client_id), ("token", &token)])).await.expect(200)
        };
        readable(&revoke(EVIL[0]).await, "");
        readable(&revoke(OWN).await, OWN);
    }
);

both!(
    async fn a_042_answers_to_clients_that_keep_secrets_are_read_by_no_script(desk) {
        let rp = Rp::new(&desk).await;
        for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"] {
            let request = desk.anonymous().request(Method::POST, path).header("origin", OWN);
            let request = request.basic_auth(&rp.client.client_id, rp.secret.as_deref());
            let answer = Answer::of(form(request, &[("grant_type", "client_credentials"), ("token", "x")])).await;
            assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        }
        // What is public anyway is readable everywhere.
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth2/jwks.json", "/oauth2/certs"] {
            assert_eq!(desk.anonymous().get(path).await.header("access-control-allow-origin"), "*", "{path}");
        }
    }
);

both!(
    async fn browsers_are_told_beforehand_what_scripts_of_known_places_may_send(desk) {
        let ask = async |path: &str, origin: &str| {
            let request = desk.anonymous().request(Method::OPTIONS, path).header("origin", origin);
            Answer::of(request.header("access-control-request-method", "POST")).await
        };
        // Nobody is known yet.
        assert_eq!(ask("/oauth2/token", OWN).await.header("access-control-allow-origin"), "");
        let rp = public(&desk).await;
        for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo"] {
            let answer = ask(path, OWN).await.expect(204);
            readable(&answer, OWN);
            assert!(answer.header("access-control-allow-methods").contains("POST"));
            assert!(answer.header("access-control-allow-headers").contains("authorization"));
            for origin in EVIL {
                let answer = ask(path, origin).await;
                readable(&answer, "");
                assert_eq!(answer.header("access-control-allow-methods"), "");
            }
        }
        for path in ["/oauth2/introspect", "/oauth2/authorize", "/api/v1/account"] {
            assert_eq!(ask(path, OWN).await.header("access-control-allow-origin"), "", "{path}");
        }
        // With the client goes its place.
        let caller = app::Caller::operator();
        desk.app.revoke_client(&caller, rp.client.application_id).await.unwrap();
        readable(&ask("/oauth2/token", OWN).await, "");
    }
);
