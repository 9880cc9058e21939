//! Forms that other sites send.

use reqwest::Method;

use super::Browser;
use crate::support::both;

const OURS: &str = "http://127.0.0.1:8080";

both!(
    async fn a_136_no_form_of_another_site_is_taken(desk) {
        let browser = Browser::new(&desk);
        let setup = desk.app.setup_token().await.unwrap().unwrap();
        let before = desk.changes().await;
        let password = "seven wet otters juggle";
        let fields = [("email", "a@b.test"), ("name", "A"), ("token", setup.expose()), ("password", password), ("repeat", password)];
        let forms: Vec<String> =
            keywright_server::routes().into_iter().filter(|r| r.method == "POST" && !r.path.starts_with("/api/")).map(|r| r.path).collect();
        for open in ["/forgot-password", "/reset-password", "/setup", "/sign-in", "/sign-up", "/verify-email"] {
            assert!(forms.iter().any(|form| form == open), "{open}");
        }
        for form in &forms {
            for from in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-site", "none"),
                ("origin", "https://evil.test"),
                ("origin", "http://127.0.0.1:8081"),
                ("origin", "http://127.0.0.1:8080.evil.test"),
                ("referer", "https://evil.test/?http://127.0.0.1:8080"),
                ("x-nothing", "at all"),
            ] {
                let headers = [("accept", "text/html"), from];
                let page = browser.ask(Method::POST, form, &headers, Some(&fields)).await.page(403, "This is not possible");
                assert!(page.text.contains(OURS), "it says where to go: {}", page.text);
            }
        }
        desk.assert_nothing_happened(before).await;

        // What browsers say on plain HTTP, where they are not told the site.
        browser.ask(Method::POST, "/setup", &[("origin", "null")], Some(&fields)).await.leads_to("/setup/done");
        browser.ask(Method::POST, "/sign-up", &[("origin", "null")], Some(&fields)).await.problem(403, "cross_site");
        browser.ask(Method::POST, "/sign-up", &[("origin", OURS)], Some(&fields)).await.leads_to("/sign-up/sent");
        browser.ask(Method::POST, "/forgot-password", &[("referer", &format!("{OURS}/forgot-password"))], Some(&fields)).await.leads_to("/forgot-password/sent");
    }
);
