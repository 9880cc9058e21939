//! `/oauth2/logout`

use super::Rp;
use crate::support::both;
use crate::web::{Browser, hidden};

fn path(pairs: &[(&str, &str)]) -> String {
    format!("/oauth2/logout?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

both!(
    async fn a_client_that_shows_the_id_token_signs_out_and_gets_its_state_back(desk) {
        let rp = Rp::new(&desk).await;
        let mut browser = Browser::of(&desk, &rp.owner);
        let token = rp.tokens(&browser, &[]).await["id_token"].as_str().unwrap().to_owned();
        let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", "https://rp.test/bye"), ("state", "s9")];
        let done = browser.open(&path(&pairs)).await;
        assert_eq!((done.status.as_u16(), done.header("location")), (303, "https://rp.test/bye?state=s9"));
        browser.keep_cookies(&done);
        assert!(!browser.cookies.contains_key("kw_s"));
        rp.owner.get("/api/v1/account").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn a_106_a_107_anything_less_is_asked_or_refused(desk) {
        let rp = Rp::new(&desk).await;
        let bob = desk.developer("bob").await;
        let browser = Browser::of(&desk, &rp.owner);
        let token = rp.tokens(&browser, &[]).await["id_token"].as_str().unwrap().to_owned();
        let others = rp.tokens(&Browser::of(&desk, &bob), &[]).await["id_token"].as_str().unwrap().to_owned();
        let before = desk.changes().await;
        let hint = ("id_token_hint", token.as_str());
        for refused in [
            vec![hint, ("post_logout_redirect_uri", "https://evil.test")],
            vec![hint, ("post_logout_redirect_uri", "https://rp.test/bye?x=1")],
            vec![("post_logout_redirect_uri", "https://rp.test/bye")],
            vec![("id_token_hint", "eyJhbGciOiJub25lIn0.e30.")],
            vec![("id_token_hint", &token[..token.len() - 3])],
            vec![hint, ("client_id", "other")],
            vec![("state", "a"), ("state", "b")],
        ] {
            browser.open(&path(&refused)).await.is_page(400);
        }
        for asked in [vec![], vec![("state", "s")], vec![("id_token_hint", others.as_str())], vec![("client_id", rp.client.client_id.as_str()), ("post_logout_redirect_uri", "https://rp.test/bye")]] {
            browser.open(&path(&asked)).await.page(200, "Sign out?");
        }
        desk.assert_nothing_happened(before).await;
        let pairs = [("client_id", rp.client.client_id.as_str()), ("post_logout_redirect_uri", "https://rp.test/bye")];
        let page = browser.open(&path(&pairs)).await.expect(200);
        let fields = hidden(&page.text, "/oauth2/logout/confirm");
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        browser.submit("/oauth2/logout/confirm", &fields).await.leads_to("https://rp.test/bye");
        rp.owner.get("/api/v1/account").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn nobody_is_signed_out_twice(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::new(&desk);
        let pairs = [("client_id", rp.client.client_id.as_str()), ("post_logout_redirect_uri", "https://rp.test/bye")];
        browser.open(&path(&pairs)).await.leads_to("https://rp.test/bye");
        browser.open("/oauth2/logout").await.leads_to("/sign-in?notice=signed_out");
    }
);
