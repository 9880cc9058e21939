//! `/requests`, `/approvals/{id}` and `/access-tokens`

use serde_json::json;

use super::Browser;
use crate::support::{Desk, both, id, ids};

/// A gateway with an API, which nobody tells anything.
async fn petstore(desk: &Desk) -> String {
    let gateway = id(&desk.admin.make("/api/v1/gateways", json!({"name": "X Gateway"})).await).to_owned();
    let api = id(&desk.admin.make("/api/v1/apis", json!({"name": "Petstore"})).await).to_owned();
    desk.admin.put(&format!("/api/v1/gateways/{gateway}/apis/{api}"), json!({})).await.expect(200);
    api
}

both!(
    async fn a_developer_asks_follows_and_takes_back_and_another_decides(desk) {
        let api = petstore(&desk).await;
        let (alice, ada) = (desk.developer("alice").await, desk.developer("ada").await);
        let steps = json!([{"approvers": [{"developer": ada.id}]}]);
        let flow = id(&desk.admin.make("/api/v1/approval-flows", json!({"name": "Flow", "steps": steps})).await).to_owned();
        let policy = json!({"steps": [{"kind": "flow", "flow_id": flow}]});
        desk.admin.put("/api/v1/approval-policies/applications", policy).await.expect(200);
        let (alices, adas) = (Browser::of(&desk, &alice), Browser::of(&desk, &ada));

        // What is wrong stands beside its field, and what was typed is still there.
        let wrong = [("name", "Pets"), ("redirect_uris", "nowhere"), ("apis", api.as_str())];
        let page = alices.fill("/requests/new", "/requests/new", &wrong).await.expect(400);
        assert!(page.text.contains("value=\"Pets\"") && page.text.contains("must be an absolute address"), "{}", page.text);
        let right = [("name", "Pets"), ("apis", api.as_str()), ("description", "All <b>of them</b>")];
        let made = alices.fill("/requests/new", "/requests/new", &right).await.expect(303);
        let path = made.header("location").split('?').next().unwrap().to_owned();
        let page = alices.open(&path).await.page(200, "New application Pets");
        assert!(page.text.contains("Waits for approval") && page.text.contains("People were asked to approve"), "{}", page.text);
        assert!(page.text.contains("All &#60;b&#62;of them&#60;/b&#62;"));

        // Who is to decide finds it, and the decision is seen.
        assert!(adas.open("/requests").await.page(200, "Requests").text.contains("Wait for you to decide"));
        let approval = format!("/approvals/{}", ids(&ada.get("/api/v1/approvals").await)[0]);
        alices.open(&approval).await.page(404, "There is nothing here");
        let page = adas.fill(&approval, &approval, &[]).await.expect(400);
        assert!(page.text.contains("must be chosen"), "{}", page.text);
        adas.fill(&approval, &approval, &[("decision", "approve"), ("comment", "ok")]).await.leads_to("/requests?notice=approved");
        let page = alices.open(&path).await.expect(200);
        assert!(page.text.contains("The gateway could not be told") && page.text.contains("no webhook endpoint"), "{}", page.text);
        let retry = format!("{path}/retry");
        alices.fill(&path, &retry, &[]).await.leads_to(&format!("{path}?notice=retried"));
        assert!(alices.open(&path).await.text.contains("Somebody had it told again"));
        alices.fill(&path, &retry, &[("state", "none")]).await.expect(303);

        // Another one is taken back before anybody decided.
        let right = [("name", "Dogs"), ("apis", api.as_str())];
        let made = alices.fill("/requests/new", "/requests/new", &right).await.expect(303);
        let path = made.header("location").split('?').next().unwrap().to_owned();
        let delete = format!("{path}/delete");
        alices.fill(&delete, &delete, &[]).await.leads_to("/requests?notice=taken_back");
        alices.open(&path).await.page(404, "There is nothing here");

        let root = Browser::of_administrator(&desk).await;
        let page = root.open("/console/requests").await.page(200, "Requests");
        assert!(page.text.contains("Pets") && !page.text.contains("Dogs"), "{}", page.text);
        assert!(root.open("/console/requests?status=completed").await.text.contains("Nothing fits"));
        root.open("/console/approvals").await.page(200, "Approvals");
    }
);

