//! `/oauth2/revoke`, one test for each demand of RFC 7009.

use reqwest::Method;

use super::{Rp, form};
use crate::support::{Answer, both};
use crate::web::Browser;

fn text<'a>(tokens: &'a serde_json::Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {tokens}"))
}

both!(
    async fn rfc7009_2_1_the_token_is_required_and_the_client_proves_itself(desk) {
        let rp = Rp::new(&desk).await;
        let since = desk.changes().await;
        rp.post("/oauth2/revoke", &[]).await.refuses(400, "invalid_request");
        rp.post("/oauth2/revoke", &[("token", "a"), ("token", "b")]).await.refuses(400, "invalid_request");
        for wrong in [None, Some("wrong")] {
            let mut request = desk.anonymous().request(Method::POST, "/oauth2/revoke");
            if let Some(secret) = wrong {
                request = request.basic_auth(&rp.client.client_id, Some(secret));
            }
            let answer = Answer::of(form(request, &[("token", "a")])).await;
            answer.refuses(401, "invalid_client");
        }
        desk.anonymous().get("/oauth2/revoke?token=a").await.expect(405);
        desk.assert_nothing_happened(since).await;
    }
);

both!(
    async fn rfc7009_2_1_a_refresh_token_takes_its_access_tokens_along_and_hints_are_hints(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        for hint in ["refresh_token", "access_token", "nonsense"] {
            let tokens = rp.tokens(&browser, &[]).await;
            let fields = [("token", text(&tokens, "refresh_token")), ("token_type_hint", hint)];
            rp.post("/oauth2/revoke", &fields).await.expect(200);
            rp.refresh(text(&tokens, "refresh_token")).await.refuses(400, "invalid_grant");
            rp.userinfo(text(&tokens, "access_token")).await.expect(401);
        }
        let tokens = rp.tokens(&browser, &[]).await;
        rp.post("/oauth2/revoke", &[("token", text(&tokens, "access_token"))]).await.expect(200);
        rp.userinfo(text(&tokens, "access_token")).await.expect(401);
        rp.refresh(text(&tokens, "refresh_token")).await.expect(200);
    }
);

both!(
    async fn rfc7009_2_1_2_2_unknown_and_foreign_tokens_are_passed_over_in_silence(desk) {
        let rp = Rp::new(&desk).await;
        let other = Rp::with(&desk, "bob", |_| {}).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let since = desk.changes().await;
        for token in [text(&tokens, "access_token"), text(&tokens, "refresh_token"), "unknown", "kw_rt_x", "a.b.c"] {
            let answer = other.post("/oauth2/revoke", &[("token", token)]).await.expect(200);
            assert_eq!(answer.text, "");
        }
        desk.assert_nothing_happened(since).await;
        rp.userinfo(text(&tokens, "access_token")).await.expect(200);
        rp.refresh(text(&tokens, "refresh_token")).await.expect(200);
    }
);

both!(
    async fn a_065_rfc7009_2_2_1_where_nothing_can_be_kept_nothing_is_confirmed(desk) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        desk.lose_database().await;
        for name in ["access_token", "refresh_token"] {
            let answer = rp.post("/oauth2/revoke", &[("token", text(&tokens, name))]).await;
            assert_eq!(answer.status, 503, "{name}: {}", answer.text);
            assert_ne!(answer.header("retry-after"), "", "{name}");
        }
    }
);
