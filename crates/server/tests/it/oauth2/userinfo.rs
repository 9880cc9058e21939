//! `/oauth2/userinfo`

use reqwest::Method;

use super::Rp;
use crate::support::{Answer, both};
use crate::web::Browser;

both!(
    async fn oidc_core_5_4_what_is_told_depends_on_the_scopes(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let told = async |scope: &str| {
            let tokens = rp.tokens(&browser, &[("scope", scope)]).await;
            let info = rp.userinfo(tokens["access_token"].as_str().unwrap()).await.expect(200).json();
            let mut names: Vec<String> = info.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names.join(" ")
        };
        assert_eq!(told("openid").await, "sub");
        assert_eq!(told("openid email").await, "email email_verified sub");
        assert_eq!(told("openid profile").await, "name preferred_username sub updated_at");
    }
);

both!(
    async fn a_066_a_041_tokens_come_once_by_the_right_way_and_are_access_tokens(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let tokens = rp.tokens(&browser, &[]).await;
        let token = tokens["access_token"].as_str().unwrap();
        let post = async |fields: &[(&str, &str)]| {
            Answer::of(crate::oauth2::form(desk.anonymous().request(Method::POST, "/oauth2/userinfo"), fields)).await
        };
        post(&[("access_token", token)]).await.expect(200);
        Answer::of(desk.anonymous().request(Method::POST, "/oauth2/userinfo").bearer_auth(token)).await.expect(200);
        let both = desk.anonymous().request(Method::POST, "/oauth2/userinfo").bearer_auth(token);
        Answer::of(crate::oauth2::form(both, &[("access_token", token)])).await.expect(400);
        desk.anonymous().get(&format!("/oauth2/userinfo?access_token={token}")).await.expect(400);
        let nothing = desk.anonymous().get("/oauth2/userinfo").await.expect(401);
        assert_eq!(nothing.header("www-authenticate"), "Bearer realm=\"keywright\"");
        for other in [tokens["id_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap(), rp.secret.as_deref().unwrap(), rp.owner.bearer.as_deref().unwrap(), "x"] {
            let refused = rp.userinfo(other).await.expect(401);
            assert!(refused.header("www-authenticate").contains("error=\"invalid_token\""), "{other}");
        }
        let scope = serde_json::json!({"name": "read", "kind": "plain"});
        desk.admin.make("/api/v1/oauth/scopes", scope).await;
        let other = Rp::with(&desk, "bob", |_| {}).await;
        let alone = other.token(&[("grant_type", "client_credentials"), ("scope", "read")]).await.expect(200).json();
        let refused = other.userinfo(alone["access_token"].as_str().unwrap()).await.expect(403);
        assert!(refused.header("www-authenticate").contains("insufficient_scope"));
        let no_openid = rp.tokens(&browser, &[("scope", "email")]).await;
        rp.userinfo(no_openid["access_token"].as_str().unwrap()).await.expect(403);
    }
);
