//! `/sign-up`

use super::{Browser, attribute, tags};
use crate::support::both;

both!(
    async fn somebody_registers_by_pages_alone(desk) {
        let browser = Browser::new(&desk);
        let page = browser.open("/sign-up").await.page(200, "Register");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        browser.submit("/sign-up", &[("email", "ada@example.com"), ("name", "Ada")]).await.leads_to("/sign-up/sent");
        browser.open("/sign-up/sent").await.page(200, "Look into your mailbox");

        let (_, mail) = desk.mails("ada@example.com").await.swap_remove(0);
        let link = mail.split_whitespace().find(|word| word.starts_with("http")).unwrap();
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
        let page = browser.open(path).await.page(200, "Confirm your e-mail address");
        let hidden = tags(&page.text, "input").into_iter().find(|tag| tag.contains("hidden")).unwrap();
        let token = attribute(hidden, "value").unwrap();
        let password = "seven wet otters juggle";
        let fields = [("token", token), ("password", password), ("repeat", password)];
        browser.submit("/verify-email", &fields).await.leads_to("/sign-in?notice=confirmed");
        let next = browser.open("/sign-in?notice=confirmed").await.page(200, "Sign in");
        assert!(next.text.contains("You can sign in now."), "{}", next.text);

        let body = serde_json::json!({"email": "ada@example.com", "password": password});
        desk.anonymous().post("/api/v1/account/sessions", body).await.expect(201);
    }
);

both!(
    async fn what_is_wrong_stands_beside_its_field_and_nothing_is_lost(desk) {
        let browser = Browser::new(&desk);
        let before = desk.changes().await;
        let page = browser.submit("/sign-up", &[("email", "ada"), ("name", "Ada & Co")]).await;
        let page = page.complains_about("email", "E-mail address must be one plain e-mail address like ada@example.com.");
        let inputs = tags(&page.text, "input");
        assert_eq!(attribute(inputs[0], "value"), Some("ada"));
        assert_eq!(attribute(inputs[1], "value"), Some("Ada &#38; Co"));
        browser.submit("/sign-up", &[("email", "ada@example.com")]).await.complains_about("name", "Name must not be empty.");
        browser.submit("/sign-up", &[("email", "a@b.test"), ("name", "A\nB")]).await.complains_about("name", "Name must not hold control");
        let both = browser.submit("/sign-up", &[]).await.expect(400);
        assert_eq!(both.text.matches("aria-invalid").count(), 2);
        assert_eq!(both.text.matches(" autofocus").count(), 1);
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_237_markup_in_what_was_typed_stays_text(desk) {
        let browser = Browser::new(&desk);
        let name = "\"><script>alert(1)</script><a href='https://evil.test'>";
        let page = browser.submit("/sign-up", &[("email", name), ("name", name)]).await.expect(400);
        assert!(!page.text.contains("<script>") && !page.text.contains("href='https"), "{}", page.text);
        let inputs = tags(&page.text, "input");
        assert_eq!(attribute(inputs[1], "value"), Some("&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;&#60;a href=&#39;https://evil.test&#39;&#62;"));
        browser.submit("/sign-up", &[("email", "ada@example.com"), ("name", name)]).await.leads_to("/sign-up/sent");
        assert!(!desk.mails("ada@example.com").await[0].1.contains("evil"));
    }
);

both!(
    async fn a_118_the_page_does_not_tell_who_exists(desk) {
        desk.developer("alice").await;
        let browser = Browser::new(&desk);
        for (path, to) in [("/sign-up", "/sign-up/sent"), ("/forgot-password", "/forgot-password/sent")] {
            for email in ["alice@example.com", "nobody@example.com"] {
                let started = std::time::Instant::now();
                browser.submit(path, &[("email", email), ("name", "A")]).await.leads_to(to);
                assert!(started.elapsed() >= std::time::Duration::from_millis(250), "{path} {email}");
            }
        }
    }
);
