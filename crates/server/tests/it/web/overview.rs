//! `/console`: the guide to the first protected API.

use serde_json::json;

use super::Browser;
use crate::support::both;
use crate::verifier;

const GUIDE: &str = "Protect your first API";

both!(
    async fn the_guide_stays_until_a_call_was_let_through(desk) {
        let root = Browser::of_administrator(&desk).await;
        let page = async || root.open("/console").await.page(200, "Overview").text;
        let says = async |text: &str| {
            let page = page().await;
            assert!(page.contains(GUIDE) && page.contains(text), "{text}: {page}");
        };
        says("Make a plan").await;
        let plan = desk.plan("Free", false).await;
        says("Done: there is a plan.").await;
        desk.version("/orders", json!({"plan_ids": [plan]})).await;
        says("Done: there is an API with a version.").await;
        says("Let your gateway ask").await;
        let alice = desk.developer("alice").await;
        let application = alice.application().await;
        let key = alice.key(&application).await;
        says("Done: there is a key.").await;
        // A call that is refused is none that was let through.
        assert!(verifier::call(&desk, "GET", "/orders", &[("x-api-key", &key)]).is_err());
        desk.app.flush().await.unwrap();
        says("Done: there is a key.").await;
        let versions = desk.admin.get("/api/v1/api-versions").await.json();
        let version = versions["items"][0]["id"].clone();
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        alice.make("/api/v1/subscriptions", wish).await;
        verifier::call(&desk, "GET", "/orders", &[("x-api-key", &key)]).unwrap();
        desk.app.flush().await.unwrap();
        assert!(!page().await.contains(GUIDE));
    }
);
