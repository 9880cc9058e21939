//! Signing in with passkeys: alone, and after the password; and what A-114 tries with it.

use std::time::Duration;

use app::Caller;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use reqwest::Method;
use serde_json::{Value, json};

use super::passkeys::{ALICE, PASSWORD, add_first, alice, at_home, options, send};
use super::{Browser, hidden};
use crate::authenticator::Authenticator;
use crate::oauth2::Rp;
use crate::support::{Answer, Desk, at_once, both, id};

const ALONE: &str = "/sign-in/passkey";
const AFTER: &str = "/sign-in/code/passkey";
const REFUSED: &str = "This passkey did not sign you in; try again, or sign in in another way.";

/// The page for signing in, in a browser of its own.
async fn door(desk: &Desk, path: &str) -> (Browser, Answer) {
    let mut browser = Browser::new(desk);
    let page = browser.open(path).await.page(200, "Sign in");
    browser.keep_cookies(&page);
    (browser, page)
}

/// The page that comes after the right password.
pub async fn after_password(desk: &Desk, fields: &[(&str, &str)]) -> (Browser, Answer) {
    let (mut browser, page) = door(desk, "/sign-in").await;
    let answer = send(&browser, &page, "/sign-in", fields).await;
    browser.keep_cookies(&answer);
    (browser, answer)
}

async fn sign_in(desk: &Desk, authenticator: &Authenticator) -> (Browser, Answer) {
    let (mut browser, page) = door(desk, "/sign-in").await;
    let answer = authenticator.sign(&options(&page.text, ALONE));
    let done = send(&browser, &page, ALONE, &[("answer", &answer)]).await;
    browser.keep_cookies(&done);
    (browser, done)
}

fn later(desk: &Desk) {
    desk.clock.advance(Duration::from_secs(1));
}

both!(
    async fn a_passkey_signs_in_without_password_and_leads_on(desk, at_home()) {
        let (_, _, authenticator, _) = alice(&desk).await;
        let (mut browser, page) = door(&desk, "/sign-in?next=%2Fapplications").await;
        let asked = options(&page.text, ALONE);
        assert_eq!((&asked["allowCredentials"], &asked["userVerification"]), (&json!([]), &json!("required")));
        assert_eq!(asked["rpId"], "desk.example.com");
        let answer = authenticator.sign(&asked);
        let done = send(&browser, &page, ALONE, &[("answer", &answer)]).await;
        done.leads_to("/applications");
        browser.keep_cookies(&done);
        browser.open("/home").await.page(200, "Hello, alice");
        assert!(!browser.open("/account").await.text.contains("Never"));
        let lines = desk.admin.get("/api/v1/audit?action=passkey.used").await.expect(200).json();
        assert_eq!(lines["items"].as_array().unwrap().len(), 1);
        let kept = desk.everything_kept().await;
        assert!(!kept.contains(&BASE64URL.encode(&authenticator.credential)));
        // It is as fresh as any sign-in, and an administrator comes to the console.
        desk.clock.advance(Duration::from_secs(601));
        let (browser, _) = sign_in(&desk, &authenticator).await;
        browser.open("/account/passkeys/new").await.page(200, "Add a passkey");
        let root = desk.administrator().await;
        let (authenticator, _) = add_first(&Browser::of(&desk, &root)).await;
        later(&desk);
        sign_in(&desk, &authenticator).await.1.leads_to("/console");
    }
);

