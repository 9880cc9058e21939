//! `/invitation`, for somebody who has no account yet.

use serde_json::json;

use super::Browser;
use crate::support::{Desk, both, id};

const PASSWORD: &str = "seven wet otters juggle";

/// An invitation of Ada to Acme: the path in the mail.
async fn invited(desk: &Desk) -> String {
    let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
    let path = format!("/api/v1/partners/{}/invitations", id(&partner));
    desk.admin.make(&path, json!({"email": "ada@example.com", "role": "READ_ONLY"})).await;
    format!("/invitation?token={}", desk.token_in_last_mail("ada@example.com").await)
}

async fn registered(desk: &Desk, browser: &Browser, email: &str) -> crate::support::Answer {
    browser.submit("/sign-up", &[("email", email), ("name", "Ada")]).await.leads_to("/sign-up/sent");
    let token = desk.token_in_last_mail(email).await;
    browser.submit("/verify-email", &[("token", &token), ("password", PASSWORD), ("repeat", PASSWORD)]).await
}

both!(
    async fn whoever_registers_first_comes_back_to_the_invitation(desk) {
        let path = invited(&desk).await;
        let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        let mut browser = Browser::new(&desk);
        let door = browser.open(&path).await;
        door.leads_to(&format!("/sign-in?next={next}"));
        let cookie = door.header("set-cookie").to_owned();
        assert!(cookie.starts_with("kw_i=kw_inv_") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400"), "{cookie}");
        browser.keep_cookies(&door);
        registered(&desk, &browser, "ada@example.com").await.leads_to(&format!("/sign-in?next={next}&notice=confirmed"));
        // In another browser there is nothing to come back to; the mail with the invitation is.
        let other = Browser::new(&desk);
        registered(&desk, &other, "bob@example.com").await.leads_to("/sign-in?notice=confirmed");

        let signed_in = desk.app.sign_in(&crate::support::visitor(), "ada@example.com", PASSWORD, "test").await.unwrap();
        browser.cookies.insert("kw_s".to_owned(), signed_in.secret.expose().to_owned());
        let page = browser.open(&path).await.page(200, "Join Acme?");
        assert!(page.text.contains("You become"), "{}", page.text);
        let joined = browser.fill(&path, "/invitation", &[]).await;
        assert!(joined.header("location").ends_with("?notice=joined"), "{}", joined.header("location"));
        browser.keep_cookies(&joined);
        assert!(!browser.cookies.contains_key("kw_i"), "it is forgotten when it is used");
    }
);

both!(
    async fn a_109_nothing_but_an_invitation_is_remembered(desk) {
        for odd in ["", "?token=", "?token=kw_inv_short", "?token=//evil.test", "?token=kw_ses_x%0d%0aSet-Cookie:a=b"] {
            let door = Browser::new(&desk).open(&format!("/invitation{odd}")).await;
            assert_eq!((door.status.as_u16(), door.header("set-cookie")), (303, ""), "{odd}");
        }
        for (n, planted) in ["//evil.test", "https://evil.test", "kw_inv_short", "/console"].into_iter().enumerate() {
            let mut browser = Browser::new(&desk);
            browser.cookies.insert("kw_i".to_owned(), planted.to_owned());
            let email = format!("person{n}@example.com");
            registered(&desk, &browser, &email).await.leads_to("/sign-in?notice=confirmed");
        }
    }
);
