//! One of everything, all of it Alice's: for tests that go through all routes.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract::Operation;
use crate::support::{Desk, User, id};

/// One of everything.
pub struct World {
    /// Owns it all.
    pub alice: User,
    /// May only look, as a member of the partner.
    pub carol: User,
    /// Was a member of the partner until just now.
    pub dan: User,
    /// Has nothing to do with any of it.
    pub bob: User,
    /// Ids by the path segment before them.
    ids: BTreeMap<&'static str, String>,
}

impl World {
    pub async fn new(desk: &Desk) -> Self {
        let admin = &desk.admin;
        let alice = desk.developer("alice").await;
        let (bob, carol, dan) =
            (desk.developer("bob").await, desk.developer("carol").await, desk.developer("dan").await);
        let made = async |path: &str, body: Value| id(&admin.make(path, body).await).to_owned();
        let partner = made("/api/v1/partners", json!({"name": "Acme"})).await;
        for (user, role) in [(&alice, "OWNER"), (&carol, "READ_ONLY"), (&dan, "OWNER")] {
            let member = format!("/api/v1/partners/{partner}/members/{}", user.id);
            admin.put(&member, json!({"role": role})).await.expect(200);
        }
        admin.delete(&format!("/api/v1/partners/{partner}/members/{}", dan.id)).await.expect(200);
        let application = json!({"name": "Shop", "owner": {"partner": partner}});
        let application = id(&alice.make("/api/v1/applications", application).await).to_owned();
        let credentials = format!("/api/v1/applications/{application}/credentials");
        let credential = id(&alice.make(&credentials, json!({"name": "key"})).await).to_owned();
        let client = json!({"client_type": "non_interactive"});
        let client =
            id(&alice.make(&format!("/api/v1/applications/{application}/client"), client).await).to_owned();
        let scope = made("/api/v1/oauth/scopes", json!({"name": "orders", "kind": "plain"})).await;
        let definition = json!({"name": "Banking", "algorithm": "ES256"});
        let definition = made("/api/v1/oauth/token-definitions", definition).await;
        let rotated = json!({"algorithm": "ES256"});
        let rotated = admin.post("/api/v1/oauth/signing-keys/rotate", rotated).await.expect(200).json();
        let plan = made("/api/v1/plans", json!({"name": "Gold", "needs_approval": true})).await;
        let method = json!({"kind": "key_auth", "locations": [{"header": "x-key"}]});
        let strategy = made("/api/v1/auth-strategies", json!({"name": "Keys", "method": method})).await;
        let api = made("/api/v1/apis", json!({"name": "Weather"})).await;
        let version =
            json!({"name": "v1", "private": true, "path_prefixes": ["/weather"], "plan_ids": [plan]});
        let version = made(&format!("/api/v1/apis/{api}/versions"), version).await;
        let specification =
            json!({"openapi": "3.1.0", "info": {"title": "Weather", "version": "1"}, "paths": {}});
        let place = format!("/api/v1/api-versions/{version}/specification");
        admin.send(Method::PUT, &place, &[("if-match", "*")], Some(&specification)).await.expect(200);
        let page = json!({"slug": "start", "title": "Start", "body": "# Begin here"});
        let document = made(&format!("/api/v1/apis/{api}/documents"), page).await;
        let subscription = json!({"application_id": application, "api_version_id": version, "plan_id": plan});
        let subscription = made("/api/v1/subscriptions", subscription).await;
        let endpoint = json!({"url": "https://gateway.example.com/hook", "event_types": ["plan.created"]});
        let endpoint = made("/api/v1/webhook-endpoints", endpoint).await;
        made("/api/v1/plans", json!({"name": "Told"})).await;
        while desk.app.tell_webhooks().await.unwrap() {}
        let gateway = made("/api/v1/gateways", json!({"name": "X Gateway"})).await;
        let group = json!({"name": "API Consumption Approvers", "members": [{"developer": alice.id}]});
        let group = made("/api/v1/groups", group).await;
        let values = json!([{"key": "applicationName", "value": "Shop"}]);
        let token_request = json!({"api_version_id": version, "values": values});
        let token_request = id(&alice.make("/api/v1/token-requests", token_request).await).to_owned();
        let external_token = external_token(desk, &alice).await;
        // One waits for Alice to approve it.
        let steps = json!([{"approvers": [{"group": group}]}]);
        let flow = made("/api/v1/approval-flows", json!({"name": "Requests", "steps": steps})).await;
        let policy = json!({"steps": [{"kind": "flow", "flow_id": flow}]});
        admin.put("/api/v1/approval-policies/applications", policy).await.expect(200);
        let petstore = made("/api/v1/apis", json!({"name": "Petstore"})).await;
        admin.put(&format!("/api/v1/gateways/{gateway}/apis/{petstore}"), json!({})).await.expect(200);
        let request = json!({"kind": "create", "name": "Pets", "apis": [petstore]});
        let request = id(&alice.make("/api/v1/requests", request).await).to_owned();
        let approval = id(&alice.get("/api/v1/approvals").await.expect(200).json()["items"][0]).to_owned();
        let auditor =
            json!({"email": "auditor@example.com", "password": "nine tame lemurs waltz", "role": "auditor"});
        let auditor = made("/api/v1/administrators", auditor).await;
        let invited = json!({"email": "frank@example.com", "role": "approver"});
        let invited = made("/api/v1/administrator-invitations", invited).await;
        let token = made("/api/v1/tokens", json!({"name": "Tool", "scopes": ["audit:read"]})).await;
        let first = async |user: &User, path: &str| {
            id(&user.get(path).await.expect(200).json()["items"][0]).to_owned()
        };
        let invitation = json!({"email": "erin@example.com", "role": "READ_ONLY"});
        let invitation = alice.make(&format!("/api/v1/partners/{partner}/invitations"), invitation).await;
        let mail = first(admin, "/api/v1/mails?to=alice@example.com").await;
        let session = first(&alice, "/api/v1/account/sessions").await;
        let event = first(admin, "/api/v1/events").await;
        let delivery = first(admin, "/api/v1/webhook-deliveries").await;
        let consent = crate::oauth2::consent(desk, &alice).await;
        let refused_call = refused_call(desk, &application).await;
        let provider = json!({"name": "Elsewhere", "slug": "elsewhere-inc", "issuer": "https://login.example.com",
            "client_id": "desk", "client_secret": "a secret of ours"});
        let provider = made("/api/v1/identity-providers", provider).await;
        let identity = desk.link(&provider, "subject-of-alice", &alice.id).await;
        let passkey = passkey(desk, &alice.id).await;
        let ids = BTreeMap::from([
            ("identity-providers", provider),
            ("identities", identity),
            ("passkeys", passkey),
            // No id but a word.
            ("with", "elsewhere-inc".to_owned()),
            // As the API calls them, and as pages do.
            ("webhook-endpoints", endpoint.clone()),
            ("webhooks", endpoint),
            ("webhook-deliveries", delivery.clone()),
            ("deliveries", delivery),
            ("administrators", auditor),
            ("administrator-invitations", invited),
            ("events", event),
            ("partners", partner),
            ("applications", application),
            ("credentials", credential),
            ("developers", alice.id.clone()),
            ("invitations", id(&invitation).to_owned()),
            ("members", alice.id.clone()),
            ("api-clients", client),
            ("scopes", scope),
            ("token-definitions", definition),
            ("signing-keys", id(&rotated[0]).to_owned()),
            ("plans", plan),
            ("auth-strategies", strategy),
            ("apis", api),
            ("api-versions", version),
            ("documents", document),
            ("subscriptions", subscription),
            ("gateways", gateway),
            ("groups", group),
            ("token-requests", token_request),
            ("access-tokens", external_token.clone()),
            ("external-tokens", external_token),
            ("requests", request),
            ("approvals", approval),
            ("approval-flows", flow),
            ("approval-policies", "applications".to_owned()),
            ("tokens", token),
            ("mails", mail),
            ("sessions", session),
            ("consents", consent),
            ("refused-calls", refused_call),
        ]);
        Self { alice, carol, dan, bob, ids }
    }

