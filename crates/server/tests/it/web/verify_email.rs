//! `/verify-email`

use std::time::Duration;

use super::{Browser, attribute, tags};
use crate::support::both;
use app::Settings;
use serde_json::json;

const PASSWORD: &str = "seven wet otters juggle";

fn fields(token: &str) -> [(&str, &str); 3] {
    [("token", token), ("password", PASSWORD), ("repeat", PASSWORD)]
}

both!(
    async fn a_133_the_secret_goes_into_the_form_and_nowhere_else(desk) {
        let browser = Browser::new(&desk);
        desk.anonymous().post("/api/v1/account/register", json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        let token = desk.token_in_last_mail("ada@example.com").await;
        let before = desk.changes().await;
        // Scanners of mails open links, and open them again.
        for _ in 0..3 {
            let page = browser.open(&format!("/verify-email?token={token}&utm_source=mail")).await.page(200, "Confirm your e-mail address");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            assert_eq!(page.text.matches(&token).count(), 1);
            let hidden = tags(&page.text, "input").into_iter().find(|tag| tag.contains(&token)).unwrap();
            assert_eq!((attribute(hidden, "type"), attribute(hidden, "name")), (Some("hidden"), Some("token")));
        }
        desk.assert_nothing_happened(before).await;

        let differ = [("token", token.as_str()), ("password", PASSWORD), ("repeat", "seven wet otters juggles")];
        let page = browser.submit("/verify-email", &differ).await.complains_about("repeat", "Password again must be the same");
        assert!(!page.text.contains("otters"), "passwords are typed again");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let weak = [("token", token.as_str()), ("password", "short"), ("repeat", "short")];
        browser.submit("/verify-email", &weak).await.complains_about("password", "Password must have at least 15 characters");
        desk.assert_nothing_happened(before).await;

        let done = browser.submit("/verify-email", &fields(&token)).await;
        done.leads_to("/sign-in?notice=confirmed");
        let page = browser.submit("/verify-email", &fields(&token)).await.page(410, "This link does not work any more");
        assert!(page.text.contains("href=\"/sign-up\"") && !page.text.contains(&token), "{}", page.text);
    }
);

both!(
    async fn links_that_are_wrong_or_old_say_so(desk) {
        let browser = Browser::new(&desk);
        browser.open("/verify-email").await.page(400, "This link is incomplete");
        browser.open("/verify-email?token=").await.page(400, "This link is incomplete");
        let evil = browser.open("/verify-email?token=%22%3E%3Cscript%3E").await.page(200, "Confirm your e-mail address");
        assert!(!evil.text.contains("<script>"), "{}", evil.text);
        browser.submit("/verify-email", &fields("guess")).await.page(404, "This link does not work any more");
        desk.anonymous().post("/api/v1/account/register", json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        let token = desk.token_in_last_mail("ada@example.com").await;
        desk.clock.advance(Duration::from_secs(24 * 3600));
        browser.submit("/verify-email", &fields(&token)).await.page(410, "This link does not work any more");
    }
);

both!(
    async fn who_has_to_be_approved_is_told_so(desk, Settings { approve_developers: false, ..Settings::default() }) {
        let browser = Browser::new(&desk);
        desk.anonymous().post("/api/v1/account/register", json!({"email": "ada@example.com", "name": "Ada"})).await.expect(202);
        let token = desk.token_in_last_mail("ada@example.com").await;
        browser.submit("/verify-email", &fields(&token)).await.leads_to("/sign-in?notice=waiting");
        let page = browser.open("/sign-in?notice=waiting").await.page(200, "Sign in");
        assert!(page.text.contains("An administrator has to approve your account"), "{}", page.text);
        let evil = browser.open("/sign-in?notice=%3Cscript%3E").await.page(200, "Sign in");
        assert!(!evil.text.contains("<script>") && !evil.text.contains("class=\"notice"), "{}", evil.text);
    }
);
