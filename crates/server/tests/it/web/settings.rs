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

both!(
    async fn a_portal_has_its_own_name_logo_colour_and_links(desk) {
        let root = Browser::of_administrator(&desk).await;
        let path = "/console/settings";
        let stranger = Browser::new(&desk);
        let plain = stranger.open("/sign-in").await.expect(200);
        assert!(!plain.text.contains("/brand/") && !plain.text.contains("<footer"), "{}", plain.text);
        let odd = [("name", "Acme"), ("accent", "red"), ("links", "Imprint javascript:alert(1)")];
        let page = root.fill(path, path, &odd).await.expect(400);
        assert!(error_of(&page, "accent").contains("such as #0f766e"), "{}", page.text);
        assert!(page.text.contains("must be an address such as"), "{}", page.text);
        let fields = [("name", "Acme"), ("accent", "#FFCC00"), ("links", "Terms of use https://example.com/terms\n")];
        root.fill(path, path, &fields).await.leads_to("/console/settings?notice=saved");
        let page = stranger.open("/sign-in").await.expect(200);
        assert!(page.text.contains(" · Acme</title>"), "{}", page.text);
        assert!(page.text.contains("<a href=\"https://example.com/terms\" rel=\"noreferrer\">Terms of use</a>"), "{}", page.text);
        assert!(page.text.contains("href=\"/brand/ffcc00.css\""), "{}", page.text);
        let sheet = stranger.open("/brand/ffcc00.css").await.expect(200);
        assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
        for odd in ["/brand/red.css", "/brand/ffcc00", "/brand/ffcc00;.css", "/brand/%23fcc00.css"] {
            stranger.open(odd).await.expect(404);
        }

        let hidden = crate::web::hidden(&root.open(path).await.expect(200).text, "/console/settings/logo");
        let csrf = hidden.iter().find(|(name, _)| name == "csrf").unwrap().1.as_str();
        let logo = "/console/settings/logo";
        let picture = b"\x89PNG\r\n\x1a\n and so on";
        stranger.open("/brand/logo").await.expect(404);
        root.upload(logo, &[("csrf", "x")], ("picture", picture)).await.expect(403);
        let page = root.upload(logo, &[("csrf", csrf)], ("picture", b"<svg/>")).await.expect(400);
        assert!(error_of(&page, "picture").contains("a PNG or a JPEG"), "{}", page.text);
        let page = root.upload(logo, &[("csrf", csrf)], ("picture", &[0; 210_000])).await.expect(400);
        assert!(error_of(&page, "picture").contains("at most 200 KiB"), "{}", page.text);
        root.upload(logo, &[("csrf", csrf)], ("picture", picture)).await.leads_to("/console/settings?notice=saved");
        let shown = stranger.open("/brand/logo").await.expect(200);
        assert_eq!(shown.header("content-type"), "image/png");
        assert!(stranger.open("/sign-in").await.expect(200).text.contains("<img src=\"/brand/logo\""));
        root.fill(path, "/console/settings/logo/delete", &[]).await.leads_to("/console/settings?notice=saved");
        stranger.open("/brand/logo").await.expect(404);
    }
);