both!(
    async fn after_the_password_a_passkey_or_a_recovery_code_is_asked_for(desk, at_home()) {
        let (_, _, authenticator, codes) = alice(&desk).await;
        later(&desk);
        let (mut browser, page) = after_password(&desk, &ALICE).await;
        let page = page.page(200, "Your second factor");
        assert!(!browser.cookies.contains_key("kw_s"));
        assert!(page.text.contains("Use one of your passkeys, or type one of your recovery codes."), "{}", page.text);
        let asked = options(&page.text, AFTER);
        assert_eq!(asked["allowCredentials"][0]["id"], BASE64URL.encode(&authenticator.credential));
        assert_eq!(asked["allowCredentials"][0]["transports"], json!(["internal"]));
        // What was wrong can be tried again, on either way.
        let page = send(&browser, &page, "/sign-in/code", &[("code", "123456")]).await.expect(400);
        let page = send(&browser, &page, AFTER, &[("answer", "{}")]).await.expect(400);
        assert!(page.text.contains(REFUSED) && page.text.contains("<title>Error: "), "{}", page.text);
        let answer = authenticator.sign(&options(&page.text, AFTER));
        let done = send(&browser, &page, AFTER, &[("answer", &answer)]).await;
        done.leads_to("/home");
        browser.keep_cookies(&done);
        browser.open("/home").await.page(200, "Hello, alice");
        let (browser, page) = after_password(&desk, &ALICE).await;
        send(&browser, &page, "/sign-in/code", &[("code", &codes[0])]).await.leads_to("/home");
        // Where neither can be given, nobody gets in; the API takes recovery codes.
        let body = json!({"username": "alice@example.com", "password": PASSWORD});
        let konnect = desk.anonymous().post("/api/v2/developer/authenticate", body).await.expect(401);
        assert_eq!(konnect.json()["detail"], app::SECOND_FACTOR);
        let basic = desk.anonymous().request(Method::GET, "/portal/rest/v1/applications");
        Answer::of(basic.basic_auth("alice@example.com", Some(PASSWORD))).await.expect(401);
        let mut body = json!({"email": "alice@example.com", "password": PASSWORD});
        desk.anonymous().post("/api/v1/account/sessions", body.clone()).await.problem(401, "second_factor_required");
        body["code"] = json!(codes[1]);
        desk.anonymous().post("/api/v1/account/sessions", body).await.expect(201);
    }
);

both!(
    async fn a_114_an_answer_of_a_passkey_counts_once(desk, at_home()) {
        let (_, _, authenticator, _) = alice(&desk).await;
        for round in 0..3 {
            later(&desk);
            let (browser, page) = door(&desk, "/sign-in").await;
            let answer = authenticator.sign(&options(&page.text, ALONE));
            if round > 0 {
                let mut fields = hidden(&page.text, ALONE);
                fields.iter_mut().find(|(name, _)| name == "answer").unwrap().1.clone_from(&answer);
                let answers = at_once(4, |_| {
                    let (browser, fields) = (browser.clone(), fields.clone());
                    async move {
                        let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                        browser.submit(ALONE, &fields).await.status.as_u16()
                    }
                })
                .await;
                assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
                assert_eq!(answers.iter().filter(|status| **status == 400).count(), 3, "{answers:?}");
            } else {
                send(&browser, &page, ALONE, &[("answer", &answer)]).await.leads_to("/home");
            }
            later(&desk);
            let again = send(&browser, &page, ALONE, &[("answer", &answer)]).await.expect(400);
            assert!(again.text.contains(REFUSED), "{}", again.text);
        }
        // Neither does one that was asked for before the last one was used.
        let (early, early_page) = after_password(&desk, &ALICE).await;
        later(&desk);
        sign_in(&desk, &authenticator).await.1.leads_to("/home");
        let answer = authenticator.sign(&options(&early_page.text, AFTER));
        send(&early, &early_page, AFTER, &[("answer", &answer)]).await.expect(400);
    }
);

