//! Reaching what belongs to others, on every route there is.

use std::collections::BTreeSet;

use keywright_server as server;
use reqwest::Method;
use serde_json::json;

use crate::contract::{self, Operation};
use crate::support::{Desk, User, both};
use crate::world::World;

/// Where strangers may knock. This list may only shrink.
const DOORS: [&str; 7] = [
    "POST /api/v1/account/register",
    "POST /api/v1/account/verify-email",
    "POST /api/v1/account/forgot-password",
    "POST /api/v1/account/reset-password",
    "POST /api/v1/account/sessions",
    "GET /api/v1/openapi.json",
    "GET /api/v1/docs",
];

/// Pages and files that strangers may look at. This list, too, may only shrink.
const OPEN_PAGES: [&str; 22] = [
    "/",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/administrator-invitation",
    "/assets/{*file}",
    "/forgot-password",
    "/forgot-password/sent",
    "/healthz",
    "/oauth2/auth",
    "/oauth2/authorize",
    "/oauth2/certs",
    "/oauth2/jwks.json",
    "/readyz",
    "/reset-password",
    "/setup",
    "/setup/done",
    "/sign-in",
    "/sign-in/with/{slug}",
    "/sign-in/with/{slug}/callback",
    "/sign-up",
    "/sign-up/sent",
    "/verify-email",
];

/// What is on offer, for everybody who is signed in.
const ON_OFFER: [&str; 5] = [
    "GET /api/v1/gateways/{id}",
    "GET /api/v1/plans/{id}",
    "GET /api/v1/auth-strategies/{id}",
    "GET /api/v1/oauth/scopes/{id}",
    "GET /api/v1/oauth/token-definitions/{id}",
];

fn is_on_offer(operation: &Operation) -> bool {
    ON_OFFER.contains(&operation.to_string().as_str())
}

fn is_door(operation: &Operation) -> bool {
    DOORS.contains(&operation.to_string().as_str())
}

both!(
    async fn a_149_strangers_get_401_on_every_route_but_the_doors(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        let mut doors = BTreeSet::new();
        for operation in contract::operations() {
            if is_door(&operation) {
                doors.insert(operation.to_string());
                continue;
            }
            let (path, body) = (world.path(&operation), contract::body(&operation));
            for user in [desk.anonymous(), desk.session("kw_ses_nobody"), desk.session("")] {
                let answer = operation.send(&user, &path, body.as_ref()).await;
                assert_eq!(answer.status, 401, "{operation}: {}", answer.text);
                assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"keywright\"", "{operation}");
                answer.problem(401, "unauthenticated");
            }
        }
        desk.assert_nothing_happened(before).await;
        assert_eq!(doors, DOORS.map(ToOwned::to_owned).into(), "a door that is gone is taken off the list");
    }
);

both!(
    async fn a_149_strangers_see_no_page_but_the_open_ones(desk) {
        let world = World::new(&desk).await;
        let stays = reqwest::redirect::Policy::none();
        let browser = crate::support::http().redirect(stays).build().unwrap();
        let stylesheet = desk.anonymous().get("/sign-in").await.text;
        let stylesheet = stylesheet.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let mut open = BTreeSet::new();
        let looks = server::public_routes().into_iter().filter(|route| route.method == "GET");
        for route in looks.filter(|route| !route.path.starts_with("/api/")) {
            // Dialects call things by other names; what stands at their places is asked for by a real id all the same.
            let real = |kind: &str| world.id(if world.knows(kind) { kind } else { "applications" }).to_owned();
            let path = match route.path.as_str() {
                "/assets/{*file}" => format!("/assets/{stylesheet}"),
                path => world.fill_path(path, real),
            };
            let answer = crate::support::Answer::of(browser.get(format!("{}{path}", desk.url))).await;
            let leads_to = answer.header("location");
            let sent_away = answer.status == 303 && (leads_to.starts_with("/sign-in") || leads_to == "/");
            // What is there for nobody but its owner is not there for strangers.
            if !sent_away && ![401, 403, 404].contains(&answer.status.as_u16()) {
                open.insert(route.path.clone());
            }
            assert!(!world.is_in(&answer.text), "{}", route.path);
        }
        assert_eq!(open, OPEN_PAGES.map(ToOwned::to_owned).into(), "strangers may do this and no more");
    }
);

