//! What each role of those who run this installation reaches: every page of the console, and every route of the API. The
//! table is committed as `docs/reference/roles.md`, so that whoever adds a route sees to whom it opens.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::AdministratorRole;
use reqwest::Method;

use crate::contract;
use crate::support::{Desk, Engine, User};
use crate::web::Browser;
use crate::web::guests::is_for_administrators;
use crate::world::World;

const HEAD: &str = "\
# What each role reaches

<!-- Made by `UPDATE_GOLDEN=1 cargo test -p keywright-server --test it roles` from what the server answers. -->

An **administrator** reaches all of it but what is a provider's own. An **approver** decides on what waits. An **auditor**
looks and changes nothing. A **provider** is the technical user of one gateway. *Some* is what waits for a decision, or
what is their gateway's own; the rest of its kind is told to be unknown. Whatever is not here is the same for everybody
who is signed in, or nobody's in the console.
";

/// What approvers do: it changes what the next request meets, and has tests of its own.
const DECIDING: [&str; 8] = [
    "POST /api/v1/approvals/{id}/approve",
    "POST /api/v1/approvals/{id}/reject",
    "POST /api/v1/developers/{id}/approve",
    "POST /api/v1/developers/{id}/reject",
    "POST /api/v1/subscriptions/{id}/approve",
    "POST /api/v1/subscriptions/{id}/reject",
    "POST /console/developers/{id}/approve",
    "POST /console/developers/{id}/reject",
];

/// What those may see who do not see everything; of what has an id, only some.
const APPROVER_SEES: [&str; 14] = [
    "GET /api/v1/account/sessions",
    "GET /api/v1/applications/{id}",
    "GET /api/v1/approvals",
    "GET /api/v1/approvals/{id}",
    "GET /api/v1/developers",
    "GET /api/v1/developers/{id}",
    "GET /api/v1/event-types",
    "GET /api/v1/subscriptions",
    "GET /api/v1/subscriptions/{id}",
    "GET /console/approvals",
    "GET /console/developers/{id}",
    "GET /console/subscriptions/{id}/decide",
    "GET /api/v1/docs",
    "GET /api/v1/openapi.json",
];

/// The same of technical users of gateways, and what they may do.
const PROVIDER: [&str; 13] = [
    "GET /api/v1/account/sessions",
    "GET /api/v1/docs",
    "GET /api/v1/gateways",
    "GET /api/v1/gateways/{id}",
    "GET /api/v1/openapi.json",
    "GET /api/v1/requests",
    "GET /api/v1/requests/{id}",
    "GET /api/v1/webhook-deliveries",
    "GET /api/v1/webhook-deliveries/{id}",
    "GET /console/own-gateway",
    "GET /console/own-gateway/deliveries",
    "GET /console/own-gateway/deliveries/{id}",
    "PATCH /api/v1/gateways/{id}",
];

/// What is everybody's own: their sessions, and the doors for those who are not in.
fn is_own(route: &str) -> bool {
    route.contains(" /api/v1/account")
}

/// Yes, no, or only some: what one answer says. `?`: it says something else.
fn verdict(route: &str, status: u16) -> &'static str {
    match status {
        200..=299 => "yes",
        // On to where they are at home.
        303 | 403 => "–",
        // There is no picture.
        404 if route.contains("/api/v1/portal/") => "yes",
        404 if route.contains('{') => "some",
        _ => "?",
    }
}

async fn pages(desk: &Desk, world: &World, user: &User, table: &mut BTreeMap<String, Vec<&'static str>>) {
    let browser = Browser::of(desk, user);
    let csrf = browser.csrf().await;
    for route in keywright_server::routes().into_iter().filter(|route| is_for_administrators(&route.path)) {
        let name = format!("{} {}", route.method, route.path);
        let path = world.fill_path(&route.path, |kind| world.id(kind).to_owned());
        let before = desk.changes().await;
        let status = if route.method == "GET" {
            browser.open(&path).await.status.as_u16()
        } else if DECIDING.contains(&name.as_str()) || name == "POST /console/subscriptions/{id}/decide" {
            // What is not there cannot be decided on, and nothing happens.
            let path = world.fill_path(&route.path, |_| uuid::Uuid::nil().to_string());
            browser.submit(&path, &[("csrf", &csrf)]).await.status.as_u16()
        } else {
            browser.submit(&path, &[("csrf", &csrf)]).await.status.as_u16()
        };
        desk.assert_nothing_happened(before).await;
        table.entry(name.clone()).or_default().push(verdict(&name, status));
    }
}