both!(
    async fn a_114_what_was_not_signed_for_this_desk_by_this_person_now_is_refused(desk, at_home()) {
        let (_, _, authenticator, _) = alice(&desk).await;
        let bob = Browser::of(&desk, &desk.developer("bob").await);
        let (bobs, _) = add_first(&bob).await;
        later(&desk);
        let lies: [fn(&mut Authenticator); 6] = [
            |it| it.origin = "https://desk.example.com:8443".to_owned(),
            |it| it.origin = "http://desk.example.com".to_owned(),
            |it| it.host = "example.com".to_owned(),
            |it| it.verified = false,
            |it| it.handle[0] ^= 1,
            |it| it.credential[0] ^= 1,
        ];
        let mut refused = Vec::new();
        for lie in lies {
            let mut liar = authenticator.clone();
            lie(&mut liar);
            refused.push(sign_in(&desk, &liar).await.1);
        }
        // Another's key under the name of Alice's, another's handle, and a signature of something else.
        refused.push(sign_in(&desk, &Authenticator { credential: authenticator.credential.clone(), ..bobs.clone() }).await.1);
        refused.push(sign_in(&desk, &Authenticator { handle: bobs.handle.clone(), ..authenticator.clone() }).await.1);
        let (browser, page) = door(&desk, "/sign-in").await;
        let (_, other) = door(&desk, "/sign-in").await;
        let answer = authenticator.sign(&options(&other.text, ALONE));
        refused.push(send(&browser, &page, ALONE, &[("answer", &answer)]).await);
        let mut answer: Value = serde_json::from_str(&authenticator.sign(&options(&page.text, ALONE))).unwrap();
        answer["response"]["signature"] = json!(BASE64URL.encode([0x30, 6, 2, 1, 1, 2, 1, 1]));
        refused.push(send(&browser, &page, ALONE, &[("answer", &answer.to_string())]).await);
        for nonsense in ["", "{}", "x"] {
            refused.push(send(&browser, &page, ALONE, &[("answer", nonsense)]).await);
        }
        for refused in refused {
            let page = refused.expect(400);
            assert!(page.text.contains(REFUSED), "{}", page.text);
            assert!(page.headers.get_all("set-cookie").iter().all(|it| !it.to_str().unwrap().starts_with("kw_s=kw_")));
        }
        let lines = desk.admin.get("/api/v1/audit?action=passkey.refused").await.expect(200).json();
        assert!(lines["items"].as_array().unwrap().len() >= 5, "{lines}");
        // The next one that is right is taken.
        sign_in(&desk, &authenticator).await.1.leads_to("/home");
        // Bob's passkey after Alice's password.
        later(&desk);
        let (browser, page) = after_password(&desk, &ALICE).await;
        let answer = bobs.sign(&options(&page.text, AFTER));
        send(&browser, &page, AFTER, &[("answer", &answer)]).await.expect(400);
    }
);

both!(
    async fn a_114_tickets_are_good_for_what_they_were_given_for_and_not_for_long(desk, at_home()) {
        let (_, _, authenticator, _) = alice(&desk).await;
        later(&desk);
        let (browser, page) = door(&desk, "/sign-in").await;
        let (stepper, step) = after_password(&desk, &ALICE).await;
        let ticket = |page: &Answer, action: &str| {
            hidden(&page.text, action).into_iter().find(|(name, _)| name == "ticket").unwrap().1
        };
        let before = desk.changes().await;
        // Signed for the second step, brought where no password is asked for, and the other way.
        let answer = authenticator.sign(&options(&step.text, AFTER));
        let of_step = ticket(&step, AFTER);
        send(&browser, &page, ALONE, &[("ticket", &of_step), ("answer", &answer)]).await.expect(410);
        let answer = authenticator.sign(&options(&page.text, ALONE));
        let of_door = ticket(&page, ALONE);
        let back = send(&stepper, &step, AFTER, &[("ticket", &of_door), ("answer", &answer)]).await;
        assert!(back.header("location").starts_with("/sign-in?next="), "{}", back.text);
        let of_code = ticket(&step, "/sign-in/code");
        for nonsense in ["", "x", of_code.as_str()] {
            send(&browser, &page, ALONE, &[("ticket", nonsense), ("answer", &answer)]).await.expect(410);
        }
        desk.clock.advance(Duration::from_secs(600));
        let late = send(&browser, &page, ALONE, &[("answer", &answer)]).await.expect(410);
        assert!(late.text.contains("This took too long"), "{}", late.text);
        desk.assert_nothing_happened(before).await;
        // What stands there now works.
        let answer = authenticator.sign(&options(&late.text, ALONE));
        send(&browser, &late, ALONE, &[("answer", &answer)]).await.leads_to("/home");
    }
);

