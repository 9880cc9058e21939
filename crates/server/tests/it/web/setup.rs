//! `/setup`

use std::time::Duration;

use super::{Browser, attribute, tags};
use crate::support::{at_once, both};
use serde_json::json;

const PASSWORD: &str = "seven wet otters juggle";

fn fields<'a>(token: &'a str, email: &'a str) -> [(&'a str, &'a str); 4] {
    [("token", token), ("email", email), ("password", PASSWORD), ("repeat", PASSWORD)]
}

both!(
    async fn the_first_administrator_comes_by_the_printed_link(desk) {
        let browser = Browser::new(&desk);
        let older = desk.app.setup_token().await.unwrap().unwrap();
        let token = desk.app.setup_token().await.unwrap().unwrap();
        browser.open("/setup").await.page(400, "This link is incomplete");
        let page = browser.open(&format!("/setup?token={}", token.expose())).await.page(200, "Become the administrator");
        assert_eq!(page.header("referrer-policy"), "no-referrer");

        let before = desk.changes().await;
        browser.submit("/setup", &fields("guess", "root@example.com")).await.page(404, "This link does not work any more");
        browser.submit("/setup", &fields(older.expose(), "root@example.com")).await.page(404, "This link does not work any more");
        let page = browser.submit("/setup", &fields(token.expose(), "root@")).await.complains_about("email", "must be one plain e-mail address");
        let inputs = tags(&page.text, "input");
        assert_eq!(attribute(inputs[0], "value"), Some(token.expose()));
        assert_eq!(attribute(inputs[1], "value"), Some("root@"));
        assert!(!page.text.contains(PASSWORD));
        let own = [("token", token.expose()), ("email", "root@example.com"), ("password", "root@example.com"), ("repeat", "root@example.com")];
        browser.submit("/setup", &own).await.complains_about("password", "Password is easy to guess");
        desk.assert_nothing_happened(before).await;

        browser.submit("/setup", &fields(token.expose(), "root@example.com")).await.leads_to("/setup/done");
        let done = browser.open("/setup/done").await.page(200, "You are the administrator");
        assert!(done.text.contains("<code>keywright token create --name first</code>"), "{}", done.text);
        assert!(done.text.contains("http://127.0.0.1:8080/api/v1/partners"), "{}", done.text);
        let body = json!({"email": "root@example.com", "password": PASSWORD, "role": "administrator"});
        let session = desk.anonymous().post("/api/v1/account/sessions", body).await.expect(201).json();
        desk.session(session["secret"].as_str().unwrap()).get("/api/v1/partners").await.expect(200);

        browser.submit("/setup", &fields(token.expose(), "evil@example.com")).await.page(410, "This link does not work any more");
        assert!(desk.app.setup_token().await.unwrap().is_none());
    }
);

both!(
    async fn the_link_is_old_after_a_day(desk) {
        let token = desk.app.setup_token().await.unwrap().unwrap();
        desk.clock.advance(Duration::from_secs(24 * 3600));
        let browser = Browser::new(&desk);
        browser.submit("/setup", &fields(token.expose(), "root@example.com")).await.page(410, "This link does not work any more");
    }
);

both!(
    async fn of_many_at_once_one_becomes_the_administrator(desk) {
        let token = desk.app.setup_token().await.unwrap().unwrap();
        let before = desk.changes().await;
        let answers = at_once(8, |n| {
            let (browser, token) = (Browser::new(&desk), token.expose().to_owned());
            async move { browser.submit("/setup", &fields(&token, &format!("root{n}@example.com"))).await.status.as_u16() }
        }).await;
        assert_eq!(answers.iter().filter(|&&status| status == 303).count(), 1, "{answers:?}");
        assert!(answers.iter().all(|status| [303, 410, 503].contains(status)), "{answers:?}");
        assert_eq!(desk.changes().await, before + 1);
    }
);
