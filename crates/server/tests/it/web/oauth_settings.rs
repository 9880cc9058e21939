//! `/console/scopes`, `/console/token-definitions` and `/console/signing-keys`

use serde_json::json;

use super::{Browser, error_of};
use crate::support::{both, id};

both!(
    async fn scopes_are_made_changed_and_deleted(desk) {
        let root = Browser::of_administrator(&desk).await;
        let (list, new) = ("/console/scopes", "/console/scopes/new");
        let page = root.fill(new, new, &[("name", "orders"), ("kind", "plain"), ("claims", "email; userinfo")]).await.expect(400);
        assert!(error_of(&page, "claims").contains("must be lines like"), "{}", page.text);
        let fields = [("name", "orders"), ("kind", "role"), ("role", "buyer"), ("description", "Read orders"), ("claims", "email: id_token userinfo")];
        root.fill(new, new, &fields).await.leads_to("/console/scopes?notice=created");
        let all = desk.admin.get("/api/v1/oauth/scopes?limit=200").await.expect(200).json();
        let scope = all["items"].as_array().unwrap().iter().find(|it| it["name"] == "orders").unwrap().clone();
        assert_eq!((&scope["kind"], &scope["role"]), (&json!("role"), &json!("buyer")));
        assert_eq!(scope["claims"], json!([{"claim": "email", "id_token": true, "access_token": false, "userinfo": true}]));
        let path = format!("{list}/{}", id(&scope));
        let shown = root.open(&path).await.page(200, "orders");
        assert!(shown.text.contains("email: id_token userinfo"), "{}", shown.text);
        root.fill(&path, &path, &[("kind", "plain"), ("description", "Orders")]).await.leads_to(&format!("{path}?notice=saved"));
        let delete = format!("{path}/delete");
        root.fill(&delete, &delete, &[("confirm", "order")]).await.complains_about("confirm", "does not match");
        root.fill(&delete, &delete, &[("confirm", "orders")]).await.leads_to("/console/scopes?notice=deleted");
        let openid = all["items"].as_array().unwrap().iter().find(|it| it["name"] == "openid").unwrap();
        let built_in = root.open(&format!("{list}/{}", id(openid))).await.page(200, "openid");
        assert!(built_in.text.contains("Built in") && !built_in.text.contains("/delete"), "{}", built_in.text);
    }
);

both!(
    async fn token_definitions_are_made_changed_and_deleted(desk) {
        let root = Browser::of_administrator(&desk).await;
        let (list, new) = ("/console/token-definitions", "/console/token-definitions/new");
        let fields = [("name", "Banking"), ("algorithm", "ES256"), ("key_series", "banking"), ("claims", "partner = partner_name")];
        let mut wrong = fields;
        wrong[3].1 = "iss = partner_name";
        let page = root.fill(new, new, &wrong).await.expect(400);
        assert!(error_of(&page, "claims").contains("must be a label"), "{}", page.text);
        root.fill(new, new, &fields).await.leads_to("/console/token-definitions?notice=created");
        let all = desk.admin.get("/api/v1/oauth/token-definitions").await.expect(200).json();
        let made = all["items"].as_array().unwrap().iter().find(|it| it["name"] == "Banking").unwrap().clone();
        assert_eq!((&made["claims"], &made["key_series"]), (&json!({"partner": "partner_name"}), &json!("banking")));
        let path = format!("{list}/{}", id(&made));
        root.open(&path).await.page(200, "Banking");
        let mut audience = fields.to_vec();
        audience.push(("audience", "https://api.example"));
        root.fill(&path, &path, &audience).await.leads_to(&format!("{path}?notice=saved"));
        let delete = format!("{path}/delete");
        root.fill(&delete, &delete, &[("confirm", "Banking")]).await.leads_to("/console/token-definitions?notice=deleted");
    }
);

both!(
    async fn signing_keys_are_rotated_and_revoked(desk) {
        desk.app.tend_signing_keys().await.unwrap();
        let root = Browser::of_administrator(&desk).await;
        let (list, rotate) = ("/console/signing-keys", "/console/signing-keys/rotate");
        let csrf = root.csrf().await;
        root.submit(rotate, &[("csrf", &csrf), ("algorithm", "ES256")]).await.leads_to("/console/signing-keys?notice=keys_made");
        let again = root.submit(rotate, &[("csrf", &csrf), ("algorithm", "ES256")]).await.expect(409);
        assert!(again.text.contains("waits already"), "{}", again.text);
        let page = root.open(list).await.page(200, "Signing keys");
        assert!(page.text.contains("Published, signs soon") && page.text.contains(">Signs<"), "{}", page.text);
        let keys = desk.admin.get("/api/v1/oauth/signing-keys?limit=200").await.expect(200).json();
        let key = keys["items"].as_array().unwrap().iter().find(|it| it["state"] == "active").unwrap().clone();
        let path = format!("{list}/{}", id(&key));
        let shown = root.open(&path).await.expect(200);
        assert!(shown.text.contains("&#34;kty&#34;") && !shown.text.contains("&#34;d&#34;"), "{}", shown.text);
        let revoke = format!("{path}/revoke");
        let page = root.open(&revoke).await.page(200, "Revoke this key?");
        assert!(page.text.contains("Every JWT that it signed is refused"), "{}", page.text);
        root.fill(&revoke, &revoke, &[("confirm", "x")]).await.complains_about("confirm", "does not match");
        root.fill(&revoke, &revoke, &[("confirm", id(&key))]).await.leads_to(&format!("{path}?notice=key_revoked"));
        assert!(!root.open(&path).await.expect(200).text.contains("/revoke"));
    }
);
