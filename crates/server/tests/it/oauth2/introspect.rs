//! `/oauth2/introspect`, one test for each demand of RFC 7662; and what a JWT is made of (RFC 9068).

use domain::TokenFormat;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Rp, form};
use crate::support::{Answer, Desk, both};
use crate::web::Browser;

async fn ask(rp: &Rp, token: &str) -> Value {
    rp.post("/oauth2/introspect", &[("token", token)]).await.expect(200).json()
}

async fn token(desk: &Desk, rp: &Rp) -> String {
    let tokens = rp.tokens(&Browser::of(desk, &rp.owner), &[]).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

both!(
    async fn rfc7662_2_1_who_asks_must_prove_who_it_is_and_name_a_token(desk) {
        let rp = Rp::new(&desk).await;
        rp.post("/oauth2/introspect", &[]).await.refuses(400, "invalid_request");
        let token = token(&desk, &rp).await;
        let request = desk.anonymous().request(Method::POST, "/oauth2/introspect");
        Answer::of(form(request, &[("token", &token)])).await.refuses(401, "invalid_client");
        // The token itself proves nothing here.
        let request = desk.anonymous().request(Method::POST, "/oauth2/introspect").bearer_auth(&token);
        Answer::of(form(request, &[("token", &token)])).await.refuses(401, "invalid_client");
        desk.anonymous().get(&format!("/oauth2/introspect?token={token}")).await.expect(405);
        // RFC 7662 §2.1: a hint is a hint.
        for hint in ["access_token", "refresh_token", "nonsense"] {
            let answer = rp.post("/oauth2/introspect", &[("token", &token), ("token_type_hint", hint)]).await;
            assert_eq!(answer.json()["active"], true, "{hint}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
);

both!(
    async fn rfc7662_2_2_a_live_token_is_described_and_of_others_nothing_is_said(desk) {
        let rp = Rp::new(&desk).await;
        let other = Rp::with(&desk, "bob", |_| {}).await;
        let token = token(&desk, &rp).await;
        let told = ask(&rp, &token).await;
        assert_eq!((&told["active"], &told["client_id"]), (&json!(true), &json!(rp.client.client_id)));
        assert_eq!((&told["sub"], &told["scope"]), (&json!(rp.owner.id), &json!("openid email")));
        for name in ["exp", "iat"] {
            assert!(told[name].is_i64(), "{name}: {told}");
        }
        let nothing = json!({"active": false});
        // RFC 7662 §4: for whom it is not, it does not exist.
        assert_eq!(ask(&other, &token).await, nothing);
        for unknown in ["unknown", "kw_at_x", "a.b.c", ""] {
            let answer = rp.post("/oauth2/introspect", &[("token", unknown)]).await;
            if unknown.is_empty() {
                answer.refuses(400, "invalid_request");
            } else {
                assert_eq!(answer.expect(200).json(), nothing, "{unknown}");
            }
        }
        rp.post("/oauth2/revoke", &[("token", &token)]).await.expect(200);
        assert_eq!(ask(&rp, &token).await, nothing, "revoked");
        let expiring = self::token(&desk, &rp).await;
        desk.clock.advance(std::time::Duration::from_secs(3_600));
        assert_eq!(ask(&rp, &expiring).await, nothing, "expired");
    }
);

both!(
    async fn rfc9068_2_a_jwt_says_what_it_must(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.access_token_format = TokenFormat::Jwt).await;
        let token = token(&desk, &rp).await;
        // §2.1: its kind is said in the header, and it is signed by an asymmetric key that is published.
        let header = oauth::jose::header(&token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        let keys = desk.anonymous().get("/oauth2/jwks.json").await.json();
        let kid = header.kid.unwrap();
        assert!(keys["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid && key["alg"] == header.alg));
        // §2.2: iss, exp, aud, sub, client_id, iat, jti; §2.2.1 auth_time and acr; §2.2.3 scope.
        let claims = oauth::jose::peek(&token).unwrap();
        assert_eq!(claims["iss"], "http://127.0.0.1:8080");
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(rp.owner.id), &json!(rp.client.client_id)));
        assert_eq!(claims["scope"], "openid email");
        for name in ["exp", "iat", "auth_time"] {
            assert!(claims[name].is_i64(), "{name}");
        }
        assert!(claims["acr"].is_string());
        let other = oauth::jose::peek(&self::token(&desk, &rp).await).unwrap();
        assert_ne!(claims["jti"], other["jti"]);
        // §3: without a resource, the default audience.
        assert_eq!(claims["aud"], "http://127.0.0.1:8080");
        // §5: nothing about the person that no scope stands for, and no ID token's claims.
        for name in ["name", "email", "nonce", "at_hash"] {
            assert!(!claims.contains_key(name), "{name}");
        }
    }
);
