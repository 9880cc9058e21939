//! Group C: refresh tokens.

use std::time::Duration;

use serde_json::Value;

use super::Rp;
use crate::support::{Answer, Desk, at_once, both};
use crate::web::Browser;

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap_or_else(|| panic!("no {name}: {tokens}"))
}

fn strict() -> app::Settings {
    let mut settings = app::Settings::default();
    settings.oauth.refresh_grace = Duration::ZERO;
    settings
}

async fn with(desk: &Desk, invalidate: bool, issue: bool) -> Rp {
    Rp::with(desk, "alice", |draft| {
        draft.refresh_invalidate_on_use = invalidate;
        draft.refresh_issue_new_on_use = issue;
    })
    .await
}

/// Whoever brings a token at the same time as nineteen others.
async fn twenty_at_once(rp: &Rp, token: &str) -> Vec<Answer> {
    at_once(20, |_| {
        let (rp, token) = (rp.clone(), token.to_owned());
        async move { rp.refresh(&token).await }
    })
    .await
}

both!(
    async fn the_two_settings_have_four_combinations(desk, strict()) {
        for (invalidate, issue, name) in [(false, false, "a"), (false, true, "b"), (true, true, "c"), (true, false, "d")] {
            let rp = Rp::with(&desk, name, |draft| {
                draft.refresh_invalidate_on_use = invalidate;
                draft.refresh_issue_new_on_use = issue;
            })
            .await;
            let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
            let first = text(&tokens, "refresh_token");
            let second = rp.refresh(first).await.expect(200).json();
            assert_eq!(second["refresh_token"].is_string(), issue, "{invalidate} {issue}");
            assert_ne!(second["refresh_token"], first);
            let again = rp.refresh(first).await;
            if invalidate {
                again.refuses(400, "invalid_grant");
            } else {
                again.expect(200);
            }
        }
    }
);

both!(
    async fn a_046_a_replaced_token_that_comes_again_ends_the_family(desk) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let first = text(&tokens, "refresh_token");
        let second = rp.refresh(first).await.expect(200).json();
        let third = rp.refresh(text(&second, "refresh_token")).await.expect(200).json();
        rp.refresh(first).await.refuses(400, "invalid_grant");
        rp.refresh(text(&third, "refresh_token")).await.refuses(400, "invalid_grant");
        for tokens in [&tokens, &second, &third] {
            rp.userinfo(text(tokens, "access_token")).await.expect(401);
        }
        let lines = desk.admin.get("/api/v1/audit?limit=5").await.expect(200).text;
        assert!(lines.contains("oauth_grant.refresh_reuse"), "{lines}");
    }
);

both!(
    async fn a_047_f_46_of_fifty_at_once_all_get_the_one_new_token(desk) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let first = text(&tokens, "refresh_token");
        let answers = at_once(50, |_| {
            let (rp, first) = (rp.clone(), first.to_owned());
            async move { rp.refresh(&first).await }
        })
        .await;
        let mut next: Vec<String> =
            answers.iter().filter(|it| it.status == 200).map(|it| text(&it.json(), "refresh_token").to_owned()).collect();
        assert!(!next.is_empty());
        next.sort();
        next.dedup();
        assert_eq!(next.len(), 1, "two chains");
        // Whoever lost the answer asks again within the minute, and gets the same.
        assert_eq!(text(&rp.refresh(first).await.expect(200).json(), "refresh_token"), next[0]);
        rp.refresh(&next[0]).await.expect(200);
    }
);

