//! Password, implicit and hybrid: off, and on.

use domain::GrantType::{AuthorizationCode, Hybrid, Implicit, Password, RefreshToken};

use super::authorize::claims;
use super::{Rp, VERIFIER};
use crate::support::both;
use crate::web::Browser;

fn on() -> app::Settings {
    let mut settings = app::Settings::default();
    settings.oauth.legacy_grants = vec![Password, Implicit, Hybrid];
    settings
}

both!(
    async fn what_is_off_does_not_exist(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let fields = [("grant_type", "password"), ("username", "alice@example.com"), ("password", "alice likes violet umbrellas"), ("scope", "openid")];
        rp.token(&fields).await.refuses(400, "unsupported_grant_type");
        for kind in ["token", "id_token", "code id_token", "code token"] {
            assert_eq!(rp.come_back(&browser, &[("response_type", kind)]).await["error"], "unsupported_response_type");
        }
    }
);

both!(
    async fn a_password_gets_tokens_and_counts_as_a_guess(desk, on()) {
        let rp = Rp::with(&desk, "alice", |draft| draft.grant_types = vec![Password, RefreshToken]).await;
        let ask = async |password: &str| {
            rp.token(&[("grant_type", "password"), ("username", "alice@example.com"), ("password", password), ("scope", "openid email")]).await
        };
        let tokens = ask("alice likes violet umbrellas").await.expect(200).json();
        assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
        rp.userinfo(tokens["access_token"].as_str().unwrap()).await.expect(200);
        for _ in 0..5 {
            ask("wrong").await.refuses(400, "invalid_grant");
        }
        ask("wrong").await.refuses(429, "slow_down");
        // The same counter at the other door.
        let body = serde_json::json!({"email": "alice@example.com", "password": "wrong"});
        desk.anonymous().post("/api/v1/account/sessions", body).await.problem(429, "too_many_attempts");
    }
);

both!(
    async fn implicit_and_hybrid_answers_come_in_the_fragment(desk, on()) {
        let rp = Rp::with(&desk, "alice", |draft| draft.grant_types = vec![AuthorizationCode, Implicit, Hybrid]).await;
        let browser = Browser::of(&desk, &rp.owner);
        let answer = rp.allow(&browser, &[("response_type", "token")]).await;
        assert!(answer.header("location").starts_with("https://rp.test/cb#"), "{}", answer.header("location"));
        let back = answer.back();
        assert_eq!((back["token_type"].as_str(), back["state"].as_str(), back["scope"].as_str()), ("Bearer", "s1", "openid email"));
        assert!(!back.contains_key("refresh_token"));
        rp.userinfo(&back["access_token"]).await.expect(200);
        let back = rp.come_back(&browser, &[("response_type", "code id_token token")]).await;
        let said = claims(&serde_json::json!({"id_token": back["id_token"]}));
        assert!(said.contains_key("at_hash") && said.contains_key("c_hash") && said["nonce"] == "n1");
        rp.redeem(&back["code"]).await.expect(200);
        let query = rp.come_back(&browser, &[("response_type", "token"), ("response_mode", "query")]).await;
        assert_eq!(query["error"], "invalid_request");
        assert!(VERIFIER.len() >= 43);
    }
);
