//! `/console/administrators`, and the console as each role sees it.

use domain::AdministratorRole;
use serde_json::json;

use super::{Browser, tags};
use crate::support::{both, id};
use crate::world::World;

const PATH: &str = "/console/administrators";

both!(
    async fn an_administrator_is_given_a_role_and_shut_out(desk) {
        let root = Browser::of_administrator(&desk).await;
        let body = json!({"email": "eve@example.com", "password": "eleven odd kettles hum", "role": "auditor"});
        desk.admin.make("/api/v1/administrators", body).await;
        let list = desk.admin.get("/api/v1/administrators").await.expect(200).json();
        let eve = list["items"].as_array().unwrap().iter().find(|it| it["email"] == "eve@example.com").unwrap();
        let eve = format!("{PATH}/{}", id(eve));
        assert!(root.open(PATH).await.page(200, "Administrators").text.contains(&eve));
        root.fill(&eve, &eve, &[("role", "approver")]).await.leads_to(&format!("{eve}?notice=saved"));
        let out = format!("{eve}/disable");
        root.fill(&out, &out, &[("confirm", "eve")]).await.complains_about("confirm", "does not match");
        root.fill(&out, &out, &[("confirm", "eve@example.com")]).await.leads_to(&format!("{eve}?notice=shut_out"));
        root.fill(&eve, &format!("{eve}/enable"), &[]).await.leads_to(&format!("{eve}?notice=let_in"));
        // One's own account has no form.
        let list = desk.admin.get("/api/v1/administrators").await.expect(200).json();
        let own = list["items"].as_array().unwrap().iter().find(|it| it["email"] == "root@example.com").unwrap();
        let page = root.open(&format!("{PATH}/{}", id(own))).await.page(200, "root@example.com");
        assert!(page.text.contains("This is your own account") && !page.text.contains("name=\"role\""));
    }
);

both!(
    async fn a_163_an_auditor_sees_no_button_that_changes_anything(desk) {
        let world = World::new(&desk).await;
        let auditor = Browser::of(&desk, &desk.administrator_as("looks", AdministratorRole::Auditor).await);
        let mut seen = 0;
        for route in keywright_server::routes().into_iter().filter(|it| it.method == "GET" && it.path.starts_with("/console")) {
            let path = world.fill_path(&route.path, |kind| world.id(kind).to_owned());
            let page = auditor.open(&path).await;
            if page.status != 200 || path.ends_with(".csv") {
                continue;
            }
            seen += 1;
            let forms = tags(&page.text, "form").into_iter().filter(|form| form.contains("method=\"post\""));
            let forms: Vec<&str> = forms.filter(|form| !form.contains("/sign-out")).collect();
            assert!(forms.is_empty(), "{path}: {forms:?}");
            for word in [">New plan<", ">New API<", ">New endpoint<", ">Delete<", ">Edit<", ">Revoke<", ">Rotate<"] {
                assert!(!page.text.contains(word), "{path}: {word}");
            }
        }
        assert!(seen > 25, "{seen}");
        let settings = auditor.open("/console/settings").await.expect(200);
        assert!(settings.text.contains("<fieldset class=\"form still\" disabled>"), "{}", settings.text);
        // The links in mails open accounts.
        let mails = desk.admin.get("/api/v1/mails?to=alice@example.com").await.expect(200).json();
        let mail = auditor.open(&format!("/console/mails/{}", id(&mails["items"][0]))).await.expect(200);
        assert!(!mail.text.contains("token=kw_"), "{}", mail.text);
    }
);

both!(
    async fn an_approver_decides_in_the_console(desk) {
        let approver = Browser::of(&desk, &desk.administrator_as("decides", AdministratorRole::Approver).await);
        let alice = desk.developer("alice").await;
        let plan = desk.plan("Gold", true).await;
        let version = desk.version("/a", json!({"plan_ids": [plan]})).await;
        let shop = alice.application().await;
        let ask = json!({"application_id": shop, "api_version_id": version, "plan_id": plan});
        let asked = id(&alice.make("/api/v1/subscriptions", ask).await).to_owned();
        approver.open("/").await.leads_to("/console/approvals");
        let inbox = approver.open("/console/approvals").await.page(200, "Approvals");
        assert!(inbox.text.contains(&format!("/subscriptions/{asked}")));
        assert!(!inbox.text.contains("/console/audit"), "the menu has nothing else in it");
        approver.open(&format!("/subscriptions/{asked}")).await.expect(200);
        approver.open(&format!("/applications/{shop}")).await.page(200, "Shop");
        let decide = format!("/console/subscriptions/{asked}/decide");
        approver.fill(&decide, &decide, &[("decision", "revoke")]).await.expect(403);
        let done = approver.fill(&decide, &decide, &[("decision", "approve")]).await;
        done.leads_to("/console/approvals?notice=approved");
        approver.open(&format!("/subscriptions/{asked}")).await.page(404, "There is nothing here");
        approver.open("/console").await.leads_to("/console/approvals");
        for closed in ["/console/audit", "/console/developers", "/console/administrators", "/home"] {
            approver.open(closed).await.page(403, "This is not possible");
        }
    }
);

both!(
    async fn a_provider_sees_its_gateway_in_the_console(desk) {
        let admin = &desk.admin;
        let gateway = id(&admin.make("/api/v1/gateways", json!({"name": "North"})).await).to_owned();
        let api = id(&admin.make("/api/v1/apis", json!({"name": "Weather"})).await).to_owned();
        admin.put(&format!("/api/v1/gateways/{gateway}/apis/{api}"), json!({})).await.expect(200);
        let body = json!({"url": "https://north.example.com/hook", "gateway_id": gateway});
        admin.make("/api/v1/webhook-endpoints", body).await;
        let alice = desk.developer("alice").await;
        let request = json!({"kind": "create", "name": "Pets", "apis": [api]});
        let request = id(&alice.make("/api/v1/requests", request).await).to_owned();
        while desk.app.tell_webhooks().await.unwrap() {}
        let role = AdministratorRole::Provider { gateway_id: gateway.parse().unwrap() };
        let provider = desk.administrator_as("gateway", role).await;
        let browser = Browser::of(&desk, &provider);
        browser.open("/").await.leads_to("/console/own-gateway");
        let page = browser.open("/console/own-gateway").await.page(200, "North");
        assert!(page.text.contains("Weather") && page.text.contains(&format!("/requests/{request}")), "{}", page.text);
        let told = browser.open(&format!("/requests/{request}")).await.expect(200);
        assert!(!told.text.contains("/retry"), "{}", told.text);
        let deliveries = provider.get("/api/v1/webhook-deliveries").await.expect(200).json();
        let delivery = id(&deliveries["items"][0]).to_owned();
        browser.open(&format!("/console/own-gateway/deliveries/{delivery}")).await.expect(200);
        browser.open("/account").await.page(200, "Your account");
        // Another gateway's user sees none of it.
        let south = id(&admin.make("/api/v1/gateways", json!({"name": "South"})).await).to_owned();
        let role = AdministratorRole::Provider { gateway_id: south.parse().unwrap() };
        let other = Browser::of(&desk, &desk.administrator_as("south", role).await);
        for path in [format!("/console/own-gateway/deliveries/{delivery}"), format!("/requests/{request}")] {
            other.open(&path).await.page(404, "There is nothing here");
        }
    }
);