both!(
    // A token that is not for one use is redeemed as often as it comes: that is what the setting says. What A-047 asks for
    // holds all the same: there is one chain, every answer comes from the one grant, and all end with it.
    async fn a_047_a_token_for_many_uses_stays_the_only_one(desk) {
        let rp = with(&desk, false, false).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let first = text(&tokens, "refresh_token");
        let answers = twenty_at_once(&rp, first).await;
        let answers: Vec<Value> = answers.iter().filter(|it| it.status == 200).map(Answer::json).collect();
        assert!(!answers.is_empty() && answers.iter().all(|it| it["refresh_token"].is_null()), "a second chain");
        rp.userinfo(text(&answers[0], "access_token")).await.expect(200);
        rp.post("/oauth2/revoke", &[("token", first)]).await.expect(200);
        rp.refresh(first).await.refuses(400, "invalid_grant");
        for answer in answers.iter().chain([&tokens]) {
            rp.userinfo(text(answer, "access_token")).await.expect(401);
        }
        // Whoever proves nothing gets no such token.
        let public = rp.owner.make("/api/v1/applications", serde_json::json!({"name": "Public"})).await;
        let mut request = app::ClientRequest::of(domain::ClientType::Custom);
        request.draft.set_confidential(false);
        request.draft.refresh_invalidate_on_use = false;
        let refused = desk.app.create_client(&app::Caller::operator(), crate::support::id(&public).parse().unwrap(), request).await;
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }
);

both!(
    async fn a_047_within_the_grace_all_end_with_the_one_chain(desk) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let first = text(&tokens, "refresh_token");
        let answers = twenty_at_once(&rp, first).await;
        let answers: Vec<Value> = answers.iter().filter(|it| it.status == 200).map(Answer::json).collect();
        let next = text(&answers[0], "refresh_token");
        assert!(answers.iter().all(|it| text(it, "refresh_token") == next), "two chains");
        // The chain goes on; whoever brings the old one now has stolen it, or was stolen from.
        rp.refresh(next).await.expect(200);
        rp.refresh(first).await.refuses(400, "invalid_grant");
        for answer in &answers {
            rp.userinfo(text(answer, "access_token")).await.expect(401);
        }
    }
);

both!(
    async fn a_047_of_twenty_at_once_one_uses_up_a_token_that_is_not_replaced(desk) {
        let rp = with(&desk, true, false).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let first = text(&tokens, "refresh_token");
        let answers = twenty_at_once(&rp, first).await;
        assert_eq!(answers.iter().filter(|it| it.status == 200).count(), 1);
        rp.refresh(first).await.refuses(400, "invalid_grant");
    }
);

both!(
    async fn f_46_of_fifty_at_once_one_wins_where_there_is_no_grace(desk, strict()) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let first = text(&tokens, "refresh_token");
        let answers = at_once(50, |_| {
            let (rp, first) = (rp.clone(), first.to_owned());
            async move { rp.refresh(&first).await }
        })
        .await;
        let (won, lost): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|it| it.status == 200);
        assert_eq!(won.len(), 1);
        // Whoever waited too long for the database is told to come again, and would then be told the same.
        let refused = lost.iter().filter(|answer| answer.status != 503);
        refused.for_each(|answer| answer.refuses(400, "invalid_grant"));
        // It was in two hands, so nothing of it lives.
        rp.refresh(text(&won[0].json(), "refresh_token")).await.refuses(400, "invalid_grant");
    }
);

both!(
    async fn a_049_another_client_gets_nothing_and_ends_nothing(desk) {
        let rp = Rp::new(&desk).await;
        let other = Rp::with(&desk, "bob", |_| {}).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let token = text(&tokens, "refresh_token");
        other.refresh(token).await.refuses(400, "invalid_grant");
        let nobody = desk.anonymous().request(reqwest::Method::POST, "/oauth2/token");
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        Answer::of(crate::oauth2::form(nobody, &fields)).await.refuses(401, "invalid_client");
        rp.refresh(token).await.expect(200);
    }
);

both!(
    async fn a_050_scopes_narrow_and_never_widen(desk) {
        let rp = with(&desk, false, false).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[("scope", "openid email")]).await;
        let ask = async |scope: &str| {
            rp.token(&[("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token")), ("scope", scope)]).await
        };
        ask("openid profile").await.refuses(400, "invalid_scope");
        assert_eq!(ask("openid").await.expect(200).json()["scope"], "openid");
        assert_eq!(ask("openid email").await.expect(200).json()["scope"], "openid email");
    }
);

