//! `/reset-password`

use super::Browser;
use crate::support::both;
use serde_json::json;

both!(
    async fn a_134_a_new_password_is_chosen_and_nobody_is_signed_in_by_it(desk) {
        let alice = desk.developer("alice").await;
        let browser = Browser::new(&desk);
        browser.submit("/forgot-password", &[("email", "alice@example.com")]).await.leads_to("/forgot-password/sent");
        let token = desk.token_in_last_mail("alice@example.com").await;
        browser.open("/reset-password").await.page(400, "This link is incomplete");
        let page = browser.open(&format!("/reset-password?token={token}")).await.page(200, "Choose a new password");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.text.matches(&token).count(), 1);

        let before = desk.changes().await;
        let typed = |password: &'static str, repeat: &'static str| {
            let (browser, token) = (Browser::new(&desk), token.clone());
            async move { browser.submit("/reset-password", &[("token", &token), ("password", password), ("repeat", repeat)]).await }
        };
        typed("alice@example.com", "alice@example.com").await.complains_about("password", "Password is easy to guess");
        typed("seven wet otters juggle", "seven wet").await.complains_about("repeat", "must be the same");
        desk.assert_nothing_happened(before).await;
        alice.get("/api/v1/account").await.expect(200);

        let done = typed("seven wet otters juggle", "seven wet otters juggle").await;
        done.leads_to("/sign-in?notice=password_changed");
        assert_eq!(done.header("set-cookie"), "");
        let page = browser.open("/sign-in?notice=password_changed").await.page(200, "Sign in");
        assert!(page.text.contains("Your password is changed"), "{}", page.text);
        alice.get("/api/v1/account").await.problem(401, "unauthenticated");
        let body = json!({"email": "alice@example.com", "password": "seven wet otters juggle"});
        desk.anonymous().post("/api/v1/account/sessions", body).await.expect(201);

        let again = typed("nine wet otters juggle", "nine wet otters juggle").await.page(410, "This link does not work any more");
        assert!(again.text.contains("href=\"/forgot-password\""), "{}", again.text);
    }
);