both!(
    async fn a_114_a_counter_that_goes_back_is_refused_and_noted(desk, at_home()) {
        let alice = Browser::of(&desk, &desk.developer("alice").await);
        let (mut authenticator, _) = add_first(&alice).await;
        later(&desk);
        authenticator.counter = 5;
        sign_in(&desk, &authenticator).await.1.leads_to("/home");
        for counter in [5, 4, 0] {
            later(&desk);
            let copy = Authenticator { counter, ..authenticator.clone() };
            sign_in(&desk, &copy).await.1.expect(400);
        }
        let lines = desk.admin.get("/api/v1/audit?action=passkey.copy_suspected").await.expect(200).json();
        assert_eq!(lines["items"].as_array().unwrap().len(), 3, "{lines}");
        later(&desk);
        sign_in(&desk, &Authenticator { counter: 6, ..authenticator }).await.1.leads_to("/home");
    }
);

both!(
    async fn a_111_a_passkey_opens_no_account_that_is_closed(desk, at_home()) {
        let (alice, browser, authenticator, _) = alice(&desk).await;
        desk.admin.post(&format!("/api/v1/developers/{}/revoke", alice.id), json!({})).await.expect(200);
        later(&desk);
        let refused = sign_in(&desk, &authenticator).await.1.expect(400);
        assert!(refused.text.contains("Your account is not open."), "{}", refused.text);
        browser.open("/home").await.expect(303);
        desk.admin.delete(&format!("/api/v1/developers/{}", alice.id)).await.expect(204);
        let refused = sign_in(&desk, &authenticator).await.1.expect(400);
        assert!(refused.text.contains(REFUSED), "{}", refused.text);
    }
);

both!(
    async fn what_is_wrong_with_one_passkey_does_not_fill_the_audit_log(desk, at_home()) {
        let (_, _, authenticator, _) = alice(&desk).await;
        later(&desk);
        let (_, other) = door(&desk, "/sign-in").await;
        let answer = authenticator.sign(&options(&other.text, ALONE));
        let (stranger, page) = door(&desk, "/sign-in").await;
        for _ in 0..9 {
            // Signed for another ticket.
            let refused = send(&stranger, &page, ALONE, &[("answer", &answer)]).await;
            assert!(refused.expect(400).text.contains(REFUSED));
        }
        let lines = desk.admin.get("/api/v1/audit?action=passkey.refused").await.expect(200).json();
        let noted = lines["items"].as_array().unwrap().len();
        assert!((5..8).contains(&noted), "{noted}");
        // The right one is not held up.
        sign_in(&desk, &authenticator).await.1.leads_to("/home");
    }
);

both!(
    async fn a_passkey_that_an_older_node_left_alone_is_removed_with_the_factor(desk, at_home()) {
        let (user, _, authenticator, _) = alice(&desk).await;
        let person = domain::Person::Developer(user.id.parse().unwrap());
        let author = store::Author {
            actor: domain::Actor::System,
            address: None,
            request_id: uuid::Uuid::nil(),
            at: desk.clock.now(),
        };
        let mut tx = desk.store.begin(author).await.unwrap();
        let factor = tx.read().factor_of(person).await.unwrap().unwrap();
        tx.save(factor.remove()).await.unwrap();
        tx.commit().await.unwrap();
        let root = desk.administrator().await;
        root.delete(&format!("/api/v1/developers/{}/factor", user.id)).await.expect(204);
        root.delete(&format!("/api/v1/developers/{}/factor", user.id)).await.problem(409, "none");
        later(&desk);
        assert!(sign_in(&desk, &authenticator).await.1.expect(400).text.contains(REFUSED));
    }
);

