//! The second factor: set up on the account's page, asked for at sign-in, and what try with it.

use std::time::Duration;

use app::{Caller, SecondFactor, Settings};
use domain::{AdministratorRole, Person};
use reqwest::Method;
use serde_json::json;

use super::{Browser, hidden};
use crate::oauth2::Rp;
use crate::support::{Answer, Desk, User, at_once, both, visitor};

const PASSWORD: &str = "alice likes violet umbrellas";
const ALICE: [(&str, &str); 2] = [("email", "alice@example.com"), ("password", PASSWORD)];
const PATH: &str = "/account/factor";

/// What the app on a phone shows.
struct Phone(totp_rs::Totp);

impl Phone {
    fn reading(page: &Answer) -> Self {
        let secret = page.text.split("type this: <code>").nth(1).unwrap().split('<').next().unwrap();
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        Self(totp_rs::Builder::new().with_secret(secret).build().unwrap())
    }

    /// The code, so many steps from now.
    fn code(&self, desk: &Desk, steps: i64) -> String {
        let at = desk.clock.now().unix_seconds() + 30 * steps;
        self.0.generate(u64::try_from(at).unwrap()).to_string()
    }
}

/// Sends the form of a page with what is hidden in it.
async fn send(browser: &Browser, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
    let all = hidden(&page.text, action);
    let all: Vec<(&str, &str)> =
        all.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(fields.iter().copied()).collect();
    browser.submit(action, &all).await
}

/// Sets a second factor up, and hands back the recovery codes.
async fn set_up(desk: &Desk, browser: &Browser) -> (Phone, Vec<String>) {
    let page = browser.open(PATH).await.page(200, "Set up a second factor");
    assert!(page.text.contains("<svg class=\"qr\""), "{}", page.text);
    let phone = Phone::reading(&page);
    let before = desk.changes().await;
    let wrong = send(browser, &page, PATH, &[("code", "000000")]).await.expect(400);
    assert!(wrong.text.contains("is not right"), "{}", wrong.text);
    desk.assert_nothing_happened(before).await;
    let done = send(browser, &page, PATH, &[("code", &phone.code(desk, 0))]).await;
    let done = done.page(200, "Your recovery codes");
    let codes = done.text.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    let codes: Vec<String> = codes.lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10);
    (phone, codes)
}

/// The page that comes after the right password.
async fn after_password(desk: &Desk, fields: &[(&str, &str)]) -> (Browser, Answer) {
    let mut browser = Browser::new(desk);
    let shown = browser.open("/sign-in").await.page(200, "Sign in");
    browser.keep_cookies(&shown);
    let answer = send(&browser, &shown, "/sign-in", fields).await;
    browser.keep_cookies(&answer);
    (browser, answer)
}

async fn show_code(desk: &Desk, code: &str) -> Answer {
    let (browser, page) = after_password(desk, &ALICE).await;
    let page = page.page(200, "Your code");
    send(&browser, &page, "/sign-in/code", &[("code", code)]).await
}

async fn alice(desk: &Desk) -> (User, Phone, Vec<String>) {
    let alice = desk.developer("alice").await;
    let (phone, codes) = set_up(desk, &Browser::of(desk, &alice)).await;
    (alice, phone, codes)
}

both!(
    async fn a_114_signing_in_takes_the_password_and_a_code_that_is_taken_once(desk) {
        let (_, phone, _) = alice(&desk).await;
        // The one that has set it up is used.
        show_code(&desk, &phone.code(&desk, 0)).await.expect(400);
        desk.clock.advance(Duration::from_secs(60));
        for steps in [-2, 2] {
            let refused = show_code(&desk, &phone.code(&desk, steps)).await.expect(400);
            assert!(refused.text.contains("The code is wrong, too old, or was used before."), "{}", refused.text);
        }
        let code = phone.code(&desk, 0);
        let (mut browser, page) = after_password(&desk, &ALICE).await;
        let answer = send(&browser, &page, "/sign-in/code", &[("code", &format!("{} {}", &code[..3], &code[3..]))]).await;
        answer.leads_to("/home");
        browser.keep_cookies(&answer);
        browser.open("/home").await.page(200, "Hello, alice");
        show_code(&desk, &code).await.expect(400);
        // Neither is the one before it good for anything now, but the next one is.
        show_code(&desk, &phone.code(&desk, -1)).await.expect(400);
        show_code(&desk, &phone.code(&desk, 1)).await.leads_to("/home");
    }
);

