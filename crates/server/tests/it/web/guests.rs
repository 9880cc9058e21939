//! Who may see which page and send which form: every route there is, by strangers, by the wrong role, and by those whose
//! things these are not.

use reqwest::Method;

use super::Browser;
use crate::support::{Answer, both};
use crate::world::World;

/// What anybody may send, signed in or not.
const OPEN_FORMS: [&str; 8] = [
    "/administrator-invitation",
    "/forgot-password",
    "/reset-password",
    "/setup",
    "/sign-in",
    "/sign-out",
    "/sign-up",
    "/verify-email",
];

/// What everybody does with what is their own.
const OWN: &str = "/account";

pub fn is_for_administrators(path: &str) -> bool {
    path == "/console" || path.starts_with("/console/")
}

/// Pages of technical users of gateways.
pub fn is_for_providers(path: &str) -> bool {
    path.starts_with("/console/own-gateway")
}

/// Pages about what is one's own, and in this world Alice's.
pub fn is_about_ones_own(path: &str) -> bool {
    path.starts_with("/account/passkeys/{")
}

pub fn is_for_developers(path: &str) -> bool {
    let exact = ["/home", "/apis", "/applications", "/partners", "/requests", "/requests/new"];
    let own = ["/invitation", "/account/name", "/account/password", "/account/delete"];
    exact.contains(&path)
        || own.contains(&path)
        || path.starts_with("/account/consents")
        || path.starts_with("/access-tokens")
}

fn forms() -> Vec<String> {
    let routes = keywright_server::routes().into_iter();
    routes
        .filter(|route| route.method == "POST" && !route.path.starts_with("/api/"))
        .map(|route| route.path)
        .collect()
}

fn pages() -> Vec<String> {
    let routes = keywright_server::routes().into_iter();
    routes
        .filter(|route| route.method == "GET" && !route.path.starts_with("/api/"))
        .map(|route| route.path)
        .collect()
}

async fn send(browser: &Browser, path: &str, csrf: &str) -> Answer {
    browser.submit(path, &[("csrf", csrf), ("name", "New name"), ("confirm", "Shop")]).await
}

