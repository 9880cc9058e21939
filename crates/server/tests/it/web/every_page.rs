//! What holds for all pages.

use reqwest::Method;

use super::guests::{is_about_ones_own, is_for_administrators, is_for_developers, is_for_providers};
use super::{Browser, attribute, tags};
use crate::support::{Answer, Desk, Engine, both};
use crate::world::World;
use app::Settings;
use domain::AdministratorRole;

/// Pages that strangers may look at; those behind a link get one.
pub const OPEN: [&str; 12] = [
    "/",
    "/administrator-invitation?token=kw_x",
    "/forgot-password",
    "/forgot-password/sent",
    "/reset-password?token=kw_x",
    "/setup?token=kw_x",
    "/setup/done",
    "/sign-in",
    "/sign-in?notice=confirmed",
    "/sign-up",
    "/sign-up/sent",
    "/verify-email?token=kw_x",
];

fn routes(method: &str) -> Vec<String> {
    let routes = keywright_server::routes().into_iter();
    routes
        .filter(|route| route.method == method && !route.path.starts_with("/api/"))
        .map(|route| route.path)
        .collect()
}

/// The route that a path is one of.
fn route<'a>(path: &str, routes: &'a [String]) -> Option<&'a String> {
    let path: Vec<&str> = path.split(['?', '#']).next().unwrap().split('/').collect();
    routes.iter().find(|route| {
        let route: Vec<&str> = route.split('/').collect();
        route.len() == path.len()
            && route.iter().zip(&path).all(|(route, path)| route.starts_with('{') || route == path)
    })
}

/// What holds for every page, whoever looks at it.
#[track_caller]
fn check(path: &str, page: &Answer) {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        "{path}"
    );
    assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
    assert_eq!(page.header("cache-control"), "no-store", "{path}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
    let html = &page.text;
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{path}");
    assert_eq!(html.matches("<h1>").count(), 1, "{path}");
    assert_eq!(html.matches("<main ").count(), 1, "{path}");
    assert!(html.contains(" · Keywright</title>") && !html.contains("<title> "), "{path}");
    assert!(html.contains("width=device-width"), "{path}");
    assert_eq!(html.matches("<script").count(), 1, "{path}");
    assert!(tags(html, "script")[0].contains("src=\"/assets/script-"), "{path}");
    for inline in ["<style", " style=", " onclick=", "javascript:", "<iframe", "@import"] {
        assert!(!html.contains(inline), "{path}: {inline}");
    }
    let gets = routes("GET");
    for address in tags(html, "link").into_iter().chain(tags(html, "img")).chain(tags(html, "a")) {
        let target = attribute(address, "href").or_else(|| attribute(address, "src")).unwrap();
        let known = ["/api/v1/", "/assets/", "#", "data:image/"].iter().any(|own| target.starts_with(own));
        assert!(known || route(target, &gets).is_some(), "{path}: {target} leads nowhere");
    }
    let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{path}: an id is there twice: {ids:?}");
    for name in ["input", "select", "textarea"] {
        for input in tags(html, name) {
            if attribute(input, "type") == Some("hidden") {
                continue;
            }
            let id = attribute(input, "id").unwrap();
            assert!(html.contains(&format!("<label for=\"{id}\">")), "{path}: {input}");
            assert!(name == "textarea" || attribute(input, "autocomplete").is_some(), "{path}: {input}");
            for describing in attribute(input, "aria-describedby").unwrap_or_default().split_whitespace() {
                assert!(html.contains(&format!("id=\"{describing}\"")), "{path}: {describing}");
            }
        }
    }
    let posts = routes("POST");
    for form in tags(html, "form") {
        let action = attribute(form, "action").unwrap();
        let known = if attribute(form, "method") == Some("post") { &posts } else { &gets };
        assert!(route(action, known).is_some(), "{path}: a form goes to {action}");
    }
}

/// The pages that somebody is to see, with the ids of what there is in the world.
pub fn pages_of(world: &World, is_for: impl Fn(&str) -> bool) -> Vec<String> {
    let all = routes("GET")
        .into_iter()
        .filter(|path| !OPEN.iter().any(|open| open.split('?').next() == Some(path)));
    let all = all.filter(|path| path != "/sign-out" && !path.ends_with(".csv") && is_for(path));
    // These lead to another server.
    let all = all.filter(|path| !path.starts_with("/sign-in/with/"));
    all.map(|path| world.fill_path(&path, |kind| world.id(kind).to_owned())).collect()
}

both!(
    async fn a_142_every_page_is_whole_and_protected(desk) {
        let world = World::new(&desk).await;
        let stranger = Browser::new(&desk);
        let before = desk.changes().await;
        for path in OPEN {
            let page = stranger.open(path).await.expect(200);
            check(path, &page);
            for link in tags(&page.text, "a") {
                let target = attribute(link, "href").unwrap();
                let leads_away = target.starts_with("/api/") || target.starts_with("/sign-in/with/");
                if target.starts_with('/') && !leads_away && target != "/console" {
                    stranger.open(target).await.expect(200);
                }
            }
        }
        let alice = Browser::of(&desk, &world.alice);
        for path in pages_of(&world, |path| !is_for_administrators(path)) {
            check(&path, &alice.open(&path).await.expect(200));
        }
        desk.assert_nothing_happened(before).await;
        let root = Browser::of_administrator(&desk).await;
        let before = desk.changes().await;
        for path in pages_of(&world, |path| !is_for_developers(path) && !is_for_providers(path) && !is_about_ones_own(path)) {
            check(&path, &root.open(&path).await.expect(200));
        }
        desk.assert_nothing_happened(before).await;
        let gateway_id = world.id("gateways").parse().unwrap();
        let provider = AdministratorRole::Provider { gateway_id };
        let gateway = Browser::of(&desk, &desk.administrator_as("gateway", provider).await);
        for path in pages_of(&world, |path| is_for_providers(path) && !path.contains('{')) {
            check(&path, &gateway.open(&path).await.expect(200));
        }
        for (name, role) in [("auditor2", AdministratorRole::Auditor), ("approver", AdministratorRole::Approver)] {
            let browser = Browser::of(&desk, &desk.administrator_as(name, role).await);
            for path in pages_of(&world, is_for_administrators) {
                let page = browser.open(&path).await;
                assert!([200, 303, 403, 404].contains(&page.status.as_u16()), "{name} {path}: {}", page.text);
                if page.status == 200 {
                    check(&path, &page);
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