both!(
    async fn access_tokens_are_asked_for_shown_and_renewed_on_pages(desk) {
        let version = desk.version("/pets", json!({})).await;
        let (alice, ada) = (desk.developer("alice").await, desk.developer("ada").await);
        let group = json!({"name": "API Consumption Approvers", "members": [{"developer": ada.id}]});
        desk.admin.make("/api/v1/groups", group).await;
        let root = Browser::of_administrator(&desk).await;
        let form = format!("/console/api-versions/{version}/token-form");
        let fields = "applicationName | Application | required\r\ncostCentre | Cost centre | required\r\nnote";
        root.fill(&form, &form, &[("fields", fields)]).await.leads_to(&format!("/console/api-versions/{version}?notice=saved"));
        let page = root.fill(&form, &form, &[("fields", "a | A\r\na | A")]).await.expect(400);
        assert!(page.text.contains("must be another one in each entry"), "{}", page.text);

        let alices = Browser::of(&desk, &alice);
        assert!(alices.open("/access-tokens").await.page(200, "Access tokens").text.contains("You have none yet"));
        assert!(alices.open("/access-tokens/new").await.expect(200).text.contains(&format!("/api-versions/{version}/access-token")));
        let ask = format!("/api-versions/{version}/access-token");
        let page = alices.fill(&ask, &ask, &[("value0", "Weather App")]).await.complains_about("value1", "must be filled in");
        assert!(page.text.contains("Cost centre") && page.text.contains("value=\"Weather App\""), "{}", page.text);
        let filled = [("value0", "Weather App"), ("value1", "42"), ("value2", "")];
        alices.fill(&ask, &ask, &filled).await.leads_to("/access-tokens?notice=token_asked");
        assert!(desk.mails("ada@example.com").await[0].1.contains("costCentre: 42"));
        assert!(alices.open("/access-tokens").await.text.contains("has not answered yet"));

        let developer: domain::DeveloperId = ada.id.parse().unwrap();
        let identity = app::Identity::Developer { id: developer, session_id: domain::SessionId(uuid::Uuid::now_v7()) };
        let approver = app::Caller { identity, ..app::Caller::operator() };
        let property = |key: &str, value: &str| domain::Property { key: key.to_owned(), value: value.to_owned() };
        let properties = [property("applicationName", "Weather App"), property("Access Token Type", "API Key"), property("x-Api-Key", "k<e>y ")];
        let token = desk.app.store_external_token(&approver, &alice.id, &properties).await.unwrap().value;
        let path = format!("/access-tokens/{}", token.id);
        let list = alices.open("/access-tokens").await.expect(200);
        assert!(list.text.contains("Weather App") && !list.text.contains("has not answered yet"), "{}", list.text);
        let page = alices.open(&path).await.page(200, "Weather App");
        assert!(!page.text.contains("k&#60;e&#62;y"), "shown without being asked for");
        let shown = alices.fill(&path, &format!("{path}/reveal"), &[]).await.expect(200);
        assert!(shown.text.contains("<code>k&#60;e&#62;y </code>"), "{}", shown.text);
        alices.fill(&path, &format!("{path}/renew"), &[]).await.leads_to(&format!("{path}?notice=renew_asked"));
        let page = alices.open(&path).await.expect(200);
        assert!(page.text.contains("Renewal requested") && !page.text.contains(&format!("{path}/renew")), "{}", page.text);
        alices.fill(&path, &format!("{path}/revoke"), &[]).await.leads_to(&format!("{path}?notice=revoke_asked"));
        assert_eq!(desk.mails("ada@example.com").await[0].0, "Please revoke an access token");

        // Whoever else is signed in finds nothing there.
        let strange = Browser::of(&desk, &ada);
        strange.open(&path).await.page(404, "There is nothing here");
        let csrf = strange.csrf().await;
        strange.submit(&format!("{path}/reveal"), &[("csrf", &csrf)]).await.page(404, "There is nothing here");
    }
);
