//! `/sign-in` and `/sign-out`

use std::time::Duration;

use super::{Browser, hidden};
use crate::support::both;
use app::Caller;

const ALICE: [(&str, &str); 2] =
    [("email", "alice@example.com"), ("password", "alice likes violet umbrellas")];
const ROOT: [(&str, &str); 2] = [("email", "root@example.com"), ("password", "seven wet otters juggle")];

/// Opens the page, keeps its cookie, and sends the form.
async fn sign_in(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> crate::support::Answer {
    let shown = browser.open(page).await.page(200, "Sign in");
    browser.keep_cookies(&shown);
    let all = hidden(&shown.text, "/sign-in");
    let all: Vec<(&str, &str)> =
        all.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(fields.iter().copied()).collect();
    let answer = browser.submit("/sign-in", &all).await;
    browser.keep_cookies(&answer);
    answer
}

both!(
    async fn a_099_signing_in_gives_a_new_session_and_leads_on(desk) {
        desk.developer("alice").await;
        let mut browser = Browser::new(&desk);
        browser.open("/applications/new?x=1").await;
        browser.cookies.insert("kw_s".to_owned(), "planted".to_owned());
        let answer = sign_in(&mut browser, "/sign-in?next=%2Fhome%3Fx%3D1", &ALICE).await;
        answer.leads_to("/home?x=1");
        let cookie = answer.headers.get_all("set-cookie").iter().next().unwrap().to_str().unwrap().to_owned();
        assert!(cookie.starts_with("kw_s=kw_ses_") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        let first = browser.cookies["kw_s"].clone();
        let page = browser.open("/home").await.page(200, "Hello, alice");
        assert!(!page.text.contains(&first));
        browser.open("/sign-in").await.leads_to("/home");
        browser.open("/").await.leads_to("/home");

        // Again: another session, and the one before is over.
        sign_in(&mut browser, "/sign-in?fresh=1", &ALICE).await.leads_to("/home");
        assert_ne!(browser.cookies["kw_s"], first);
        let mut old = Browser::new(&desk);
        old.cookies.insert("kw_s".to_owned(), first);
        old.open("/home").await.leads_to("/sign-in?next=%2Fhome");
    }
);

both!(
    async fn what_is_wrong_is_said_and_nothing_is_lost(desk) {
        desk.developer("alice").await;
        let mut browser = Browser::new(&desk);
        let wrong = [("email", "alice@example.com"), ("password", "something else entirely")];
        let page = sign_in(&mut browser, "/sign-in?next=%2Fapis", &wrong).await.expect(400);
        assert!(page.text.contains("The address or the password is wrong."), "{}", page.text);
        assert!(page.text.contains("value=\"alice@example.com\"") && !page.text.contains("something else"), "{}", page.text);
        assert!(page.text.contains("name=\"next\" value=\"/apis\""), "{}", page.text);
        let nobody = [("email", "nobody@example.com"), ("password", "something else entirely")];
        let page = sign_in(&mut browser, "/sign-in", &nobody).await.expect(400);
        assert!(page.text.contains("The address or the password is wrong."), "{}", page.text);
        // nowhere else.
        for evil in ["//evil.test", "/\\evil.test", "https:evil.test", "https://evil.test", "javascript:alert(1)", "/\t/evil.test"] {
            let evil: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
            let mut browser = Browser::new(&desk);
            sign_in(&mut browser, &format!("/sign-in?next={evil}"), &ALICE).await.leads_to("/home");
        }
    }
);

both!(
    async fn a_139_no_other_site_signs_somebody_in(desk) {
        desk.developer("alice").await;
        let before = desk.changes().await;
        let attacker = Browser::new(&desk);
        let page = attacker.open("/sign-in").await;
        let token = hidden(&page.text, "/sign-in").into_iter().find(|(name, _)| name == "csrf").unwrap().1;
        // The victim's browser has another cookie, or none.
        let victim = Browser::new(&desk);
        let fields: Vec<(&str, &str)> = ALICE.into_iter().chain([("csrf", token.as_str())]).collect();
        victim.submit("/sign-in", &fields).await.page(403, "This is not possible");
        let mut victim = Browser::new(&desk);
        victim.keep_cookies(&victim.open("/sign-in").await);
        victim.submit("/sign-in", &fields).await.page(403, "This is not possible");
        victim.submit("/sign-in", &ALICE).await.page(403, "This is not possible");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn administrators_come_by_the_same_door(desk) {
        desk.administrator().await;
        let mut browser = Browser::new(&desk);
        browser.open("/console").await.leads_to("/sign-in?next=%2Fconsole");
        sign_in(&mut browser, "/sign-in?next=%2Fconsole", &ROOT).await.leads_to("/console");
        browser.open("/console").await.page(200, "Overview");
        browser.open("/").await.leads_to("/console");
        browser.open("/home").await.page(403, "This is not possible");
        // 15 minutes without a look, or 8 hours in any case.
        desk.clock.advance(Duration::from_secs(14 * 60));
        browser.open("/console").await.expect(200);
        desk.clock.advance(Duration::from_secs(15 * 60));
        browser.open("/console").await.leads_to("/sign-in?next=%2Fconsole");
        sign_in(&mut browser, "/sign-in", &ROOT).await.leads_to("/console");
        for _ in 0..47 {
            desk.clock.advance(Duration::from_secs(10 * 60));
            browser.open("/console").await.expect(200);
        }
        desk.clock.advance(Duration::from_secs(10 * 60));
        browser.open("/console").await.leads_to("/sign-in?next=%2Fconsole");
    }
);

both!(
    async fn one_address_may_be_a_developers_and_an_administrators(desk) {
        desk.developer("alice").await;
        let other = "nine wet otters juggle";
        desk.app.create_administrator(&Caller::operator(), "alice@example.com", other).await.unwrap();
        let mut browser = Browser::new(&desk);
        sign_in(&mut browser, "/sign-in?next=%2Fconsole", &ALICE).await.leads_to("/console");
        browser.open("/console").await.page(403, "This is not possible");
        let mut browser = Browser::new(&desk);
        sign_in(&mut browser, "/sign-in", &[("email", "alice@example.com"), ("password", other)]).await.leads_to("/console");
        browser.open("/console").await.expect(200);
    }
);

both!(
    async fn a_106_signing_out_takes_a_form(desk) {
        let alice = desk.developer("alice").await;
        let browser = Browser::of(&desk, &alice);
        let before = desk.changes().await;
        let page = browser.open("/sign-out").await.page(200, "Sign out?");
        assert_eq!(page.header("cache-control"), "no-store");
        browser.submit("/sign-out", &[]).await.page(403, "This is not possible");
        desk.assert_nothing_happened(before).await;
        browser.open("/home").await.expect(200);
        let answer = browser.fill("/sign-out", "/sign-out", &[]).await;
        answer.leads_to("/sign-in?notice=signed_out");
        assert!(answer.header("set-cookie").starts_with("kw_s=; ") && answer.header("set-cookie").ends_with("Max-Age=0"));
        browser.open("/home").await.leads_to("/sign-in?next=%2Fhome");
        alice.get("/api/v1/account").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn a_102_bad_tries_are_counted_at_this_door_too(desk) {
        desk.developer("alice").await;
        let mut browser = Browser::new(&desk);
        let wrong = [("email", "alice@example.com"), ("password", "something else entirely")];
        for _ in 0..5 {
            sign_in(&mut browser, "/sign-in", &wrong).await.expect(400);
        }
        let page = sign_in(&mut browser, "/sign-in", &ALICE).await.expect(429);
        assert!(page.text.contains("Too many attempts"), "{}", page.text);
        desk.clock.advance(Duration::from_secs(2));
        sign_in(&mut browser, "/sign-in", &ALICE).await.leads_to("/home");
    }
);