    /// The path of an operation, about what is Alice's.
    pub fn path(&self, operation: &Operation) -> String {
        self.fill(operation, |kind| self.id(kind).to_owned())
    }

    /// The path of an operation, about what does not exist.
    pub fn missing(&self, operation: &Operation) -> String {
        self.fill(operation, |_| "00000000-0000-7000-8000-000000000000".to_owned())
    }

    /// The path of an operation with something in the place of its ids.
    pub fn fill(&self, operation: &Operation, id: impl Fn(&str) -> String) -> String {
        self.fill_path(&operation.path, id)
    }

    /// The same with the path of a page.
    pub fn fill_path(&self, path: &str, id: impl Fn(&str) -> String) -> String {
        let mut kind = "";
        let segments = path.split('/').map(|segment| {
            if segment.starts_with('{') {
                return id(kind);
            }
            kind = segment;
            segment.to_owned()
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// A path of a page without its ids.
    pub fn unfill_path(&self, path: &str) -> String {
        // Some things are named by words, which stand in other paths, too.
        let ids = self.ids.values().filter(|id| id.len() == 36);
        ids.fold(path.to_owned(), |path, id| path.replace(id, "id"))
    }

    /// The id of what stands below a path segment.
    pub fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("there is none of {kind} in this world: add one"))
    }

    /// Whether there is one of a kind.
    pub fn knows(&self, kind: &str) -> bool {
        self.ids.contains_key(kind)
    }

    /// Whether a text gives one of its ids away, besides those on offer to everybody who is signed in.
    pub fn is_in(&self, text: &str) -> bool {
        let on_offer = [
            "plans",
            "auth-strategies",
            "scopes",
            "token-definitions",
            "signing-keys",
            "gateways",
            // No ids but words.
            "approval-policies",
            "with",
        ];
        self.ids.iter().any(|(kind, id)| !on_offer.contains(kind) && text.contains(id))
    }
}

/// A passkey of a developer's, as adding one leaves it. What it opens, nobody has.
async fn passkey(desk: &Desk, developer: &str) -> String {
    let person = domain::Person::Developer(developer.parse().unwrap());
    let (at, id) = (desk.clock.now(), uuid::Uuid::now_v7());
    let key = domain::PasskeyDraft {
        credential_id: id.into_bytes().to_vec(),
        public_key: Vec::new(),
        state: Vec::new(),
        transports: 0,
        synced: true,
    };
    let name = domain::Name::parse("Laptop").unwrap();
    let author = store::Author { actor: domain::Actor::System, address: None, request_id: id, at };
    let mut tx = desk.store.begin(author).await.unwrap();
    tx.save(domain::Factor::begin(domain::FactorId(id), person, vec![[1; 32]], at)).await.unwrap();
    tx.save(domain::Passkey::add(domain::PasskeyId(id), person, name, key, at)).await.unwrap();
    tx.commit().await.unwrap();
    id.to_string()
}

/// A call with a key of an application that a gateway was told to refuse.
async fn refused_call(desk: &Desk, application: &str) -> String {
    let call = app::RefusedCall {
        id: uuid::Uuid::now_v7(),
        at: desk.clock.now(),
        status: 403,
        reason: "subscription_missing".to_owned(),
        application_id: Some(application.parse().unwrap()),
        api_version_id: None,
        method: "GET".to_owned(),
        host: "api.example.com".to_owned(),
        path: "/orders".to_owned(),
        address: None,
    };
    let id = call.id.to_string();
    desk.app.refused_calls_to_write().keep(|| call);
    desk.app.flush().await.unwrap();
    id
}

/// A token that a third party has stored for somebody: here by somebody who is an approver.
async fn external_token(desk: &Desk, owner: &User) -> String {
    let developer = owner.id.parse().unwrap();
    let session_id = domain::SessionId(uuid::Uuid::now_v7());
    let identity = app::Identity::Developer { id: developer, session_id };
    let approver = app::Caller { identity, ..app::Caller::operator() };
    let property = |key: &str, value: &str| domain::Property { key: key.to_owned(), value: value.to_owned() };
    let properties = [property("applicationName", "Stored"), property("Access Token Type", "API Key")];
    let created = desk.app.store_external_token(&approver, &owner.id, &properties).await.unwrap();
    created.value.id.to_string()
}
