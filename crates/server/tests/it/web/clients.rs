//! `/applications/{id}/client`

use app::Settings;
use domain::GrantType;
use serde_json::json;

use super::{Browser, error_of, secret};
use crate::support::{Answer, both};

const WEB: [(&str, &str); 8] = [
    ("grant_types", "authorization_code"),
    ("redirect_uris", "https://shop.example/back\r\nhttps://shop.example/other"),
    ("scopes", "openid"),
    ("require_pkce", "on"),
    ("token_endpoint_auth_method", "client_secret_basic"),
    ("access_token_format", "opaque"),
    ("refresh_invalidate_on_use", "on"),
    ("refresh_issue_new_on_use", "on"),
];

/// What follows on a page after a fact's name.
fn fact(page: &Answer, name: &str) -> String {
    let rest = page.text.split(&format!("<dt>{name}</dt><dd>")).nth(1).unwrap();
    let rest = rest.split("</dd>").next().unwrap();
    rest.split("<code>").nth(1).unwrap_or(rest).split('<').next().unwrap().to_owned()
}

both!(
    async fn a_client_is_chosen_made_shown_once_changed_and_ended(desk) {
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let path = format!("/applications/{application}/client");
        let browser = Browser::of(&desk, &alice);
        let choice = browser.open(&path).await.page(200, "Shop");
        assert!(choice.text.contains("Non-interactive application") && choice.text.contains("It cannot keep a secret"));
        assert!(!choice.text.contains("client_type=custom"), "{}", choice.text);
        let root = Browser::of_administrator(&desk).await;
        assert!(root.open(&path).await.expect(200).text.contains("client_type=custom"));

        let (form, new) = (format!("{path}/new?client_type=web"), format!("{path}/new"));
        let mut wrong = WEB;
        wrong[1].1 = "https://shop.example/back#here";
        let page = browser.fill(&form, &new, &wrong).await.expect(400);
        assert!(error_of(&page, "redirect_uris").contains("must not have a fragment"), "{}", page.text);
        assert!(page.text.contains("https://shop.example/back#here</textarea>"), "{}", page.text);
        let page = browser.fill(&form, &new, &[&WEB[..], &[("access_token_lifetime_s", "soon")]].concat()).await;
        page.complains_about("access_token_lifetime_s", "must be a whole number");
        let made = browser.fill(&form, &new, &WEB).await.page(200, "Your client secret");
        let first = secret(&made);
        assert!(made.text.contains("code_challenge_method=S256") && made.text.contains("/oauth2/token"), "{}", made.text);
        let shown = browser.open(&path).await.page(200, "Shop");
        let id = fact(&shown, "Client id");
        assert!(made.text.contains(&id) && !shown.text.contains(&first), "{}", shown.text);
        assert!(!desk.everything_kept().await.contains(&first));
        assert!(shown.text.contains("https://shop.example/other"));

        let edit = format!("{path}/edit");
        let page = browser.fill(&edit, &edit, &[&WEB[..], &[("allowed_ips", "192.0.2.1/24")]].concat()).await.expect(400);
        assert!(error_of(&page, "allowed_ips").contains("meant is perhaps 192.0.2.0/24"), "{}", page.text);
        let addresses = [&WEB[..], &[("allowed_ips", "192.0.2.0/24"), ("access_token_lifetime_s", "60")]].concat();
        browser.fill(&edit, &edit, &addresses).await.leads_to(&format!("{path}?notice=saved"));
        let shown = browser.open(&path).await.expect(200);
        assert!(shown.text.contains("192.0.2.0/24") && shown.text.contains("1 minute"), "{}", shown.text);

        let renew = format!("{path}/secret");
        let again = browser.fill(&renew, &renew, &[("overlap_seconds", "3600")]).await.page(200, "Your client secret");
        assert!(secret(&again) != first && again.text.contains("goes on for 1 hour"), "{}", again.text);
        let end = format!("{path}/end-tokens");
        browser.fill(&end, &end, &[]).await.leads_to(&format!("{path}?notice=tokens_ended"));
        let revoke = format!("{path}/revoke");
        browser.fill(&revoke, &revoke, &[("confirm", "Shop")]).await.complains_about("confirm", "does not match");
        browser.fill(&revoke, &revoke, &[("confirm", &id)]).await.leads_to(&format!("{path}?notice=revoked"));
        assert!(browser.open(&path).await.expect(200).text.contains("It has no OAuth settings yet"));
        browser.open(&edit).await.page(404, "There is nothing here");
    }
);

both!(
    async fn the_secret_that_a_page_shows_gets_a_token(desk) {
        desk.admin.make("/api/v1/oauth/scopes", json!({"name": "orders", "kind": "plain"})).await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let path = format!("/applications/{application}/client");
        let new = format!("{path}/new");
        let browser = Browser::of(&desk, &alice);
        let fields = [("scopes", "orders"), ("token_endpoint_auth_method", "client_secret_basic"), ("access_token_format", "opaque"), ("require_pkce", "on")];
        let form = format!("{new}?client_type=non_interactive");
        let made = browser.fill(&form, &new, &fields).await.page(200, "Your client secret");
        assert!(made.text.contains("grant_type=client_credentials"), "{}", made.text);
        let shown = browser.open(&path).await.expect(200);
        let http = crate::support::http().build().unwrap();
        let request = http
            .post(format!("{}/oauth2/token", desk.url))
            .basic_auth(fact(&shown, "Client id"), Some(secret(&made)))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=orders");
        let token = Answer::of(request).await.expect(200).json();
        assert_eq!(token["scope"], "orders");
        // There is one already.
        let again = browser.fill(&form, &new, &fields).await.expect(409);
        assert!(again.text.contains("This application has a client"), "{}", again.text);
    }
);

both!(
    async fn who_may_not_change_a_client_is_offered_nothing(desk) {
        let world = crate::world::World::new(&desk).await;
        let path = format!("/applications/{}/client", world.id("applications"));
        let page = Browser::of(&desk, &world.carol).open(&path).await.expect(200);
        assert!(page.text.contains("Client id") && !page.text.contains("/client/edit") && !page.text.contains("/client/revoke"));
        Browser::of(&desk, &world.bob).open(&path).await.page(404, "There is nothing here");
    }
);

both!(
    async fn legacy_grants_are_warned_of(desk, {
        let mut settings = Settings::default();
        settings.oauth.legacy_grants = vec![GrantType::Password];
        settings
    }) {
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let path = format!("/applications/{application}/client");
        let client = json!({"client_type": "web", "grant_types": ["authorization_code", "password"],
            "redirect_uris": ["https://shop.example/back"]});
        alice.make(&format!("/api/v1{path}"), client).await;
        let browser = Browser::of(&desk, &alice);
        let page = browser.open(&path).await.expect(200);
        assert!(page.text.contains("callout bad") && page.text.contains("Password (legacy)"), "{}", page.text);
        let edit = browser.open(&format!("{path}/edit")).await.expect(200);
        assert!(edit.text.contains("Legacy: the program is told"), "{}", edit.text);
    }
);
