//! `/account`

use super::Browser;
use crate::support::both;

both!(
    async fn people_look_after_their_account(desk) {
        let alice = desk.developer("alice").await;
        let browser = Browser::of(&desk, &alice);
        let page = browser.open("/account").await.page(200, "Your account");
        assert!(page.text.contains("alice@example.com"), "{}", page.text);
        browser.fill("/account", "/account/name", &[("name", "Alice & Co")]).await.leads_to("/account?notice=saved");
        let page = browser.open("/account?notice=saved").await.expect(200);
        assert!(page.text.contains("value=\"Alice &#38; Co\"") && page.text.contains("Saved."), "{}", page.text);
        browser.fill("/account", "/account/name", &[("name", " ")]).await.complains_about("name", "Name must not be empty");
        // Somebody was faster.
        let csrf = browser.csrf().await;
        let stale = browser.submit("/account/name", &[("csrf", &csrf), ("version", "1"), ("name", "Al")]).await.expect(412);
        assert!(stale.text.contains("Somebody else has changed this") && stale.text.contains("value=\"Al\""), "{}", stale.text);
    }
);

both!(
    async fn a_110_a_new_password_signs_out_everywhere(desk) {
        let alice = desk.developer("alice").await;
        let browser = Browser::of(&desk, &alice);
        let new = "seven wet otters juggle";
        let form = |present: &'static str, password: &'static str, repeat: &'static str| {
            let browser = browser.clone();
            async move {
                let fields = [("current_password", present), ("password", password), ("repeat", repeat)];
                browser.fill("/account/password", "/account/password", &fields).await
            }
        };
        let present = "alice likes violet umbrellas";
        form("wrong", new, new).await.complains_about("current_password", "is not your present password");
        form(present, "short", "short").await.complains_about("password", "must have at least 15");
        let page = form(present, new, "other").await.complains_about("repeat", "must be the same");
        assert!(!page.text.contains("otters") && !page.text.contains("umbrellas"));
        form(present, new, new).await.leads_to("/sign-in?notice=password_changed");
        browser.open("/account").await.leads_to("/sign-in?next=%2Faccount");
    }
);

both!(
    async fn sessions_are_seen_and_ended(desk) {
        let alice = desk.developer("alice").await;
        let visitor = crate::support::visitor();
        let other = desk.app.sign_in(&visitor, "alice@example.com", "alice likes violet umbrellas", "Firefox on a phone").await.unwrap();
        let bob = desk.developer("bob").await;
        let browser = Browser::of(&desk, &alice);
        let page = browser.open("/account").await.expect(200);
        assert!(page.text.contains("Firefox on a phone") && page.text.contains("This one"), "{}", page.text);
        let path = format!("/account/sessions/{}/end", other.session.id);
        let bobs = Browser::of(&desk, &bob);
        let csrf = bobs.csrf().await;
        bobs.submit(&path, &[("csrf", &csrf)]).await.page(404, "There is nothing here");
        desk.session(other.secret.expose()).get("/api/v1/account").await.expect(200);
        browser.fill("/account", &path, &[]).await.leads_to("/account?notice=session_ended");
        desk.session(other.secret.expose()).get("/api/v1/account").await.problem(401, "unauthenticated");
        browser.open("/account").await.expect(200);
    }
);

both!(
    async fn an_account_is_deleted_by_typing_its_address(desk) {
        let alice = desk.developer("alice").await;
        let browser = Browser::of(&desk, &alice);
        let delete = async |typed: &str| browser.fill("/account/delete", "/account/delete", &[("confirm", typed)]).await;
        delete("alice").await.complains_about("confirm", "does not match");
        delete("alice@example.com").await.leads_to("/sign-in?notice=account_deleted");
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");
    }
);
