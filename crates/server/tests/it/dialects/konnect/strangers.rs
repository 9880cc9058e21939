//! Every operation, asked by nobody, by another developer, and about what does not exist.

use std::collections::BTreeMap;

use keywright_server as server;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, product};
use crate::support::{Answer, both, id};

/// Where strangers may knock, and what a portal says of itself. This list may only shrink.
const DOORS: [&str; 15] = [
    "GET /api/v2/developer/authenticate/sso",
    "GET /api/v2/portal",
    "GET /api/v2/portal/appearance",
    "GET /api/v2/portal/catalog-cover",
    "GET /api/v2/portal/favicon.ico",
    "GET /api/v2/portal/logo",
    "GET /api/v2/portal/stylesheet.css",
    "GET /api/v2/portal/stylesheet/font.css",
    "POST /api/v2/developer",
    "POST /api/v2/developer/authenticate",
    "POST /api/v2/developer/forgot-password",
    "POST /api/v2/developer/logout",
    "POST /api/v2/developer/refresh",
    "POST /api/v2/developer/reset-password",
    "POST /api/v2/developer/verify-email",
];

struct Operation {
    method: Method,
    path: String,
    name: String,
}

/// Every operation, with the ids of somebody's things in it.
fn operations(ids: &BTreeMap<&str, String>) -> Vec<Operation> {
    let routes = server::public_routes().into_iter().filter(|route| route.path.starts_with("/api/v2/"));
    routes
        .map(|route| {
            let mut path = route.path.clone();
            for (name, id) in ids {
                path = path.replace(&format!("{{{name}}}"), id);
            }
            assert!(!path.contains('{'), "{path}: add one to this world");
            Operation {
                method: route.method.parse().unwrap(),
                name: format!("{} {}", route.method, route.path),
                path,
            }
        })
        .collect()
}

/// A body that an operation takes.
fn body(name: &str, version: &str) -> Option<Value> {
    let last = name.rsplit('/').next().unwrap();
    Some(match (name.split(' ').next().unwrap(), last) {
        ("POST", "registrations") => json!({"product_version_id": version}),
        ("POST", "applications") | ("PATCH", _) => json!({"name": "Taken over"}),
        ("POST", "credentials") | ("PUT", _) => json!({"display_name": "Taken over"}),
        ("POST", "stats") => json!({"start_ms": 0, "end_ms": 1, "metrics": ["REQUEST_COUNT"]}),
        _ => return None,
    })
}

/// What belongs to a developer.
async fn world(desk: &crate::support::Desk, owner: &Client) -> BTreeMap<&'static str, String> {
    let (api, version) = product(desk, "Orders", json!({})).await;
    let page = json!({"slug": "start", "title": "Start"});
    let document = desk.admin.make(&format!("/api/v1/apis/{api}/documents"), page).await;
    let application = owner.application("Shop").await;
    let path = format!("/api/v2/applications/{application}");
    let key = owner.post(&format!("{path}/credentials"), json!({})).await.is(201, "credential_made");
    let body = json!({"product_version_id": version});
    let registration = owner.post(&format!("{path}/registrations"), body).await.is(201, "registration");
    BTreeMap::from([
        ("productId", api),
        ("productVersionId", version),
        ("documentId", id(&document).to_owned()),
        ("applicationId", application),
        ("credentialId", id(&key).to_owned()),
        ("registrationId", id(&registration).to_owned()),
        ("indices", "product-catalog".to_owned()),
    ])
}

async fn send(client: &Client, operation: &Operation, version: &str) -> Answer {
    client.send(operation.method.clone(), &operation.path, body(&operation.name, version)).await
}