both!(
    async fn a_114_there_is_no_session_before_the_code(desk) {
        let (alice, phone, _) = alice(&desk).await;
        desk.clock.advance(Duration::from_secs(60));
        let before = desk.changes().await;
        let (browser, page) = after_password(&desk, &ALICE).await;
        let page = page.page(200, "Your code");
        assert!(!browser.cookies.contains_key("kw_s"));
        for path in ["/home", "/account", "/account/factor", "/applications"] {
            let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            browser.open(path).await.leads_to(&format!("/sign-in?next={next}"));
        }
        let ticket = hidden(&page.text, "/sign-in/code").into_iter().find(|(name, _)| name == "ticket").unwrap().1;
        desk.session(&ticket).get("/api/v1/account").await.problem(401, "unauthenticated");
        desk.assert_nothing_happened(before).await;
        // A ticket ends with the password that it was given for, and after ten minutes.
        let new = json!({"current_password": PASSWORD, "new_password": "nine quiet herons by a lake"});
        alice.post("/api/v1/account/password", new).await.expect(204);
        let late = send(&browser, &page, "/sign-in/code", &[("code", &phone.code(&desk, 0))]).await;
        assert_eq!((late.status.as_u16(), late.header("location").starts_with("/sign-in")), (303, true));
        let fields = [("email", "alice@example.com"), ("password", "nine quiet herons by a lake")];
        let (browser, page) = after_password(&desk, &fields).await;
        desk.clock.advance(Duration::from_secs(601));
        let late = send(&browser, &page, "/sign-in/code", &[("code", &phone.code(&desk, 0))]).await;
        assert!(late.header("location").starts_with("/sign-in?next="), "{}", late.text);
        assert!(late.headers.get_all("set-cookie").iter().all(|it| !it.to_str().unwrap().starts_with("kw_s=kw_")));
    }
);

both!(
    async fn a_114_codes_cannot_be_tried_out(desk) {
        let (_, phone, _) = alice(&desk).await;
        desk.clock.advance(Duration::from_secs(60));
        let mut refused = Vec::new();
        for n in 0..20 {
            refused.push(show_code(&desk, &format!("{n:06}")).await.status.as_u16());
        }
        assert_eq!(refused.iter().filter(|status| **status == 400).count(), 6, "{refused:?}");
        assert!(refused.iter().all(|status| [400, 429].contains(status)), "{refused:?}");
        // Not even the right one, and the right password between the tries forgives nothing.
        show_code(&desk, &phone.code(&desk, 0)).await.expect(429);
        let at_api = json!({"email": "alice@example.com", "password": PASSWORD, "code": phone.code(&desk, 0)});
        desk.anonymous().post("/api/v1/account/sessions", at_api.clone()).await.problem(429, "too_many_attempts");
        desk.clock.advance(Duration::from_secs(5));
        show_code(&desk, &phone.code(&desk, 0)).await.leads_to("/home");
    }
);

both!(
    async fn a_114_of_two_sign_ins_with_one_recovery_code_one_gets_in(desk) {
        let (_, _, codes) = alice(&desk).await;
        for code in &codes[..3] {
            let answers = at_once(4, |_| {
                let body = json!({"email": "alice@example.com", "password": PASSWORD, "code": code});
                let anybody = desk.anonymous();
                async move { anybody.post("/api/v1/account/sessions", body).await.status.as_u16() }
            })
            .await;
            assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
        }
        let (subject, text) = desk.mails("alice@example.com").await.into_iter().next().unwrap();
        assert!(subject == "Your second factor" && text.contains("7 are left"), "{text}");
        show_code(&desk, &codes[0]).await.expect(400);
        show_code(&desk, &codes[4].to_uppercase().replace('-', "")).await.leads_to("/home");
        let kept = desk.everything_kept().await;
        assert!(codes.iter().all(|code| !kept.contains(code.as_str())));
    }
);

both!(
    async fn a_114_a_new_password_by_mail_leaves_the_second_factor(desk) {
        let (_, phone, _) = alice(&desk).await;
        desk.app.forgot_password(&visitor(), "alice@example.com").await.unwrap();
        let token = desk.token_in_last_mail("alice@example.com").await;
        let password = "nine quiet herons by a lake";
        let new = json!({"token": token, "password": password});
        desk.anonymous().post("/api/v1/account/reset-password", new).await.expect(204);
        desk.clock.advance(Duration::from_secs(60));
        let mut body = json!({"email": "alice@example.com", "password": password});
        desk.anonymous().post("/api/v1/account/sessions", body.clone()).await.problem(401, "second_factor_required");
        body["code"] = json!("123456");
        desk.anonymous().post("/api/v1/account/sessions", body.clone()).await.problem(401, "unauthenticated");
        let lines = desk.admin.get("/api/v1/audit?action=factor.code_refused").await.expect(200).json();
        assert_eq!(lines["items"].as_array().unwrap().len(), 1, "{lines}");
        body["code"] = json!(phone.code(&desk, 0));
        desk.anonymous().post("/api/v1/account/sessions", body).await.expect(201);
    }
);

