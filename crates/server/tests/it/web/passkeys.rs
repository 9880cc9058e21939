//! `/account/passkeys`: added, called something else, removed; and what becomes of the second factor with them.

use std::time::Duration;

use app::{SecondFactor, Settings};
use serde_json::{Value, json};

use super::passkey_sign_in::after_password;
use super::{Browser, attribute, hidden, unescape};
use crate::authenticator::{Authenticator, ORIGIN};
use crate::support::{Answer, Desk, User, at_once, both, visitor};

pub const PASSWORD: &str = "alice likes violet umbrellas";
pub const ALICE: [(&str, &str); 2] = [("email", "alice@example.com"), ("password", PASSWORD)];
const NEW: &str = "/account/passkeys/new";

/// An installation where browsers make passkeys.
pub fn at_home() -> Settings {
    Settings { public_url: ORIGIN.to_owned(), ..Settings::default() }
}

/// What a form asks of the browser.
pub fn options(page: &str, action: &str) -> Value {
    let form = page.split("<form ").find(|it| it.contains(&format!("action=\"{action}\""))).unwrap();
    let options = attribute(form.split('>').next().unwrap(), "data-options").unwrap();
    serde_json::from_str(&unescape(options)).unwrap()
}

/// Sends the form of a page with what is hidden in it, but for what the test says.
pub async fn send(browser: &Browser, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
    let mut all = hidden(&page.text, action);
    all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
    let all: Vec<(&str, &str)> =
        all.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(fields.iter().copied()).collect();
    browser.submit(action, &all).await
}

/// Adds a passkey, and says what came of it.
pub async fn add_with(browser: &Browser, authenticator: &mut Authenticator, name: &str) -> Answer {
    let page = browser.open(NEW).await.page(200, "Add a passkey");
    let answer = authenticator.make(&options(&page.text, NEW));
    send(browser, &page, NEW, &[("answer", &answer), ("name", name)]).await
}

/// Somebody's first one, with the recovery codes.
pub async fn add_first(browser: &Browser) -> (Authenticator, Vec<String>) {
    let mut authenticator = Authenticator::new();
    let done = add_with(browser, &mut authenticator, "Laptop").await.page(200, "Your recovery codes");
    let codes = done.text.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    (authenticator, codes.lines().map(str::to_owned).collect())
}

pub async fn alice(desk: &Desk) -> (User, Browser, Authenticator, Vec<String>) {
    let alice = desk.developer("alice").await;
    let browser = Browser::of(desk, &alice);
    let (authenticator, codes) = add_first(&browser).await;
    (alice, browser, authenticator, codes)
}

/// The path of the passkey with a name.
async fn path_of(browser: &Browser, name: &str) -> String {
    let page = browser.open("/account").await.expect(200).text;
    let link = page.split("<a href=\"").find(|it| it.contains(&format!(">{name}</a>"))).unwrap();
    link.split('"').next().unwrap().to_owned()
}

async fn actions(desk: &Desk) -> Vec<String> {
    let lines = desk.admin.get("/api/v1/audit?limit=100").await.expect(200).json();
    let lines = lines["items"].as_array().unwrap().clone();
    let actions = lines.iter().map(|line| line["action"].as_str().unwrap().to_owned());
    actions.filter(|action| action.starts_with("passkey.") || action.starts_with("factor.")).collect()
}

async fn last_mail(desk: &Desk) -> String {
    let (subject, text) = desk.mails("alice@example.com").await.into_iter().next().unwrap();
    assert_eq!(subject, "Your second factor");
    text
}

async fn signs_in_by_password_alone(desk: &Desk) -> bool {
    desk.app.sign_in(&visitor(), "alice@example.com", PASSWORD, "t").await.is_ok()
}

