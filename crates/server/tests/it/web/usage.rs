//! `/applications/{id}/usage`, `/console/api-versions/{id}/usage`, `/console/usage`

use serde_json::json;

use super::Browser;
use crate::support::both;
use crate::verifier;

both!(
    async fn calls_are_drawn_listed_and_downloaded(desk) {
        let plan = desk.plan("Free", false).await;
        let version = desk.version("/orders", json!({"plan_ids": [plan]})).await;
        let (alice, bob) = (desk.developer("alice").await, desk.developer("bob").await);
        let application = alice.application().await;
        let key = alice.key(&application).await;
        let path = format!("/applications/{application}/usage");
        let (own, root) = (Browser::of(&desk, &alice), Browser::of_administrator(&desk).await);
        assert!(own.open(&path).await.page(200, "Shop").text.contains("No call was counted in this time"));
        assert!(root.open("/console").await.expect(200).text.contains("No call was counted yet"));
        let call = |key: &str| verifier::call(&desk, "GET", "/orders/1", &[("x-api-key", key)]);
        assert_eq!(call(&key).err(), Some("subscription_missing"));
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        alice.make("/api/v1/subscriptions", wish).await;
        for _ in 0..3 {
            call(&key).unwrap();
        }
        assert_eq!(call("kw_key_nobody").err(), Some("credential_unknown"));
        desk.app.flush().await.unwrap();
        for range in ["hour", "day", "month", "century"] {
            let page = own.open(&format!("{path}?range={range}")).await.page(200, "Shop");
            assert!(page.text.contains("4 in all, 1 of them refused"), "{range}: {}", page.text);
            assert!(page.text.contains("<rect class=\"allowed\"") && page.text.contains("<rect class=\"refused\""));
            assert!(page.text.contains("<code>subscription_missing</code>") && !page.text.contains("credential_unknown"));
            assert!(page.text.contains("API at /orders v1"), "{}", page.text);
        }
        let csv = own.open(&format!("{path}.csv?range=day")).await.expect(200);
        assert_eq!(csv.header("content-disposition"), "attachment; filename=\"usage.csv\"");
        assert_eq!(csv.text.lines().collect::<Vec<_>>(), [
            "began_at,status,reason,calls",
            "\"2026-11-23T04:00:00Z\",\"200\",\"allowed\",\"3\"",
            "\"2026-11-23T04:00:00Z\",\"403\",\"subscription_missing\",\"1\"",
        ]);
        let stranger = Browser::of(&desk, &bob);
        stranger.open(&path).await.page(404, "There is nothing here");
        stranger.open(&format!("{path}.csv")).await.page(404, "There is nothing here");
        let all = root.open("/console/usage").await.page(200, "Usage");
        assert!(all.text.contains("5 in all, 2 of them refused") && all.text.contains("credential_unknown"), "{}", all.text);
        assert!(all.text.contains(&format!("/applications/{application}")), "{}", all.text);
        let of_version = root.open(&format!("/console/api-versions/{version}/usage")).await.page(200, "Usage of API at /orders v1");
        assert!(of_version.text.contains("Shop"), "{}", of_version.text);
        root.open(&format!("/console/api-versions/{version}/usage.csv")).await.expect(200);
        assert!(root.open("/console").await.expect(200).text.contains("<rect class=\"allowed\""));
    }
);