both!(
    async fn a_114_where_no_code_can_be_given_nobody_with_a_second_factor_gets_in(desk) {
        let (_, phone, _) = alice(&desk).await;
        desk.clock.advance(Duration::from_secs(60));
        let body = json!({"username": "alice@example.com", "password": PASSWORD});
        let konnect = desk.anonymous().post("/api/v2/developer/authenticate", body).await.expect(401);
        assert_eq!(konnect.json()["detail"], app::SECOND_FACTOR, "{}", konnect.text);
        let wrong = json!({"username": "alice@example.com", "password": "something else entirely"});
        let wrong = desk.anonymous().post("/api/v2/developer/authenticate", wrong).await.expect(401);
        assert_eq!(wrong.json()["title"], "Invalid Credentials");
        let basic = desk.anonymous().request(Method::GET, "/portal/rest/v1/applications");
        let basic = Answer::of(basic.basic_auth("alice@example.com", Some(PASSWORD))).await.expect(401);
        assert!(basic.text.contains("second factor"), "{}", basic.text);
        // A code where none is due is refused, too.
        desk.developer("bob").await;
        let body = json!({"email": "bob@example.com", "password": "bob likes violet umbrellas", "code": phone.code(&desk, 0)});
        desk.anonymous().post("/api/v1/account/sessions", body).await.problem(401, "unauthenticated");
    }
);

both!(
    async fn a_113_what_matters_most_takes_a_fresh_sign_in(desk) {
        let alice = desk.developer("alice").await;
        let root = desk.administrator().await;
        let other = desk.administrator_as("other", AdministratorRole::Auditor).await;
        let (browser, console) = (Browser::of(&desk, &alice), Browser::of(&desk, &root));
        for path in ["/account/password", "/account/delete", "/account/factor"] {
            browser.open(path).await.expect(200);
        }
        desk.clock.advance(Duration::from_secs(601));
        let again = |path: &str| {
            let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            format!("/sign-in?next={next}&fresh=1&again=1")
        };
        let before = desk.changes().await;
        for path in ["/account/password", "/account/delete", PATH, "/account/factor/codes", "/account/factor/remove"] {
            browser.open(path).await.leads_to(&again(path));
        }
        for path in ["/console/administrators/invite", "/console/tokens/new"] {
            console.open(path).await.leads_to(&again(path));
        }
        let page = browser.open(&again(PATH)).await.page(200, "Sign in");
        assert!(page.text.contains("more than ten minutes ago"), "{}", page.text);
        let new = json!({"current_password": PASSWORD, "new_password": "nine quiet herons by a lake"});
        alice.post("/api/v1/account/password", new).await.problem(403, "reauth_required");
        alice.delete("/api/v1/account").await.problem(403, "reauth_required");
        let new = json!({"email": "eve@example.com", "password": "eleven odd kettles hum", "role": "administrator"});
        root.post("/api/v1/administrators", new.clone()).await.problem(403, "reauth_required");
        root.post(&format!("/api/v1/administrators/{}/disable", other.id), json!({})).await.problem(403, "reauth_required");
        let token = json!({"name": "T", "scopes": ["*:write"]});
        root.post("/api/v1/tokens", token).await.problem(403, "reauth_required");
        desk.assert_nothing_happened(before).await;
        // What matters less goes on.
        browser.open("/account").await.expect(200);
        alice.application().await;
        // Signed in again, they come back.
        let mut browser = browser;
        let page = browser.open(&again(PATH)).await.expect(200);
        let done = send(&browser, &page, "/sign-in", &ALICE).await;
        done.leads_to(PATH);
        browser.keep_cookies(&done);
        browser.open(PATH).await.page(200, "Set up a second factor");
    }
);