both!(
    async fn a_passkey_is_added_renamed_and_removed_and_the_second_factor_goes_with_the_last(desk, at_home()) {
        let (_, browser, first, codes) = alice(&desk).await;
        assert_eq!(codes.len(), 10);
        assert!(last_mail(&desk).await.contains("the passkey “Laptop” was added"));
        assert!(!signs_in_by_password_alone(&desk).await);
        // What is there is not made again, and the second one brings no codes.
        let page = browser.open(NEW).await.page(200, "Add a passkey");
        let asked = options(&page.text, NEW);
        assert_eq!(asked["excludeCredentials"].as_array().unwrap().len(), 1);
        assert_eq!(asked["user"]["name"], "alice@example.com");
        assert_eq!(asked["rp"]["id"], "desk.example.com");
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(asked["authenticatorSelection"]["residentKey"], "required");
        let again = first.clone().make(&asked);
        let again = send(&browser, &page, NEW, &[("answer", &again), ("name", "Again")]).await.expect(409);
        assert!(again.text.contains("This passkey is here already."), "{}", again.text);
        let mut second = Authenticator { synced: true, ..Authenticator::new() };
        add_with(&browser, &mut second, "Phone").await.leads_to("/account?notice=passkey_added");
        let page = browser.open("/account").await.expect(200);
        assert!(page.text.contains("On one device") && page.text.contains(">Synced<"), "{}", page.text);
        // A name of one's own.
        let phone = path_of(&browser, "Phone").await;
        browser.fill(&phone, &phone, &[("name", "")]).await.complains_about("name", "must not be empty");
        browser.fill(&phone, &phone, &[("name", "Old phone")]).await.leads_to("/account?notice=saved");
        // They go one by one.
        let remove = format!("{}/remove", path_of(&browser, "Old phone").await);
        browser.fill(&remove, &remove, &[]).await.leads_to("/account?notice=passkey_removed");
        assert!(last_mail(&desk).await.contains("your passkey “Old phone” was removed.\n"));
        assert!(!signs_in_by_password_alone(&desk).await);
        browser.open(&remove).await.page(404, "There is nothing here");
        let remove = format!("{}/remove", path_of(&browser, "Laptop").await);
        let page = browser.open(&remove).await.page(200, "Remove the passkey Laptop?");
        assert!(page.text.contains("the last thing that you have besides the password"), "{}", page.text);
        browser.fill(&remove, &remove, &[]).await.leads_to("/account?notice=passkey_removed");
        assert!(last_mail(&desk).await.contains("and with it your second factor"));
        assert!(signs_in_by_password_alone(&desk).await);
        let happened = ["factor.removed", "passkey.removed", "passkey.removed", "passkey.renamed", "passkey.added", "passkey.added", "factor.enrolled"];
        assert_eq!(actions(&desk).await, happened);
    }
);

both!(
    async fn whoever_removes_the_last_two_at_once_has_no_second_factor_left(desk, at_home()) {
        let alice = desk.developer("alice").await;
        let browser = Browser::of(&desk, &alice);
        for _ in 0..3 {
            add_first(&browser).await;
            add_with(&browser, &mut Authenticator::new(), "Phone").await.leads_to("/account?notice=passkey_added");
            let csrf = browser.csrf().await;
            let passkeys = desk.app.own_passkeys(&caller(&alice)).await.unwrap();
            let answers = at_once(2, |n| {
                let (browser, csrf, id) = (browser.clone(), csrf.clone(), passkeys[n].id);
                async move {
                    let path = format!("/account/passkeys/{id}/remove");
                    browser.submit(&path, &[("csrf", &csrf)]).await.status.as_u16()
                }
            })
            .await;
            assert_eq!(answers, [303, 303]);
            assert!(signs_in_by_password_alone(&desk).await);
        }
    }
);

