//! `/console/auth-strategies`, where another server makes the clients, and the secrets that come with applications.

use serde_json::json;

use super::{Browser, hidden};
use crate::support::{both, id};

const NEW: &str = "/console/auth-strategies/new-bridge";
const KEY: &str = "bridge_key_0123456789";

both!(
    async fn a_bridge_is_set_up_and_its_key_never_comes_back(desk) {
        let browser = Browser::of_administrator(&desk).await;
        let fields = [
            ("name", "Elsewhere"),
            ("bridge_url", "https://bridge.example.com/dcr"),
            ("api_key", KEY),
            ("issuer", "https://issuer.example.com"),
            ("auth_methods", "client_credentials, bearer"),
            ("scopes", "orders"),
        ];
        let mut wrong = fields;
        (wrong[1].1, wrong[2].1) = ("https://127.0.0.1/", "short");
        let refused = browser.fill(NEW, NEW, &wrong).await.expect(400);
        assert!(refused.text.contains("Key of the bridge must have 12 to 256 visible"), "{}", refused.text);
        wrong[2].1 = KEY;
        let refused = browser.fill(NEW, NEW, &wrong).await.expect(400);
        assert!(refused.text.contains("Address of the bridge must not lead to this machine"), "{}", refused.text);
        assert!(refused.text.contains("https://issuer.example.com") && !refused.text.contains(KEY));

        let done = browser.fill(NEW, NEW, &fields).await.expect(303);
        assert_eq!(done.header("location"), "/console/auth-strategies?notice=created");
        let all = desk.admin.get("/api/v1/auth-strategies").await.expect(200).json();
        let strategy = all["items"].as_array().unwrap().iter().find(|it| it["name"] == "Elsewhere").unwrap();
        assert_eq!(strategy["method"], json!({"kind": "bridged_client_credentials", "scopes": ["orders"],
            "auth_methods": ["client_credentials", "bearer"], "issuer": "https://issuer.example.com",
            "bridge_url": "https://bridge.example.com/dcr", "event_hooks": false}));
        let path = format!("/console/auth-strategies/{}", id(strategy));
        let page = browser.open(&path).await.expect(200);
        assert!(page.text.contains("https://bridge.example.com/dcr") && !page.text.contains(KEY));

        // Without a key the old one stays, unless the bridge is elsewhere.
        let action = format!("{path}/bridge");
        let mut changed = fields;
        (changed[0].1, changed[2].1) = ("Other", "");
        browser.fill(&path, &action, &changed).await.expect(303);
        assert!(browser.open(&path).await.expect(200).text.contains("Other"));
        changed[1].1 = "https://evil.example.com/";
        let refused = browser.fill(&path, &action, &changed).await.expect(400);
        assert!(refused.text.contains("Key of the bridge must be given anew"), "{}", refused.text);
        let stale = hidden(&page.text, &action);
        let stale: Vec<(&str, &str)> = stale.iter().map(|(k, v)| (k.as_str(), v.as_str())).chain(fields).collect();
        browser.submit(&action, &stale).await.expect(412);
    }
);

both!(
    async fn a_client_s_secret_is_shown_with_its_application_once(desk) {
        let method = json!({"kind": "client_credentials"});
        let by = desk.admin.make("/api/v1/auth-strategies", json!({"name": "OAuth", "method": method})).await;
        let path = format!("/api/v1/auth-strategies/{}/make-default", id(&by));
        desk.admin.post(&path, json!(null)).await.expect(200);
        let alice = desk.developer("alice").await;
        let browser = Browser::of(&desk, &alice);
        let new = "/applications/new";
        let owner = format!("developer:{}", alice.id);
        let page = browser.fill(new, new, &[("name", "Shop"), ("owner", owner.as_str())]).await.expect(200);
        assert!(page.text.contains("kw_cs_"), "{}", page.text);
        let all = alice.get("/api/v1/applications").await.expect(200).json();
        let application = &all["items"][0];
        assert!(page.text.contains(application["reference"].as_str().unwrap()));
        let own = browser.open(&format!("/applications/{}", id(application))).await.expect(200);
        assert!(!own.text.contains("kw_cs_"));
    }
);