both!(
    async fn a_second_factor_is_removed_by_its_owner_or_by_an_administrator_who_tells(desk) {
        let (alice, _, codes) = alice(&desk).await;
        let browser = Browser::of(&desk, &alice);
        let page = browser.fill("/account/factor/codes", "/account/factor/codes", &[]).await;
        let page = page.page(200, "Your recovery codes");
        assert!(!page.text.contains(&codes[0]));
        show_code(&desk, &codes[0]).await.expect(400);
        let path = format!("/api/v1/developers/{}/factor", alice.id);
        let auditor = desk.administrator_as("looks", AdministratorRole::Auditor).await;
        let narrow = desk.token(&["developers:read"]).await;
        let before = desk.changes().await;
        for user in [&alice, &auditor, &narrow] {
            user.delete(&path).await.problem(403, "forbidden");
        }
        desk.anonymous().delete(&path).await.problem(401, "unauthenticated");
        desk.assert_nothing_happened(before).await;
        let root = desk.administrator().await;
        root.delete(&path).await.expect(204);
        root.delete(&path).await.problem(409, "none");
        let (subject, text) = desk.mails("alice@example.com").await.into_iter().next().unwrap();
        assert!(subject == "Your second factor" && text.contains("removed by an administrator"), "{text}");
        let lines = desk.admin.get("/api/v1/audit?action=factor.removed").await.expect(200).json();
        assert_eq!(lines["items"].as_array().unwrap().len(), 1);
        desk.app.sign_in(&visitor(), "alice@example.com", PASSWORD, "t").await.unwrap();

        set_up(&desk, &browser).await;
        browser.fill("/account/factor/remove", "/account/factor/remove", &[]).await.leads_to("/account?notice=factor_removed");
        desk.app.sign_in(&visitor(), "alice@example.com", PASSWORD, "t").await.unwrap();
    }
);

both!(
    async fn where_it_is_demanded_it_is_set_up_at_the_next_sign_in(desk, Settings { second_factor: SecondFactor::Administrators, ..Settings::default() }) {
        let (email, password) = ("root@example.com", "seven wet otters juggle");
        desk.app.create_administrator(&Caller::operator(), email, password).await.unwrap();
        let body = json!({"email": email, "password": password, "role": "administrator"});
        desk.anonymous().post("/api/v1/account/sessions", body).await.problem(401, "second_factor_missing");
        let (mut browser, page) = after_password(&desk, &[("email", email), ("password", password)]).await;
        let page = page.page(200, "Set up a second factor");
        assert!(!browser.cookies.contains_key("kw_s"));
        let wrong = send(&browser, &page, "/sign-in/enroll", &[("code", "000000")]).await.expect(400);
        let phone = Phone::reading(&page);
        assert_eq!(Phone::reading(&wrong).code(&desk, 0), phone.code(&desk, 0), "the same picture");
        let done = send(&browser, &wrong, "/sign-in/enroll", &[("code", &phone.code(&desk, 0))]).await;
        browser.keep_cookies(&done);
        done.page(200, "Your recovery codes");
        browser.open("/console").await.page(200, "Overview");
        let page = browser.fill("/account/factor/remove", "/account/factor/remove", &[]).await.expect(409);
        assert!(page.text.contains("demanded here"), "{}", page.text);
        // Neither developers nor programs are asked.
        desk.developer("alice").await;
        let gateway = desk.admin.make("/api/v1/gateways", json!({"name": "X"})).await;
        let user = json!({"email": "gw@example.com", "password": "eleven odd kettles hum"});
        let users = format!("/api/v1/gateways/{}/users", crate::support::id(&gateway));
        desk.admin.post(&users, user).await.expect(201);
        desk.app.identify_basic(&visitor(), "gw@example.com", "eleven odd kettles hum").await.unwrap();
        let signed_in = desk.app.sign_in_administrator(&visitor(), "gw@example.com", "eleven odd kettles hum", "t").await.unwrap();
        let Person::Administrator(_) = signed_in.session.person else { panic!("no technical user") };
        let provider = Browser::of(&desk, &desk.session(signed_in.secret.expose()));
        provider.open(PATH).await.page(403, "This is not possible");
    }
);

both!(
    async fn clients_are_told_how_somebody_has_signed_in(desk) {
        let rp = Rp::new(&desk).await;
        let claims = async |browser: &Browser| {
            let tokens = rp.tokens(browser, &[]).await;
            let token = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
            let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, token).unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            (claims["amr"].clone(), claims["acr"].clone())
        };
        let browser = Browser::of(&desk, &rp.owner);
        assert_eq!(claims(&browser).await, (json!(["pwd"]), json!("1")));
        let (phone, _) = set_up(&desk, &browser).await;
        desk.clock.advance(Duration::from_secs(60));
        // Whoever is sent here by a client is asked for the code as well, and goes on there.
        let (mut fresh, page) = after_password(&desk, &ALICE).await;
        let done = send(&fresh, &page, "/sign-in/code", &[("code", &phone.code(&desk, 0))]).await;
        fresh.keep_cookies(&done);
        assert_eq!(claims(&fresh).await, (json!(["pwd", "otp", "mfa"]), json!("2")));
    }
);