both!(
    async fn a_169_strangers_are_sent_to_the_door(desk) {
        let world = World::new(&desk).await;
        let stranger = Browser::new(&desk);
        let before = desk.changes().await;
        let mut closed = 0;
        for path in pages() {
            let path = world.fill_path(&path, |kind| world.id(kind).to_owned());
            let answer = stranger.open(&path).await;
            if answer.status == 303 && path != "/sign-out" {
                let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
                answer.leads_to(&format!("/sign-in?next={next}"));
                closed += 1;
            }
        }
        assert!(closed >= 3, "{closed}");
        for path in forms().into_iter().filter(|path| !OPEN_FORMS.contains(&path.as_str())) {
            let path = world.fill_path(&path, |kind| world.id(kind).to_owned());
            send(&stranger, &path, "").await.page(403, "This is not possible");
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_169_pages_of_one_role_are_closed_to_the_other(desk) {
        let world = World::new(&desk).await;
        let (alice, root) = (Browser::of(&desk, &world.alice), Browser::of_administrator(&desk).await);
        let (alices, roots) = (alice.csrf().await, root.csrf().await);
        let before = desk.changes().await;
        for path in pages() {
            let filled = world.fill_path(&path, |kind| world.id(kind).to_owned());
            if is_for_administrators(&path) {
                alice.open(&filled).await.page(403, "This is not possible");
            }
            if is_for_developers(&path) || is_for_providers(&path) {
                root.open(&filled).await.page(403, "This is not possible");
            }
        }
        for path in forms() {
            let filled = world.fill_path(&path, |kind| world.id(kind).to_owned());
            if is_for_administrators(&path) {
                send(&alice, &filled, &alices).await.page(403, "This is not possible");
            }
            if is_for_developers(&path) {
                send(&root, &filled, &roots).await.page(403, "This is not possible");
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_149_what_is_somebody_elses_is_not_there(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        for stranger in [&world.bob, &world.dan] {
            let browser = Browser::of(&desk, stranger);
            let csrf = browser.csrf().await;
            let theirs = |path: &String| path.contains('{') && !is_for_administrators(path) && !path.starts_with("/apis/")
                // Everybody's way in.
                && !path.starts_with("/sign-in/with/");
            for path in pages().into_iter().filter(theirs) {
                let filled = world.fill_path(&path, |kind| world.id(kind).to_owned());
                browser.open(&filled).await.page(404, "There is nothing here");
            }
            for path in forms().into_iter().filter(|path| path.contains('{') && !is_for_administrators(path) && !path.starts_with("/apis/")) {
                let filled = world.fill_path(&path, |kind| world.id(kind).to_owned());
                send(&browser, &filled, &csrf).await.page(404, "There is nothing here");
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_163_who_may_look_changes_nothing(desk) {
        let world = World::new(&desk).await;
        let carol = Browser::of(&desk, &world.carol);
        let csrf = carol.csrf().await;
        let before = desk.changes().await;
        let theirs = |path: &String| path.contains('{') && !is_for_administrators(path) && !path.starts_with(OWN)
            // What anybody may do who sees the API.
            && !path.ends_with("/subscribe") && !path.ends_with("/access-token");
        for path in forms().into_iter().filter(theirs) {
            let filled = world.fill_path(&path, |kind| world.id(kind).to_owned());
            let answer = send(&carol, &filled, &csrf).await;
            // What is not even to be seen is not there.
            assert!([403, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_136_no_form_is_taken_without_its_token(desk) {
        let world = World::new(&desk).await;
        let alice = Browser::of(&desk, &world.alice);
        let bobs = Browser::of(&desk, &world.bob).csrf().await;
        let root = Browser::of_administrator(&desk).await;
        let before = desk.changes().await;
        for path in forms().into_iter().filter(|path| !OPEN_FORMS.contains(&path.as_str())) {
            let browser = if is_for_administrators(&path) { &root } else { &alice };
            let filled = world.fill_path(&path, |kind| world.id(kind).to_owned());
            for token in ["", &bobs, "0"] {
                send(browser, &filled, token).await.page(403, "This is not possible");
            }
        }
        // Not even with the token, if another site sends it.
        let own = alice.csrf().await;
        let fields = [("csrf", own.as_str()), ("name", "Eve")];
        let headers = [("accept", "text/html"), ("sec-fetch-site", "cross-site")];
        alice.ask(Method::POST, "/account/name", &headers, Some(&fields)).await.page(403, "This is not possible");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_101_a_cookie_that_is_wrong_is_none(desk) {
        let alice = desk.developer("alice").await;
        let secret = alice.bearer.clone().unwrap();
        let token = desk.admin.bearer.clone().unwrap();
        let flipped = format!("{}{}", &secret[..secret.len() - 1], if secret.ends_with('a') { 'b' } else { 'a' });
        let open = async |cookie: String| {
            Browser::new(&desk).ask(Method::GET, "/home", &[("accept", "text/html"), ("cookie", &cookie)], None).await
        };
        open(format!("kw_s={secret}")).await.expect(200);
        open(format!("a=b; kw_s={secret}; c")).await.expect(200);
        for wrong in [
            format!("kw_s={flipped}"),
            format!("kw_s={}", &secret[..20]),
            format!("kw_s={secret}; kw_s={secret}"),
            format!("kw_s={token}"),
            format!("kw_v={secret}"),
            format!("KW_S={secret}"),
            "kw_s=".to_owned(),
            format!("kw_s={}", "x".repeat(8_000)),
            (0..500).map(|n| format!("c{n}=x")).collect::<Vec<_>>().join("; "),
        ] {
            open(wrong).await.leads_to("/sign-in?next=%2Fhome");
        }
        // The API takes no cookies.
        Browser::of(&desk, &alice).open("/api/v1/account").await.problem(401, "unauthenticated");
    }
);