both!(
    async fn a_111_no_passkey_lets_a_program_in(desk, at_home()) {
        desk.administrator().await;
        let eve = desk.administrator_as("eve", domain::AdministratorRole::Auditor).await;
        let (authenticator, _) = add_first(&Browser::of(&desk, &eve)).await;
        later(&desk);
        sign_in(&desk, &authenticator).await.1.leads_to("/console");
        let gateway = desk.admin.make("/api/v1/gateways", json!({"name": "X"})).await;
        let provider = json!({"role": "provider", "gateway_id": id(&gateway)});
        let path = format!("/api/v1/administrators/{}", eve.id);
        desk.admin.patch(&path, provider).await.expect(200);
        later(&desk);
        let refused = sign_in(&desk, &authenticator).await.1.expect(400);
        assert!(refused.text.contains(REFUSED), "{}", refused.text);
        // Nor does one that somebody had before stand in the way of a program.
        desk.app.identify_basic(&Caller::operator(), "eve@example.com", "seven wet otters juggle").await.unwrap();
    }
);

both!(
    async fn clients_are_told_that_somebody_came_with_a_passkey(desk, at_home()) {
        let rp = Rp::new(&desk).await;
        let (authenticator, _) = add_first(&Browser::of(&desk, &rp.owner)).await;
        let claims = async |browser: &Browser| {
            let tokens = rp.tokens(browser, &[]).await;
            let token = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
            let claims: Value = serde_json::from_slice(&BASE64URL.decode(token).unwrap()).unwrap();
            (claims["amr"].clone(), claims["acr"].clone())
        };
        later(&desk);
        // The client's request goes on after it.
        let request = rp.request(&[]);
        let next: String = form_urlencoded::byte_serialize(request.as_bytes()).collect();
        let (mut browser, page) = door(&desk, &format!("/sign-in?next={next}")).await;
        let answer = authenticator.sign(&options(&page.text, ALONE));
        let done = send(&browser, &page, ALONE, &[("answer", &answer)]).await;
        done.leads_to(&request);
        browser.keep_cookies(&done);
        assert_eq!(claims(&browser).await, (json!(["pop", "user", "mfa"]), json!("2")));
        later(&desk);
        let (mut browser, page) = after_password(&desk, &ALICE).await;
        let answer = authenticator.sign(&options(&page.text, AFTER));
        browser.keep_cookies(&send(&browser, &page, AFTER, &[("answer", &answer)]).await);
        assert_eq!(claims(&browser).await, (json!(["pwd", "pop", "user", "mfa"]), json!("2")));
    }
);

both!(
    async fn whoever_comes_with_a_passkey_may_stay_signed_in_for_a_client_that_has_it(desk, at_home()) {
        let rp = Rp::with(&desk, "alice", |draft| draft.persistent_sso = true).await;
        let (authenticator, _) = add_first(&Browser::of(&desk, &rp.owner)).await;
        let next: String = form_urlencoded::byte_serialize(rp.request(&[]).as_bytes()).collect();
        let stays = |answer: &Answer| {
            answer.headers.get_all("set-cookie").iter().any(|it| it.to_str().unwrap().contains("Max-Age=2592000"))
        };
        for (path, stay) in [(format!("/sign-in?next={next}"), true), ("/sign-in".to_owned(), false)] {
            later(&desk);
            let (browser, page) = door(&desk, &path).await;
            let answer = authenticator.sign(&options(&page.text, ALONE));
            let fields = [("answer", answer.as_str()), ("stay", "on")];
            assert_eq!(stays(&send(&browser, &page, ALONE, &fields).await), stay, "{path}");
        }
        // After the password it is remembered what was ticked before.
        later(&desk);
        let (mut browser, page) = door(&desk, &format!("/sign-in?next={next}")).await;
        let fields = [ALICE[0], ALICE[1], ("stay", "on")];
        let page = send(&browser, &page, "/sign-in", &fields).await.page(200, "Your second factor");
        browser.keep_cookies(&page);
        let answer = authenticator.sign(&options(&page.text, AFTER));
        let done = send(&browser, &page, AFTER, &[("answer", &answer)]).await.expect(303);
        assert!(stays(&done) && done.header("location").starts_with("/oauth2/authorize?"));
    }
);
