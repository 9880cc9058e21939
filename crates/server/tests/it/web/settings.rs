//! `/console/settings`

use super::{Browser, error_of};
use crate::support::both;

both!(
    async fn administrators_say_how_the_portal_shows_itself(desk) {
        let root = Browser::of_administrator(&desk).await;
        let path = "/console/settings";
        let page = root.open(path).await.page(200, "Settings");
        assert!(page.text.contains("People may register"), "{}", page.text);
        let page = root.fill(path, path, &[("name", "Acme APIs"), ("allowed_origins", "https://*.example.com")]).await.expect(400);
        assert!(error_of(&page, "allowed_origins").contains("must be"), "{}", page.text);
        assert!(page.text.contains("value=\"Acme APIs\""), "{}", page.text);
        let fields = [("name", "Acme APIs"), ("headline", "All of them"), ("is_public", "on"), ("allowed_origins", "https://portal.example.com")];
        root.fill(path, path, &fields).await.leads_to("/console/settings?notice=saved");
        let portal = desk.admin.get("/api/v1/portal").await.expect(200).json();
        assert_eq!((&portal["name"], &portal["is_public"], &portal["approves_subscriptions"]), (&"Acme APIs".into(), &true.into(), &false.into()));
        let csrf = root.csrf().await;
        root.submit(path, &[("csrf", &csrf), ("version", "0"), ("name", "X")]).await.expect(412);
    }
);
