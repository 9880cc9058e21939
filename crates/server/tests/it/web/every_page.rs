//! What holds for all pages.

use reqwest::Method;

use super::{Browser, attribute, tags};
use crate::support::{Desk, Engine, both};
use app::Settings;

/// Every page that can be looked at; those behind a link get one.
fn paths() -> Vec<String> {
    let routes = keywright_server::routes().into_iter();
    let pages = routes.filter(|route| route.method == "GET" && !route.path.starts_with("/api/"));
    let paths: Vec<String> = pages.map(|page| format!("{}?token=kw_x", page.path)).collect();
    assert!(paths.len() >= 10, "{paths:?}");
    paths
}

both!(
    async fn a_142_every_page_is_whole_and_protected(desk) {
        let browser = Browser::new(&desk);
        let before = desk.changes().await;
        for path in paths() {
            let page = browser.open(&path).await.expect(200);
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
            assert_eq!(
                page.header("content-security-policy"),
                "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                "{path}"
            );
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert_eq!(page.header("set-cookie"), "", "{path}");

            let html = &page.text;
            assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{path}");
            assert_eq!(html.matches("<h1>").count(), 1, "{path}");
            assert!(html.contains(" · Keywright</title>") && !html.contains("<title> "), "{path}");
            assert!(html.contains("width=device-width"), "{path}");
            for inline in ["<script", "<style", " style=", " onclick=", "javascript:", "<iframe", "@import"] {
                assert!(!html.contains(inline), "{path}: {inline}");
            }
            for address in tags(html, "link").into_iter().chain(tags(html, "img")).chain(tags(html, "a")) {
                let target = attribute(address, "href").or_else(|| attribute(address, "src")).unwrap();
                assert!(["/", "#", "data:image/"].iter().any(|own| target.starts_with(own)), "{path}: {target}");
                assert!(!target.starts_with("//"), "{path}: {target}");
            }
            for input in tags(html, "input") {
                if attribute(input, "type") == Some("hidden") {
                    continue;
                }
                let id = attribute(input, "id").unwrap();
                assert!(html.contains(&format!("<label for=\"{id}\">")), "{path}: {input}");
                assert!(attribute(input, "autocomplete").is_some(), "{path}: {input}");
                for describing in attribute(input, "aria-describedby").unwrap_or_default().split_whitespace() {
                    assert!(html.contains(&format!("id=\"{describing}\"")), "{path}: {describing}");
                }
            }
            for form in tags(html, "form") {
                assert_eq!(attribute(form, "method"), Some("post"), "{path}");
                assert_eq!(attribute(form, "action"), path.split('?').next(), "{path}");
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn links_on_pages_lead_somewhere(desk) {
        let browser = Browser::new(&desk);
        for path in paths() {
            let page = browser.open(&path).await.expect(200);
            for link in tags(&page.text, "a") {
                let target = attribute(link, "href").unwrap();
                // The API's documentation is not a page of ours.
                if target.starts_with('/') && !target.starts_with("/api/") {
                    browser.open(target).await.expect(200);
                }
            }
        }
    }
);

both!(
    async fn the_style_sheet_is_kept_for_ever_under_its_hash(desk) {
        let browser = Browser::new(&desk);
        let home = browser.open("/").await.page(200, "Welcome");
        let links = tags(&home.text, "link");
        let sheet = links.iter().find(|link| link.contains("stylesheet")).and_then(|link| attribute(link, "href")).unwrap();
        let style = browser.open(sheet).await.expect(200);
        assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
        assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(!style.text.contains("url(") && !style.text.contains("@import"));
        browser.open("/assets/style-0000000000000000.css").await.page(404, "There is nothing here");
    }
);

both!(
    async fn errors_are_pages_for_people_and_problems_for_programs(desk) {
        let browser = Browser::new(&desk);
        let page = browser.open("/nothing/<script>alert(1)</script>").await.page(404, "There is nothing here");
        assert!(page.text.contains(&format!("<code>{}</code>", page.header("x-request-id"))), "{}", page.text);
        assert!(!page.text.contains("alert(1)"));
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let accept = [("accept", "text/html")];
        let wrong_method = browser.ask(Method::DELETE, "/sign-up", &accept, None).await;
        assert_eq!(wrong_method.header("allow"), "GET,HEAD,POST");
        wrong_method.page(405, "This did not work");
        let json = [("accept", "text/html"), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
        browser.ask(Method::POST, "/sign-up", &json, None).await.page(415, "This did not work");
        let compressed = [("accept", "text/html"), ("content-encoding", "gzip")];
        browser.ask(Method::GET, "/", &compressed, None).await.page(415, "This did not work");

        browser.ask(Method::GET, "/nothing", &[("accept", "application/json")], None).await.problem(404, "not_found");
        browser.ask(Method::GET, "/nothing", &[], None).await.problem(404, "not_found");
        browser.open("/api/v1/nothing").await.problem(404, "not_found");
        browser.open("/api/v1/partners").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn where_registering_is_switched_off_nothing_invites_to_it(desk, Settings { sign_up: false, ..Settings::default() }) {
        let browser = Browser::new(&desk);
        let home = browser.open("/").await.page(200, "Welcome");
        assert!(!home.text.contains("/sign-up"), "{}", home.text);
        browser.open("/sign-up").await.page(403, "This is not possible");
        let before = desk.changes().await;
        let fields = [("email", "a@b.test"), ("name", "A")];
        browser.submit("/sign-up", &fields).await.page(403, "This is not possible");
        desk.assert_nothing_happened(before).await;
    }
);

#[tokio::test]
async fn p_15_forms_of_a_network_of_strangers_are_limited_and_looking_is_not() {
    let desk =
        Desk::start_with(Engine::Sqlite, Settings::default(), keywright_server::Options::default()).await;
    let browser = Browser::new(&desk);
    let link = [("token", "guess"), ("password", "x"), ("repeat", "x")];
    let mut refused = None;
    for _ in 0..40 {
        let answer = browser.submit("/verify-email", &link).await;
        if answer.status != 404 && answer.status != 400 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the door closes");
    assert!((1..=60).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    refused.page(429, "Please wait a moment");
    for _ in 0..30 {
        browser.open("/sign-up").await.page(200, "Register");
    }
}