both!(
    async fn an_app_and_passkeys_go_together(desk, at_home()) {
        let (alice, browser, ..) = alice(&desk).await;
        // An app is set up besides, and leaves the recovery codes as they are.
        let page = browser.open("/account/factor").await.page(200, "Set up a second factor");
        let secret = page.text.split("type this: <code>").nth(1).unwrap().split('<').next().unwrap();
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let code = app.generate(u64::try_from(desk.clock.now().unix_seconds()).unwrap()).to_string();
        let wrong = send(&browser, &page, "/account/factor", &[("code", "000000")]).await.expect(400);
        send(&browser, &wrong, "/account/factor", &[("code", &code)]).await.leads_to("/account?notice=app_added");
        assert!(browser.open("/account").await.text.contains("Codes of an app, or a passkey"));
        // Without it the passkey is still asked for.
        let remove = "/account/factor/remove";
        browser.open(remove).await.page(200, "Remove the app for codes?");
        browser.fill(remove, remove, &[]).await.leads_to("/account?notice=app_removed");
        assert!(!signs_in_by_password_alone(&desk).await);
        let csrf = browser.csrf().await;
        browser.submit(remove, &[("csrf", &csrf)]).await.expect(409);
        // An administrator takes all of it away.
        let root = desk.administrator().await;
        root.delete(&format!("/api/v1/developers/{}/factor", alice.id)).await.expect(204);
        assert!(signs_in_by_password_alone(&desk).await);
        assert!(desk.app.own_passkeys(&caller(&alice)).await.unwrap().is_empty());
        assert_eq!(actions(&desk).await[..2], ["factor.removed", "passkey.removed"]);
    }
);

fn caller(user: &User) -> app::Caller {
    let session_id = domain::SessionId(uuid::Uuid::now_v7());
    let identity = app::Identity::Developer { id: user.id.parse().unwrap(), session_id };
    app::Caller { identity, ..visitor() }
}

both!(
    async fn a_113_passkeys_take_a_fresh_sign_in(desk, at_home()) {
        let (_, browser, ..) = alice(&desk).await;
        let page = browser.open(NEW).await.expect(200);
        let laptop = path_of(&browser, "Laptop").await;
        let remove = format!("{laptop}/remove");
        let shown = browser.open(&remove).await.expect(200);
        desk.clock.advance(Duration::from_secs(601));
        let before = desk.changes().await;
        let again = |path: &str| {
            let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            format!("/sign-in?next={next}&fresh=1&again=1")
        };
        let answer = Authenticator::new().make(&options(&page.text, NEW));
        send(&browser, &page, NEW, &[("answer", &answer), ("name", "Eve")]).await.leads_to(&again(NEW));
        send(&browser, &shown, &remove, &[]).await.leads_to(&again(&remove));
        browser.open(NEW).await.leads_to(&again(NEW));
        desk.assert_nothing_happened(before).await;
        // What it is called matters less.
        browser.fill(&laptop, &laptop, &[("name", "Old laptop")]).await.leads_to("/account?notice=saved");
    }
);

