//! webMethods Developer Portal and API-Portal. The worlds here are made through the dialect itself, as its users do.

mod approvals;
mod attacks;
mod external_tokens;
mod gateway;
mod hooks;
mod legacy;
mod resources;
mod story;

use std::sync::Arc;
use std::time::Duration;

use app::{Caller, Settings};
use domain::AddressRules;
use outbound::webhook::WebhookSender;
use outbound::webhook_worker::{Limits, deliver_webhooks};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Desk, User, id};

pub const ADMIN: &str = "admin@example.com";
pub const GATEWAY: &str = "x-gateway@example.com";
pub const PASSWORD: &str = "many violet umbrellas in the rain";

/// Somebody who sends a name and a password with each request.
#[derive(Clone)]
pub struct Basic {
    user: User,
    name: String,
    password: String,
}

impl Basic {
    pub fn new(desk: &Desk, name: &str, password: &str) -> Self {
        Self { user: desk.anonymous(), name: name.to_owned(), password: password.to_owned() }
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.user.request(method, path).basic_auth(&self.name, Some(&self.password))
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path);
        Answer::of(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Makes something that must work, and hands back its id.
    pub async fn make(&self, path: &str, body: Value) -> String {
        id(&self.post(path, body).await.expect(201).json()).to_owned()
    }
}

/// Gateways on this machine may be told things.
pub fn settings() -> Settings {
    let allow_private = vec!["127.0.0.0/8".parse().unwrap()];
    Settings { outbound: AddressRules { allow_private }, ..Settings::default() }
}

/// A portal with an administrator, a gateway with its technical user, and two APIs of the gateway.
pub struct Portal {
    pub admin: Basic,
    pub gateway: Basic,
    pub provider: String,
    /// petstore1 and petstore2.
    pub apis: [String; 2],
}

impl Portal {
    pub async fn open(desk: &Desk) -> Self {
        desk.app.create_administrator(&Caller::operator(), ADMIN, PASSWORD).await.unwrap();
        let admin = Basic::new(desk, ADMIN, PASSWORD);
        // As the vendor's tutorial makes one.
        let provider = json!({
            "name": "X Gateway", "shortDescription": "Another's", "description": "Provisions petstores",
            "version": "10.15", "external_key_provider": true,
        });
        let provider = admin.make("/portal/rest/v1/providers", provider).await;
        let user = json!({"email": GATEWAY, "password": PASSWORD});
        let users = format!("/api/v1/gateways/{provider}/users");
        desk.admin.post(&users, user).await.expect(201);
        let mut apis = Vec::new();
        for (name, reference) in
            [("petstore1", "24372f80-072e-455f-9235-5c01fbe6f139"), ("petstore2", "other")]
        {
            let api = desk.admin.make("/api/v1/apis", json!({"name": name})).await;
            let path = format!("/api/v1/gateways/{provider}/apis/{}", id(&api));
            desk.admin.put(&path, json!({"external_ref": reference})).await.expect(200);
            apis.push(id(&api).to_owned());
        }
        let gateway = Basic::new(desk, GATEWAY, PASSWORD);
        Self { admin, gateway, provider, apis: apis.try_into().unwrap() }
    }

    /// Delivers webhooks, as an installation does.
    pub fn deliver(desk: &Desk) {
        let sender = Arc::new(WebhookSender::new(settings().outbound));
        let app = Arc::clone(&desk.app);
        tokio::spawn(deliver_webhooks(app, sender, Limits::for_open_files(1_024), std::future::pending()));
    }

    /// Asks for an application that may call petstore1, and hands back the ids of request, application, state and event.
    pub async fn ask(&self, desk: &Desk, user: &Basic, name: &str) -> Asked {
        let context = json!({"name": name, "description": "Sells pets", "apis": [self.apis[0]]});
        let wish = json!({"type": "APPLICATION_CREATION_REQUEST", "context": context});
        let request = user.make("/rest/v1/requests", wish).await;
        Asked::of(desk, &request).await
    }
}

/// What somebody has asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request: String,
    pub application: String,
    pub state: String,
    pub event: String,
}

impl Asked {
    /// The event's id is told to the gateway only: here it is read where the gateway's is.
    pub async fn of(desk: &Desk, request: &str) -> Self {
        let found =
            desk.app.request_story(&Caller::operator(), request.parse().unwrap()).await.unwrap().request;
        let state = &found.states[0];
        Self {
            request: request.to_owned(),
            application: found.application_id.to_string(),
            state: state.id.to_string(),
            event: state.event_id.to_string(),
        }
    }

    /// Where the gateway answers.
    pub fn callback(&self) -> String {
        format!("/rest/v1/applications/{}?eventId={}", self.application, self.event)
    }
}

/// A developer who can sign in by name and password.
pub async fn developer(desk: &Desk, name: &str) -> Basic {
    desk.developer(name).await;
    Basic::new(desk, &format!("{name}@example.com"), &format!("{name} likes violet umbrellas"))
}

/// An API key as a gateway sends it.
pub fn api_key(key: &str) -> Value {
    json!({"name": "Petstore App", "credentials": [{"expiry": null, "apiKey": key, "type": "APIKey"}]})
}

/// Compares an answer with what the vendor's page shows. `<uuid>`, `<minute>`, `<second>` and `<any>` stand for
/// something of that form.
#[track_caller]
pub fn looks_like(actual: &Value, expected: &Value) {
    fn differ(at: &str, actual: &Value, expected: &Value) -> Option<String> {
        let fits = match expected.as_str() {
            Some("<any>") => true,
            Some("<uuid>") => actual.as_str().is_some_and(|text| domain::parse_uuid(text).is_some()),
            Some("<minute>") => is_pattern(actual, "dddd-dd-ddTdd:dd+0000"),
            Some("<second>") => is_pattern(actual, "dddd-dd-dd dd:dd:dd"),
            _ => match (actual, expected) {
                (Value::Object(a), Value::Object(e)) => {
                    let keys = |map: &serde_json::Map<String, Value>| {
                        let mut keys: Vec<String> = map.keys().cloned().collect();
                        keys.sort();
                        keys
                    };
                    if keys(a) != keys(e) {
                        return Some(format!("{at}: {:?} instead of {:?}", keys(a), keys(e)));
                    }
                    return e.iter().find_map(|(key, value)| differ(&format!("{at}.{key}"), &a[key], value));
                }
                (Value::Array(a), Value::Array(e)) if a.len() == e.len() => {
                    return a
                        .iter()
                        .zip(e)
                        .enumerate()
                        .find_map(|(i, (a, e))| differ(&format!("{at}[{i}]"), a, e));
                }
                _ => actual == expected,
            },
        };
        (!fits).then(|| format!("{at}: {actual} instead of {expected}"))
    }
    if let Some(difference) = differ("", actual, expected) {
        panic!("{difference}\nin {actual:#}");
    }
}

fn is_pattern(value: &Value, pattern: &str) -> bool {
    value.as_str().is_some_and(|text| {
        text.len() == pattern.len()
            && text
                .chars()
                .zip(pattern.chars())
                .all(|(c, p)| if p == 'd' { c.is_ascii_digit() } else { c == p })
    })
}

/// Waits until something is so.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    for _ in 0..300 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not happen within 15 s");
}