both!(
    async fn a_051_a_110_what_ends_with_a_password_a_session_and_a_consent(desk) {
        let rp = with(&desk, false, false).await;
        let browser = Browser::of(&desk, &rp.owner);
        let kept = rp.tokens(&browser, &[("scope", "openid offline_access")]).await;
        let bound = rp.tokens(&browser, &[("scope", "openid email")]).await;
        let is_alive = async |tokens: &Value, alive: bool| {
            let refreshed = rp.refresh(text(tokens, "refresh_token")).await;
            assert_eq!(refreshed.status == 200, alive, "{}", refreshed.text);
            assert_eq!(rp.userinfo(text(tokens, "access_token")).await.status == 200, alive);
        };
        is_alive(&bound, true).await;
        rp.owner.delete("/api/v1/account/sessions/current").await.expect(204);
        is_alive(&bound, false).await;
        is_alive(&kept, true).await;
        let visitor = crate::support::visitor();
        desk.app.forgot_password(&visitor, "alice@example.com").await.unwrap();
        let token = desk.token_in_last_mail("alice@example.com").await;
        desk.app.reset_password(&visitor, &token, "eleven dry badgers hum").await.unwrap();
        is_alive(&kept, false).await;
    }
);

both!(
    async fn a_054_a_family_ends_after_30_days_and_after_14_without_use(desk) {
        let rp = with(&desk, true, true).await;
        let day = Duration::from_secs(24 * 3600);
        let browser = Browser::of(&desk, &rp.owner);
        let tokens = rp.tokens(&browser, &[]).await;
        let mut token = text(&tokens, "refresh_token").to_owned();
        for _ in 0..29 {
            desk.clock.advance(day);
            token = text(&rp.refresh(&token).await.expect(200).json(), "refresh_token").to_owned();
        }
        desk.clock.advance(day);
        rp.refresh(&token).await.refuses(400, "invalid_grant");
    }
);

both!(
    async fn the_refresh_tokens_life_is_the_clients_setting_in_seconds(desk) {
        let rp = Rp::with(&desk, "alice", |draft| {
            draft.refresh_token_lifetime_s = Some(120);
            draft.refresh_invalidate_on_use = false;
            draft.refresh_issue_new_on_use = false;
        })
        .await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        desk.clock.advance(Duration::from_secs(119));
        rp.refresh(text(&tokens, "refresh_token")).await.expect(200);
        desk.clock.advance(Duration::from_secs(2));
        rp.refresh(text(&tokens, "refresh_token")).await.refuses(400, "invalid_grant");
        rp.userinfo(text(&tokens, "access_token")).await.expect(200);
    }
);

both!(
    async fn a_057_a_refresh_token_is_no_access_token_and_is_kept_nowhere_in_clear(desk) {
        let rp = Rp::new(&desk).await;
        let tokens = rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let token = text(&tokens, "refresh_token");
        rp.userinfo(token).await.expect(401);
        let successor = rp.refresh(token).await.expect(200).json();
        let kept = desk.everything_kept().await;
        for secret in [token, text(&successor, "refresh_token"), text(&successor, "access_token")] {
            assert!(!kept.contains(&secret[6..40]), "kept in clear");
        }
    }
);

both!(
    async fn a_039_a_suspended_application_and_a_closed_account_get_nothing_more(desk) {
        let rp = with(&desk, false, false).await;
        let close = async |id: &str| {
            desk.admin.post(&format!("/api/v1/developers/{id}/revoke"), serde_json::json!({})).await.expect(200);
        };
        let (one, two) = (desk.developer("one").await, desk.developer("two").await);
        let tokens = rp.tokens(&Browser::of(&desk, &one), &[]).await;
        close(&one.id).await;
        rp.refresh(text(&tokens, "refresh_token")).await.refuses(400, "invalid_grant");
        rp.userinfo(text(&tokens, "access_token")).await.expect(401);
        // Nor does anybody by the client of one who is shut out.
        let tokens = rp.tokens(&Browser::of(&desk, &two), &[]).await;
        close(&rp.owner.id).await;
        rp.refresh(text(&tokens, "refresh_token")).await.refuses(401, "invalid_client");
        rp.userinfo(text(&tokens, "access_token")).await.expect(401);
    }
);
