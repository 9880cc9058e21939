//! `/forgot-password`

use super::{Browser, attribute, tags};
use crate::support::both;

both!(
    async fn a_link_is_asked_for(desk) {
        desk.developer("alice").await;
        let browser = Browser::new(&desk);
        browser.open("/forgot-password").await.page(200, "Forgot your password?");
        let page = browser.submit("/forgot-password", &[("email", "alice@")]).await;
        let page = page.complains_about("email", "must be one plain e-mail address");
        assert_eq!(attribute(tags(&page.text, "input")[0], "value"), Some("alice@"));
        browser.submit("/forgot-password", &[("email", "alice@example.com")]).await.leads_to("/forgot-password/sent");
        browser.open("/forgot-password/sent").await.page(200, "Look into your mailbox");
        let (subject, text) = desk.mails("alice@example.com").await.swap_remove(0);
        assert_eq!(subject, "Choose a new password");
        assert!(text.contains("http://127.0.0.1:8080/reset-password?token=kw_rst_"), "{text}");
    }
);
