//! Staying signed in for a client that has persistent SSO (AppDirect §2.9).

use std::time::Duration;

use super::Rp;
use crate::support::{Answer, Desk, both};
use crate::web::Browser;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Somebody who is sent to sign in for a client signs in, and perhaps stays.
async fn sign_in(desk: &Desk, rp: &Rp, stay: bool) -> (Browser, Answer) {
    let mut browser = Browser::new(desk);
    let sent = browser.open(&rp.request(&[])).await.expect(303);
    let page = browser.open(sent.header("location")).await.expect(200);
    browser.keep_cookies(&page);
    let password = [("email", "alice@example.com"), ("password", "alice likes violet umbrellas")];
    let fields = [&password[..], if stay { &[("stay", "on")] } else { &[] }].concat();
    let signed_in = browser.fill(sent.header("location"), "/sign-in", &fields).await.expect(303);
    browser.keep_cookies(&signed_in);
    (browser, signed_in)
}

async fn is_signed_in(browser: &Browser, rp: &Rp, changes: &[(&str, &str)]) -> bool {
    let answer = browser.open(&rp.request(changes)).await;
    answer.status == 200 || !answer.header("location").starts_with("/sign-in?")
}

/// Follows the feed: nothing does so here after the clock was moved.
async fn go_on(desk: &Desk, span: Duration) {
    desk.clock.advance(span);
    desk.plan(&format!("Plan of {}", desk.clock.now().micros()), false).await;
}

both!(
    async fn appdirect_people_may_stay_signed_in_for_clients_that_have_it(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.persistent_sso = true).await;
        let (stays, answer) = sign_in(&desk, &rp, true).await;
        let cookie = answer.headers.get_all("set-cookie").iter().find(|line| line.to_str().unwrap().starts_with("kw_s="));
        assert!(cookie.unwrap().to_str().unwrap().contains("; Max-Age=2592000"));
        let (goes, answer) = sign_in(&desk, &rp, false).await;
        assert!(!answer.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().contains("Max-Age=2592000")));
        assert!(is_signed_in(&stays, &rp, &[]).await && is_signed_in(&goes, &rp, &[]).await);
        go_on(&desk, HOUR).await;
        assert!(!is_signed_in(&goes, &rp, &[]).await, "unused sessions end after half an hour");
        go_on(&desk, 28 * DAY).await;
        desk.app.sweep().await.unwrap();
        assert!(is_signed_in(&stays, &rp, &[]).await);
        // It skips the password, and no more: who asks for a fresh sign-in gets one.
        assert!(!is_signed_in(&stays, &rp, &[("prompt", "login")]).await);
        assert!(!is_signed_in(&stays, &rp, &[("max_age", "300")]).await);
        go_on(&desk, 2 * DAY).await;
        assert!(!is_signed_in(&stays, &rp, &[]).await, "thirty days");
    }
);

both!(
    async fn appdirect_only_clients_that_have_it_offer_to_stay(desk) {
        let without = Rp::new(&desk).await;
        let with = Rp::with(&desk, "bob", |draft| draft.persistent_sso = true).await;
        let offers = async |rp: &Rp, changes: &[(&str, &str)]| {
            let browser = Browser::new(&desk);
            let sent = browser.open(&rp.request(changes)).await.expect(303);
            browser.open(sent.header("location")).await.expect(200).text.contains("name=\"stay\"")
        };
        assert!(offers(&with, &[]).await);
        assert!(!offers(&with, &[("scope", "email")]).await, "only who asks who signs in");
        assert!(!offers(&without, &[]).await);
        assert!(!Browser::new(&desk).open("/sign-in").await.text.contains("name=\"stay\""));
        // A box that was not offered is not ticked.
        let (browser, answer) = sign_in(&desk, &without, true).await;
        assert!(!answer.headers.get_all("set-cookie").iter().any(|line| line.to_str().unwrap().contains("Max-Age=2592000")));
        go_on(&desk, HOUR).await;
        assert!(!is_signed_in(&browser, &without, &[]).await);
    }
);

both!(
    async fn appdirect_staying_ends_with_signing_out_a_new_password_and_the_client(desk) {
        let rp = Rp::with(&desk, "alice", |draft| draft.persistent_sso = true).await;
        let (first, _) = sign_in(&desk, &rp, true).await;
        let csrf = first.csrf().await;
        first.submit("/sign-out", &[("csrf", &csrf)]).await.expect(303);
        assert!(!is_signed_in(&first, &rp, &[]).await);

        let (second, _) = sign_in(&desk, &rp, true).await;
        go_on(&desk, HOUR).await;
        assert!(is_signed_in(&second, &rp, &[]).await);
        let (app, operator) = (&desk.app, app::Caller::operator());
        let application = rp.client.application_id;
        app.update_client(&operator, application, None, None, |draft| draft.persistent_sso = false).await.unwrap();
        assert!(is_signed_in(&second, &rp, &[]).await, "it was just used, and is a session like any other now");
        go_on(&desk, HOUR).await;
        assert!(!is_signed_in(&second, &rp, &[]).await);
        app.update_client(&operator, application, None, None, |draft| draft.persistent_sso = true).await.unwrap();

        let (third, _) = sign_in(&desk, &rp, true).await;
        desk.app.forgot_password(&crate::support::visitor(), "alice@example.com").await.unwrap();
        let token = desk.token_in_last_mail("alice@example.com").await;
        desk.app.reset_password(&crate::support::visitor(), &token, "alice likes yellow umbrellas").await.unwrap();
        assert!(!is_signed_in(&third, &rp, &[]).await);
    }
);
