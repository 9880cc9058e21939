//! `/api/v1/account/consents`, and the page that shows the same.

use super::Rp;
use crate::support::{both, id};
use crate::web::Browser;

both!(
    async fn what_was_allowed_is_seen_and_can_be_withdrawn(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let tokens = rp.tokens(&browser, &[]).await;
        let access = tokens["access_token"].as_str().unwrap();
        let list = rp.owner.get("/api/v1/account/consents").await.expect(200).json();
        let consent = &list["items"][0];
        assert_eq!((&consent["application_name"], &consent["scopes"]), (&"Shop".into(), &serde_json::json!(["openid", "email"])));
        let page = browser.open("/account/consents").await.page(200, "What you have allowed");
        assert!(page.text.contains("Shop"), "{}", page.text);
        let path = format!("/api/v1/account/consents/{}", id(consent));
        rp.owner.delete(&path).await.expect(204);
        rp.owner.delete(&path).await.problem(404, "not_found");
        rp.userinfo(access).await.expect(401);
        rp.refresh(tokens["refresh_token"].as_str().unwrap()).await.refuses(400, "invalid_grant");
        browser.open(&rp.request(&[])).await.page(200, "Allow “Shop”?");
    }
);

both!(
    async fn the_page_withdraws_without_scripts(desk) {
        let rp = Rp::new(&desk).await;
        let browser = Browser::of(&desk, &rp.owner);
        let tokens = rp.tokens(&browser, &[]).await;
        let list = rp.owner.get("/api/v1/account/consents").await.expect(200).json();
        let action = format!("/account/consents/{}/withdraw", id(&list["items"][0]));
        let done = browser.fill("/account/consents", &action, &[]).await.expect(303);
        assert_eq!(done.header("location"), "/account/consents?notice=consent_withdrawn");
        rp.userinfo(tokens["access_token"].as_str().unwrap()).await.expect(401);
    }
);

both!(
    async fn only_ones_own_consents_are_there(desk) {
        let rp = Rp::new(&desk).await;
        rp.tokens(&Browser::of(&desk, &rp.owner), &[]).await;
        let list = rp.owner.get("/api/v1/account/consents").await.expect(200).json();
        let path = format!("/api/v1/account/consents/{}", id(&list["items"][0]));
        let bob = desk.developer("bob").await;
        let before = desk.changes().await;
        assert_eq!(bob.get("/api/v1/account/consents").await.expect(200).json()["items"], serde_json::json!([]));
        bob.delete(&path).await.problem(404, "not_found");
        desk.anonymous().get("/api/v1/account/consents").await.problem(401, "unauthenticated");
        desk.anonymous().delete(&path).await.problem(401, "unauthenticated");
        desk.admin.delete(&path).await.problem(403, "forbidden");
        desk.assert_nothing_happened(before).await;
    }
);
