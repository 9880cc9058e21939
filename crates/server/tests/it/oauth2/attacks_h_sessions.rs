//! Group H: sessions, as far as the authorization server goes.

use super::Rp;
use crate::support::both;
use crate::web::Browser;

both!(
    async fn a_101_broken_cookies_are_nobodys(desk) {
        let rp = Rp::new(&desk).await;
        let good = rp.owner.bearer.clone().unwrap();
        let flipped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
        for cookie in ["", "x", &"x".repeat(6_000), &good[..20], &flipped] {
            let mut browser = Browser::new(&desk);
            browser.cookies.insert("kw_s".to_owned(), cookie.to_owned());
            let sent = browser.open(&rp.request(&[])).await.expect(303);
            assert!(sent.header("location").starts_with("/sign-in?"), "{cookie:.20}");
        }
    }
);

both!(
    async fn a_111_the_session_of_a_closed_account_is_worth_nothing(desk) {
        let rp = Rp::new(&desk).await;
        let user = desk.developer("somebody").await;
        let browser = Browser::of(&desk, &user);
        rp.code(&browser, &[]).await;
        desk.admin.post(&format!("/api/v1/developers/{}/revoke", user.id), serde_json::json!({})).await.expect(200);
        assert!(browser.open(&rp.request(&[])).await.expect(303).header("location").starts_with("/sign-in?"));
    }
);

both!(
    async fn an_administrator_is_no_user_of_apis(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of_administrator(&desk).await;
        assert!(browser.open(&rp.request(&[])).await.expect(303).header("location").starts_with("/sign-in?"));
    }
);