both!(
    async fn a_149_other_developers_reach_nothing(desk) {
        let world = World::new(&desk).await;
        for user in [&world.bob, &world.dan] {
            for operation in contract::operations().iter().filter(|operation| operation.names_something()) {
                let before = desk.changes().await;
                let body = contract::body(operation);
                let answer = operation.send(user, &world.path(operation), body.as_ref()).await;
                assert!(!world.is_in(&answer.text), "{operation}: {}", answer.text);
                if is_on_offer(operation) {
                    continue;
                }
                assert!([403, 404].contains(&answer.status.as_u16()), "{operation}: {}", answer.text);
                desk.assert_nothing_happened(before).await;
                let missing = operation.send(user, &world.missing(operation), body.as_ref()).await;
                assert_eq!(shown(&answer.json()), shown(&missing.json()), "{operation} tells what exists");
            }
        }
    }
);

/// A problem without what differs from request to request.
fn shown(problem: &serde_json::Value) -> serde_json::Value {
    let mut problem = problem.clone();
    problem["request_id"].take();
    problem
}

both!(
    async fn a_153_lists_hold_nothing_of_others_whatever_they_are_asked_for(desk) {
        let world = World::new(&desk).await;
        for operation in contract::operations() {
            if operation.method != Method::GET || operation.names_something() || is_door(&operation) {
                continue;
            }
            let mut asked = vec![operation.path.clone()];
            for parameter in operation.query() {
                let name = parameter["name"].as_str().unwrap();
                let kind = format!("{}s", name.strip_suffix("_id").unwrap_or("member"));
                if parameter["schema"]["format"] == "uuid" && world.knows(&kind) {
                    asked.push(format!("{}?{name}={}", operation.path, world.id(&kind)));
                }
            }
            for path in asked {
                let answer = world.bob.get(&path).await;
                assert!([200, 403, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.text);
                assert!(!world.is_in(&answer.text), "{path}: {}", answer.text);
            }
        }
    }
);

both!(
    async fn a_163_who_may_only_look_changes_nothing(desk) {
        let world = World::new(&desk).await;
        let reader = desk.token(&["*:read"]).await;
        let before = desk.changes().await;
        for operation in contract::operations() {
            if operation.method == Method::GET || is_door(&operation) {
                continue;
            }
            let body = contract::body(&operation);
            let refused = async |user: &User, path: &str| {
                let answer = operation.send(user, path, body.as_ref()).await;
                assert!([403, 404].contains(&answer.status.as_u16()), "{operation}: {}", answer.text);
            };
            if operation.names_something() {
                refused(&world.carol, &world.path(&operation)).await;
            }
            refused(&reader, &world.path(&operation)).await;
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_163_a_token_makes_nobody_who_may_more_than_it_does(desk) {
        let world = World::new(&desk).await;
        let bob = world.bob.id.as_str();
        let user = json!({"email": "tool@example.com", "password": "four unrelated words 17"});
        let role = json!({"role": "OWNER"});
        let member_of = |kind: &str| format!("/api/v1/{kind}/{}/members/{bob}", world.id(kind));
        let users = format!("/api/v1/gateways/{}/users", world.id("gateways"));
        let provider = json!({"name": "Mine", "slug": "mine", "issuer": "https://mine.example.com",
            "client_id": "desk", "token_auth": "none", "administrators": true});
        let of_providers = "/api/v1/identity-providers".to_owned();
        let theirs = format!("{of_providers}/{}", world.id("identity-providers"));
        let tries = [
            ("identity-providers:write", Method::POST, of_providers, provider),
            ("identity-providers:write", Method::PATCH, theirs, json!({"administrators": true})),
            ("applications:write", Method::PUT, member_of("applications"), role.clone()),
            ("partners:write", Method::PUT, member_of("partners"), role),
            ("gateways:write", Method::POST, users, user),
        ];
        for (scope, method, path, body) in tries {
            let tool = desk.token(&[scope]).await;
            let before = desk.changes().await;
            tool.send(method, &path, &[("if-match", "*")], Some(&body)).await.problem(403, "forbidden");
            desk.assert_nothing_happened(before).await;
        }
    }
);

both!(
    async fn a_149_a_token_opens_only_what_its_scopes_say(desk) {
        let world = World::new(&desk).await;
        for (scope, prefix) in [("mails:write", "/api/v1/mails"), ("audit:write", "/api/v1/audit")] {
            let tool = desk.token(&[scope]).await;
            let before = desk.changes().await;
            for operation in contract::operations() {
                if operation.path.starts_with(prefix) || is_door(&operation) {
                    continue;
                }
                let body = contract::body(&operation);
                let answer = operation.send(&tool, &world.path(&operation), body.as_ref()).await;
                assert!([403, 404].contains(&answer.status.as_u16()), "{operation}: {}", answer.text);
            }
            desk.assert_nothing_happened(before).await;
        }
    }
);

both!(
    async fn a_151_foreign_ids_in_bodies_are_unknown_ids(desk) {
        let world = World::new(&desk).await;
        let unknown = "00000000-0000-7000-8000-000000000000";
        let before = desk.changes().await;
        let make = async |owner: serde_json::Value| {
            let body = json!({"name": "Mine", "owner": owner});
            let answer = world.bob.post("/api/v1/applications", body).await;
            assert!([400, 403, 404].contains(&answer.status.as_u16()), "{}", answer.text);
            shown(&answer.json())
        };
        assert_eq!(
            make(json!({"partner": world.id("partners")})).await,
            make(json!({"partner": unknown})).await
        );
        assert_eq!(
            make(json!({"developer": world.alice.id})).await,
            make(json!({"developer": unknown})).await
        );
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_159_who_was_just_removed_sees_nothing_more(desk) {
        let world = World::new(&desk).await;
        let member = format!("/api/v1/partners/{}/members/{}", world.id("partners"), world.bob.id);
        desk.admin.put(&member, json!({"role": "READ_ONLY"})).await.expect(200);
        for name in ["A", "B"] {
            let body = json!({"name": name, "owner": {"partner": world.id("partners")}});
            world.alice.make("/api/v1/applications", body).await;
        }
        let page = world.bob.get("/api/v1/applications?limit=1").await.expect(200).json();
        let next = format!("/api/v1/applications?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
        desk.admin.delete(&member).await.expect(200);
        assert_eq!(world.bob.get(&next).await.expect(200).json()["items"], json!([]));
        let application = format!("/api/v1/applications/{}", world.id("applications"));
        world.bob.get(&application).await.problem(404, "not_found");
    }
);

both!(
    async fn a_169_what_is_private_is_not_on_the_public_listener(desk) {
        for path in ["/metrics", "/debug", "/backup", "/gateway/forward-auth", "/api/v1/config", "/api/v3/portals", "/server-status"] {
            desk.admin.get(path).await.problem(404, "not_found");
        }
    }
);

/// Whoever calls with something of the first owner below something of the second gets nothing.
async fn mismatched(desk: &Desk, mine: &World, operation: &Operation) {
    let before = desk.changes().await;
    let first = std::cell::Cell::new(true);
    let path = mine.fill(operation, |kind| {
        if first.replace(false) {
            "00000000-0000-7000-8000-000000000000".to_owned()
        } else {
            mine.id(kind).to_owned()
        }
    });
    let answer = operation.send(&desk.admin, &path, contract::body(operation).as_ref()).await;
    assert_eq!(answer.status, 404, "{operation}: {}", answer.text);
    desk.assert_nothing_happened(before).await;
}

both!(
    async fn a_150_nothing_is_reached_below_another_parent(desk) {
        let world = World::new(&desk).await;
        let nested = contract::operations().into_iter().filter(|one| one.path.matches('{').count() > 1);
        for operation in nested {
            mismatched(&desk, &world, &operation).await;
        }
    }
);
