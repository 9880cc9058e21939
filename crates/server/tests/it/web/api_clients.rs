//! `/console/api-clients`

use serde_json::json;

use super::{Browser, error_of, secret};
use crate::support::{Desk, both, id};

const PATH: &str = "/console/api-clients";
const NEW: &str = "/console/api-clients/new";

async fn owner(desk: &Desk) -> String {
    let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
    format!("partner:{}", id(&partner))
}

both!(
    async fn a_client_is_made_in_the_order_of_the_seed(desk) {
        let roles = json!({"name": "ROLE_USER", "kind": "role"});
        desk.admin.make("/api/v1/oauth/scopes", roles).await;
        let owner = owner(&desk).await;
        let root = Browser::of_administrator(&desk).await;
        let form = root.open(NEW).await.page(200, "API client settings");
        let order = [
            ">Name<", ">Client type<", ">Grant types<", ">Redirect URL(s)<", "ID Token<", "Basic User Information<",
            "user level<", ">Persistent SSO<", ">Allowed IP addresses<", "Refresh token lifetime", ">Save settings<",
        ];
        let places: Vec<usize> = order.iter().map(|label| form.text.find(label).unwrap_or_else(|| panic!("{label}: {}", form.text))).collect();
        assert!(places.is_sorted(), "{places:?}");
        // New clients name their scopes: no control says otherwise.
        assert!(!form.text.contains("requested_scopes_required"), "{}", form.text);

        let fields = [
            ("name", "Marketplace"), ("client_type", "web"), ("grant_types", "authorization_code"), ("grant_types", "refresh_token"),
            ("redirect_uris", "https://shop.example/back"), ("id_token", "on"), ("basic", "on"), ("scopes", "ROLE_USER"),
            ("persistent_sso", "on"), ("allowed_ips", "192.0.2.0/24, 2001:db8::/32"), ("refresh_token_lifetime_s", "20"),
            ("owner", owner.as_str()),
        ];
        let mut wrong = fields;
        wrong[4].1 = "";
        let page = root.fill(NEW, NEW, &wrong).await.expect(400);
        assert!(error_of(&page, "redirect_uris").contains("must have at least one entry"), "{}", page.text);
        let made = root.fill(NEW, NEW, &fields).await.page(200, "Your consumer secret");
        assert!(made.text.contains("It cannot be shown again"), "{}", made.text);
        let client = desk.admin.get("/api/v1/api-clients").await.expect(200).json()["items"][0].clone();
        assert_eq!(client["scopes"], json!(["ROLE_USER"]));
        assert_eq!((&client["id_token"], &client["basic_user_information"]), (&json!(true), &json!(true)));
        assert_eq!((&client["refresh_token_lifetime_days"], &client["persistent_sso"]), (&json!(20), &json!(true)));
        assert_eq!(client["allowed_ip_addresses"], json!(["192.0.2.0/24", "2001:db8::/32"]));
        let key = client["consumer_key"].as_str().unwrap();
        assert!(made.text.contains(key));

        let path = format!("{PATH}/{}", id(&client));
        let list = root.open(PATH).await.page(200, "API clients");
        assert!(list.text.contains(key) && list.text.contains("Marketplace"), "{}", list.text);
        let shown = root.open(&path).await.page(200, "Marketplace");
        assert!(shown.text.contains("••••••••") && !shown.text.contains(&secret(&made)), "{}", shown.text);
        let mut renamed = fields;
        renamed[0].1 = "Market";
        root.fill(&path, &path, &renamed).await.leads_to(&format!("{path}?notice=saved"));

        let regenerate = format!("{path}/regenerate-secret");
        let page = root.open(&regenerate).await.expect(200);
        assert!(page.text.contains(key), "{}", page.text);
        let again = root.fill(&regenerate, &regenerate, &[]).await.page(200, "Your consumer secret");
        assert_ne!(secret(&again), secret(&made));
        let revoke = format!("{path}/revoke-access");
        root.fill(&revoke, &revoke, &[("confirm", "market")]).await.complains_about("confirm", "does not match");
        root.fill(&revoke, &revoke, &[("confirm", "Market")]).await.leads_to(&format!("{PATH}?notice=access_revoked"));
        let gone = root.open(&path).await.expect(200);
        assert!(gone.text.contains("Revoked") && !gone.text.contains("regenerate-secret"), "{}", gone.text);
        root.fill(NEW, NEW, &fields).await.page(200, "Your consumer secret");
    }
);

both!(
    async fn another_type_shows_its_fields_and_keeps_what_was_typed(desk) {
        desk.admin.make("/api/v1/oauth/scopes", json!({"name": "ROLE_PARTNER", "kind": "system"})).await;
        let owner = owner(&desk).await;
        let root = Browser::of_administrator(&desk).await;
        let before = desk.changes().await;
        let other = [("name", "Robot"), ("client_type", "non_interactive"), ("owner", owner.as_str())];
        let page = root.fill(NEW, NEW, &other).await.page(200, "API client settings");
        assert!(page.text.contains("value=\"Robot\"") && page.text.contains("system level"), "{}", page.text);
        assert!(!page.text.contains("redirect_uris"), "{}", page.text);
        desk.assert_nothing_happened(before).await;
        let form = format!("{NEW}?client_type=non_interactive");
        let robot = [&other[..], &[("scopes", "ROLE_PARTNER")]].concat();
        let made = root.fill(&form, NEW, &robot).await.page(200, "Your consumer secret");
        assert!(made.text.contains("grant_type=client_credentials"), "{}", made.text);
        // One that keeps no secret has none to show.
        let page = format!("{NEW}?client_type=single_page");
        let single = [("name", "Page"), ("client_type", "single_page"), ("grant_types", "authorization_code"),
            ("redirect_uris", "https://spa.example/back"), ("owner", owner.as_str())];
        let made = root.fill(&page, NEW, &single).await.expect(303);
        assert!(made.header("location").ends_with("?notice=created"), "{}", made.header("location"));
    }
);