async fn operations(
    desk: &Desk,
    world: &World,
    (user, approves): (&User, bool),
    table: &mut BTreeMap<String, Vec<&'static str>>,
) {
    for operation in contract::operations() {
        let name = operation.to_string();
        if is_own(&name) {
            continue;
        }
        let decides = approves && DECIDING.contains(&name.as_str());
        if decides || (operation.method == Method::PATCH && PROVIDER.contains(&name.as_str())) {
            let missing =
                operation.send(user, &world.missing(&operation), contract::body(&operation).as_ref()).await;
            let verdict = if missing.status == 403 { "–" } else { "some" };
            table.entry(name).or_default().push(verdict);
            continue;
        }
        let before = desk.changes().await;
        let body = contract::body(&operation);
        let answer = operation.send(user, &world.path(&operation), body.as_ref()).await;
        desk.assert_nothing_happened(before).await;
        table.entry(name.clone()).or_default().push(verdict(&name, answer.status.as_u16()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_169_the_committed_table_says_what_each_role_reaches() {
    let desk = Desk::start(Engine::Sqlite, app::Settings::default()).await;
    let world = World::new(&desk).await;
    let gateway_id = world.id("gateways").parse().unwrap();
    // Something waits for a decision.
    let silver = desk.plan("Silver", true).await;
    let version = format!("/api/v1/api-versions/{}", world.id("api-versions"));
    let offer = serde_json::json!({"private": false, "plan_ids": [world.id("plans"), silver]});
    desk.admin.patch(&version, offer).await.expect(200);
    let wish = serde_json::json!({"plan_id": silver});
    let subscription = world.id("subscriptions");
    world.alice.post(&format!("/api/v1/subscriptions/{subscription}/change-plan"), wish).await.expect(200);
    let roles = [
        ("approver", AdministratorRole::Approver),
        ("looks", AdministratorRole::Auditor),
        ("gateway", AdministratorRole::Provider { gateway_id }),
    ];
    let (mut console, mut api) = (BTreeMap::new(), BTreeMap::new());
    for (name, role) in roles {
        let user = desk.administrator_as(name, role).await;
        pages(&desk, &world, &user, &mut console).await;
        let approves = role == AdministratorRole::Approver;
        operations(&desk, &world, (&user, approves), &mut api).await;
    }
    let mut wrong = Vec::new();
    for (route, verdicts) in console.iter().chain(&api) {
        let [approver, auditor, provider] = verdicts[..] else { panic!("{route}: {verdicts:?}") };
        let decides =
            DECIDING.contains(&route.as_str()) || route == "POST /console/subscriptions/{id}/decide";
        let fits = [
            route.starts_with("GET ") || auditor == "–",
            approver == "–" || decides || APPROVER_SEES.contains(&route.as_str()),
            provider == "–" || PROVIDER.contains(&route.as_str()),
            !verdicts.contains(&"?"),
        ];
        if fits.contains(&false) {
            wrong.push(format!("{route}: {verdicts:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "these open to somebody they should not, or are not on the lists above: {wrong:#?}"
    );
    let mut page = HEAD.to_owned();
    for (heading, table) in [("The console", console), ("The management API", api)] {
        write!(page, "\n## {heading}\n\n| route | approver | auditor | provider |\n|---|---|---|---|\n")
            .unwrap();
        for (route, verdicts) in table {
            writeln!(page, "| `{route}` | {} |", verdicts.join(" | ")).unwrap();
        }
    }
    testkit::golden::compare("docs/reference/roles.md", &page);
}
