//! Calls to copy: they name the gateway's real address, where it is known.

use app::Settings;
use serde_json::{Value, json};

use super::Browser;
use crate::support::{Desk, both};

/// What the page of a new key and the page of its API say to call, before and after the application is subscribed.
async fn shown(desk: &Desk, settings: Value) -> [String; 3] {
    let plan = desk.plan("Free", false).await;
    let mut wanted = json!({"plan_ids": [plan]});
    wanted.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let version = desk.version("/orders", wanted).await;
    let alice = desk.developer("alice").await;
    let application = alice.application().await;
    let browser = Browser::of(desk, &alice);
    let new = format!("/applications/{application}/credentials/new");
    let first = browser.fill(&new, &new, &[("name", "First")]).await.expect(200).text;
    let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
    alice.make("/api/v1/subscriptions", wish).await;
    let second = browser.fill(&new, &new, &[("name", "Second")]).await.expect(200).text;
    let api = desk.admin.get(&format!("/api/v1/api-versions/{version}")).await.json()["api_id"].clone();
    let api = browser.open(&format!("/apis/{}", api.as_str().unwrap())).await.expect(200).text;
    [first, second, api].map(|page| call(&page))
}

/// The address of the call on a page.
fn call(page: &str) -> String {
    let command = page.split("curl -H").nth(1).unwrap_or_else(|| panic!("no call on {page}"));
    let address = command.split("http").nth(1).unwrap().split(['<', '"', '&', ' ']).next().unwrap();
    format!("http{address}")
}

both!(
    async fn what_is_not_known_is_in_capitals(desk) {
        let [first, second, api] = shown(&desk, json!({})).await;
        assert_eq!([first.as_str(), &second, &api], ["https://GATEWAY/PATH", "https://GATEWAY/orders", "https://GATEWAY/orders"]);
    }
);

both!(
    async fn the_gateway_is_named_where_it_is_known(desk, Settings { gateway_url: Some("http://api.example.com:8000".to_owned()), ..Settings::default() }) {
        let [first, second, api] = shown(&desk, json!({})).await;
        let orders = "http://api.example.com:8000/orders";
        assert_eq!([first.as_str(), &second, &api], ["http://api.example.com:8000/PATH", orders, orders]);
    }
);

both!(
    async fn a_version_with_hosts_is_called_at_its_own(desk, Settings { gateway_url: Some("http://api.example.com:8000".to_owned()), ..Settings::default() }) {
        let [_, second, api] = shown(&desk, json!({"hosts": ["shop.example.com"]})).await;
        assert_eq!([second, api], ["http://shop.example.com:8000/orders"; 2]);
    }
);