both!(
    async fn a_114_what_was_not_made_for_this_desk_and_this_person_is_not_added(desk, at_home()) {
        let (_, browser, ..) = alice(&desk).await;
        let bob = Browser::of(&desk, &desk.developer("bob").await);
        let before = desk.changes().await;
        let lies: [fn(&mut Authenticator); 3] = [
            |it| it.origin = "https://desk.example.com.evil.test".to_owned(),
            |it| it.host = "example.com".to_owned(),
            |it| it.verified = false,
        ];
        for lie in lies {
            let mut authenticator = Authenticator::new();
            lie(&mut authenticator);
            let refused = add_with(&browser, &mut authenticator, "Eve").await.expect(409);
            assert!(refused.text.contains("no passkey that can be used here"), "{}", refused.text);
            assert!(refused.text.contains("value=\"Eve\""));
        }
        let page = browser.open(NEW).await.expect(200);
        for nonsense in ["", "{}", "x", &Authenticator::new().make(&json!({"user": {"id": "AAAA"}, "challenge": "AAAA"}))] {
            send(&browser, &page, NEW, &[("answer", nonsense), ("name", "Eve")]).await.expect(409);
        }
        // The ticket of somebody else, and one that is over.
        let theirs = bob.open(NEW).await.expect(200);
        let answer = Authenticator::new().make(&options(&page.text, NEW));
        let ticket = hidden(&page.text, NEW).into_iter().find(|(name, _)| name == "ticket").unwrap().1;
        let stolen = [("ticket", ticket.as_str()), ("answer", &answer), ("name", "Eve")];
        send(&bob, &theirs, NEW, &stolen).await.expect(410);
        desk.clock.advance(Duration::from_secs(599));
        let late = [("ticket", "x"), ("answer", answer.as_str()), ("name", "Eve")];
        send(&browser, &page, NEW, &late).await.expect(410);
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn nobody_has_more_than_twenty(desk, at_home()) {
        let (_, browser, ..) = alice(&desk).await;
        for n in 1..20 {
            add_with(&browser, &mut Authenticator::new(), &format!("Key {n}")).await.leads_to("/account?notice=passkey_added");
        }
        let page = browser.open(NEW).await.page(200, "Add a passkey");
        assert!(!page.text.contains("data-passkey") && page.text.contains("Key 19"), "{}", page.text);
    }
);

both!(
    async fn where_browsers_make_none_it_is_said_why(desk) {
        let alice = Browser::of(&desk, &desk.developer("alice").await);
        let page = alice.open("/account").await.expect(200);
        assert!(page.text.contains("Passkeys need a host name, and this desk is reached at an IP address."), "{}", page.text);
        assert!(!page.text.contains(NEW));
        let page = alice.open(NEW).await.page(200, "Add a passkey");
        assert!(page.text.contains("Passkeys need a host name") && !page.text.contains("data-passkey"));
        let csrf = alice.csrf().await;
        alice.submit(NEW, &[("csrf", &csrf), ("name", "x"), ("ticket", "x"), ("answer", "x")]).await.expect(409);
        let stranger = Browser::new(&desk);
        let page = stranger.open("/sign-in").await.page(200, "Sign in");
        assert!(!page.text.contains("data-passkey"), "{}", page.text);
    }
);

both!(
    async fn where_it_is_demanded_a_passkey_is_set_up_at_sign_in_and_the_last_one_stays(desk, Settings { second_factor: SecondFactor::Administrators, ..at_home() }) {
        let (email, password) = ("root@example.com", "seven wet otters juggle");
        desk.app.create_administrator(&app::Caller::operator(), email, password).await.unwrap();
        let fields = [("email", email), ("password", password)];
        let action = "/sign-in/enroll/passkey";
        let (mut browser, page) = after_password(&desk, &fields).await;
        let page = page.page(200, "Set up a second factor");
        let (other, other_page) = after_password(&desk, &fields).await;
        let mut authenticator = Authenticator::new();
        let refused = send(&browser, &page, action, &[("answer", "{}")]).await.expect(409);
        let answer = authenticator.make(&options(&refused.text, action));
        let done = send(&browser, &refused, action, &[("answer", &answer)]).await;
        browser.keep_cookies(&done);
        done.page(200, "Your recovery codes");
        browser.open("/console").await.page(200, "Overview");
        // the password alone, with a page from before, adds nothing to what is there.
        let before = desk.changes().await;
        let mut eve = Authenticator::new();
        let answer = eve.make(&options(&other_page.text, action));
        let late = send(&other, &other_page, action, &[("answer", &answer)]).await;
        assert!(late.header("location").starts_with("/sign-in?next="), "{}", late.text);
        let secret = other_page.text.split("type this: <code>").nth(1).unwrap().split('<').next().unwrap();
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
        let code = app.generate(u64::try_from(desk.clock.now().unix_seconds()).unwrap()).to_string();
        send(&other, &other_page, "/sign-in/enroll", &[("code", &code)]).await.expect(409);
        desk.assert_nothing_happened(before).await;
        let mine = browser.open("/account").await.expect(200);
        let remove = mine.text.split('"').find(|it| it.starts_with("/account/passkeys/") && it.ends_with("/remove")).unwrap();
        let page = browser.fill(remove, remove, &[]).await.expect(409);
        assert!(page.text.contains("demanded here"), "{}", page.text);
    }
);