both!(
    async fn strangers_get_401_everywhere_but_at_the_doors(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let ids = world(&desk, &ada).await;
        let before = desk.changes().await;
        let stranger = |cookie: &str| Client { cookie: cookie.to_owned(), ..Client::nobody(&desk) };
        let mut doors = Vec::new();
        for operation in operations(&ids) {
            if DOORS.contains(&operation.name.as_str()) {
                doors.push(operation.name);
                continue;
            }
            for cookie in ["", "portalaccesstoken=kw_ses_x", "portalaccesstoken=", "portalrefreshtoken=x"] {
                send(&stranger(cookie), &operation, &ids["productVersionId"]).await.refused(401, "Unauthorized");
            }
            // There are no bearer tokens here, not even an administrator's.
            let bearer = desk.admin.bearer.as_deref().unwrap();
            let request = stranger("").request(operation.method.clone(), &operation.path).bearer_auth(bearer);
            Answer::of(request.json(&json!({}))).await.refused(401, "Unauthorized");
        }
        desk.assert_nothing_happened(before).await;
        doors.sort();
        assert_eq!(doors, DOORS);
    }
);

both!(
    async fn what_belongs_to_others_is_as_unknown_as_what_does_not_exist(desk) {
        let (ada, bob) = (Client::developer(&desk, "ada").await, Client::developer(&desk, "bob").await);
        let ids = world(&desk, &ada).await;
        let version = &ids["productVersionId"];
        let nothing = "00000000-0000-7000-8000-000000000000".to_owned();
        let missing: BTreeMap<&str, String> =
            ids.iter().map(|(name, id)| (*name, if id.len() == 36 { nothing.clone() } else { id.clone() })).collect();
        // Bob's own application does not lead to what is below Ada's.
        let mut crossed = ids.clone();
        crossed.insert("applicationId", bob.application("Own").await);
        let before = desk.changes().await;
        let anonymous = |mut problem: Value| {
            problem["instance"].take();
            problem
        };
        let all = operations(&ids).into_iter().zip(operations(&missing)).zip(operations(&crossed));
        for ((theirs, missing), crossed) in all.filter(|((one, _), _)| one.path.contains(&ids["applicationId"])) {
            let refused = send(&bob, &theirs, version).await.refused(404, "Not Found");
            let unknown = send(&bob, &missing, version).await.refused(404, "Not Found");
            assert_eq!(anonymous(refused), anonymous(unknown), "{}", theirs.name);
            if theirs.name.contains("{credentialId}") || theirs.name.contains("{registrationId}") {
                send(&bob, &crossed, version).await.refused(404, "Not Found");
            }
        }
        desk.assert_nothing_happened(before).await;
        let page = bob.get("/api/v2/applications?filter[name]=Shop").await.is(200, "applications");
        assert_eq!(page["meta"]["page"]["total"], 0);
        ada.get(&format!("/api/v2/applications/{}", ids["applicationId"])).await.is(200, "application");
    }
);

both!(
    async fn a_partners_application_is_not_the_developers_own(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
        let member = format!("/api/v1/partners/{}/members/{}", id(&partner), id(&me));
        desk.admin.put(&member, json!({"role": "OWNER"})).await.expect(200);
        let body = json!({"name": "Theirs", "owner": {"partner": partner["id"]}});
        let theirs = desk.admin.make("/api/v1/applications", body).await;
        let path = format!("/api/v2/applications/{}", id(&theirs));
        ada.get(&path).await.refused(404, "Not Found");
        ada.delete(&path).await.refused(404, "Not Found");
        let page = ada.get("/api/v2/applications").await.is(200, "applications");
        assert_eq!(page["meta"]["page"]["total"], 0);
    }
);

both!(
    async fn a_public_portal_knows_no_operation_about_applications(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let ids = world(&desk, &ada).await;
        desk.admin.patch("/api/v1/portal", json!({"is_public": true})).await.expect(200);
        let before = desk.changes().await;
        let mut hidden = 0;
        for operation in operations(&ids).into_iter().filter(|one| one.path.contains("/applications")) {
            for client in [&ada, &Client::nobody(&desk)] {
                send(client, &operation, &ids["productVersionId"]).await.refused(404, "Not Found");
            }
            hidden += 1;
        }
        assert_eq!(hidden, 18);
        desk.assert_nothing_happened(before).await;
        // Nothing of it is lost.
        desk.admin.patch("/api/v1/portal", json!({"is_public": false})).await.expect(200);
        ada.get(&format!("/api/v2/applications/{}", ids["applicationId"])).await.is(200, "application");
    }
);
