//! Somebody tries an API out on its page, and sees what comes of it.

use reqwest::Method;
use serde_json::json;

use super::axe;
use super::chromium::Chromium;
use super::journeys::Gateway;
use super::pages::{LOOKS, check, folder};
use crate::support::Desk;

/// Each page that is seen on the way is one that everybody can read.
async fn is_accessible(it: &Chromium, name: &str) {
    let axe = axe();
    for (look, width, dark) in LOOKS {
        it.look(width, dark).await;
        let complaints = check(it, &axe, width).await;
        assert!(complaints.is_empty(), "{name} {look}: {complaints:?}");
        if let Some(folder) = folder() {
            let folder = folder.join(format!("trying-{look}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(format!("{name}.png")), it.picture().await).unwrap();
        }
    }
    it.look(1280, false).await;
}

pub async fn tries(desk: &Desk, it: &Chromium) {
    let gateway = Gateway::start(desk).await;
    let door = outbound::gateway::door(&format!("http://{}", gateway.address())).unwrap();
    desk.app.open_gateway_door(door);
    let plan = desk.plan("Free", false).await;
    let version = desk.version("/orders", json!({"plan_ids": [plan]})).await;
    let order =
        json!({"properties": {"count": {"type": "integer", "minimum": 2}, "note": {"type": "string"}}});
    let specification = json!({
        "openapi": "3.1.0", "info": {"title": "Orders", "version": "1"},
        "paths": {"/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": true, "description": "Which order.", "schema": {"type": "integer", "example": 17}},
                {"name": "full", "in": "query", "description": "With everything in it?", "schema": {"type": "boolean"}}
            ],
            "put": {"summary": "Change an order", "requestBody": {"required": true, "content": {"application/json": {"schema": order}}}}
        }}
    });
    let place = format!("/api/v1/api-versions/{version}/specification");
    desk.admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&specification)).await.expect(200);
    let api = desk.admin.get(&format!("/api/v1/api-versions/{version}")).await.expect(200).json();
    let api = format!("/apis/{}", api["api_id"].as_str().unwrap());
    for (name, scripts) in [("ada", true), ("grace", false)] {
        let user = desk.developer(name).await;
        let application = user.application().await;
        let wish = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        user.make("/api/v1/subscriptions", wish).await;
        it.look(1280, false).await;
        it.become_(user.bearer.as_deref().unwrap()).await;
        it.scripts(scripts).await;
        it.open(&api).await;
        it.press("Try it").await;
        it.says("Which operation?").await;
        it.press("PUT /{id}").await;
        it.says("A key for ten minutes").await;
        if scripts {
            assert_eq!(it.run("return document.querySelector('#p0').value").await, "17");
            is_accessible(it, "form").await;
        }
        it.type_("p0", "a/b").await;
        it.press("Send").await;
        it.says("must hold no slash").await;
        it.type_("p0", "18").await;
        it.press("Send").await;
        it.says("200 OK").await;
        it.says("\"target\": \"/orders/18\"").await;
        it.says("The same call, elsewhere").await;
        if scripts {
            is_accessible(it, "answer").await;
        }
        // Without a key it is refused, and the page says why.
        it.click("input[name=proof][value=none]").await;
        it.press("Send").await;
        it.says("401 Unauthorized").await;
        it.says("The call carries no credential").await;
        if scripts {
            is_accessible(it, "refused").await;
        }
    }
    it.scripts(true).await;
}
