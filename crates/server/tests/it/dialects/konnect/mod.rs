//! Konnect's portal API. Every answer is held to the closed schemas in `schemas.json`.

mod account;
mod applications;
mod bridge;
mod catalogue;
mod costs;
mod journey;
mod origins;
mod questions;
mod registrations;
mod scopes;
mod sdk;
mod sso;
mod stats;
mod strangers;

use std::sync::LazyLock;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Desk, id};

static SCHEMAS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("schemas.json")).unwrap());

/// Holds a body to a closed schema.
#[track_caller]
pub(crate) fn fits(body: &Value, name: &str) {
    assert!(SCHEMAS["$defs"].get(name).is_some(), "there is no schema {name}");
    let schema = json!({"$ref": format!("#/$defs/{name}"), "$defs": SCHEMAS["$defs"]});
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let wrong: Vec<String> =
        validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{body:#}");
}

/// Somebody who speaks this API, with whatever cookies.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    pub(crate) cookie: String,
    pub(crate) email: String,
}

impl Client {
    pub(crate) fn nobody(desk: &Desk) -> Self {
        Self { http: desk.http.clone(), url: desk.url.clone(), cookie: String::new(), email: String::new() }
    }

    /// A developer who went all the way: registered, read the mail, chose a password, signed in.
    pub(crate) async fn developer(desk: &Desk, name: &str) -> Self {
        let mut client = Self::nobody(desk);
        client.email = format!("{name}@example.com");
        let body = json!({"email": client.email, "full_name": name});
        client.post("/api/v2/developer", body).await.empty(201);
        client.choose_password(desk, &password(name)).await;
        client.sign_in(&password(name)).await;
        client
    }

    /// Proves the address and chooses a password, with what the mail says.
    pub(crate) async fn choose_password(&self, desk: &Desk, password: &str) {
        let token = desk.token_in_last_mail(&self.email).await;
        let proven = self.post("/api/v2/developer/verify-email", json!({"token": token})).await;
        let proven = proven.is(202, "verified");
        let body = json!({"token": proven["token"], "password": password});
        self.post("/api/v2/developer/reset-password", body).await.empty(204);
    }

    pub(crate) async fn sign_in(&mut self, password: &str) -> Answer {
        let body = json!({"username": self.email, "password": password});
        let answer = self.post("/api/v2/developer/authenticate", body).await.empty(204);
        self.cookie = cookies(&answer);
        answer
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        Answer::of(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Makes an application, and hands its id back.
    pub(crate) async fn application(&self, name: &str) -> String {
        let made = self.post("/api/v2/applications", json!({"name": name})).await;
        id(&made.is(201, "application_made")).to_owned()
    }
}

pub(crate) fn password(name: &str) -> String {
    format!("{name} likes violet umbrellas")
}

/// The cookies of an answer, as a client would send them back.
pub(crate) fn cookies(answer: &Answer) -> String {
    let lines = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap());
    lines.map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ")
}

impl Answer {
    /// This status, and a body of this schema.
    #[track_caller]
    pub(crate) fn is(self, status: u16, schema: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/json");
        let body = answer.json();
        fits(&body, schema);
        body
    }

    /// This status, and nothing else.
    #[track_caller]
    pub(crate) fn empty(self, status: u16) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.text, "");
        answer
    }

    /// A refusal with every field that one must have.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, title: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let body = answer.json();
        fits(&body, if status == 400 { "bad_request" } else { "problem" });
        assert_eq!((&body["status"], &body["title"]), (&json!(status), &json!(title)), "{body}");
        let instance = format!("kong:trace:{}", answer.header("x-request-id"));
        assert_eq!(body["instance"], instance);
        assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        body
    }

    /// A 400 about exactly these fields, as `source field rule`.
    #[track_caller]
    pub(crate) fn wrong(self, expected: &[&str]) -> Value {
        let body = self.refused(400, "Bad Request");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = body["invalid_parameters"].as_array().unwrap().iter();
        let found: Vec<String> = list
            .map(|it| format!("{} {} {}", text(&it["source"]), text(&it["field"]), text(&it["rule"])))
            .collect();
        assert_eq!(found, expected, "{body:#}");
        body
    }
}

/// A product with one version at a path, whose plan needs approval or not. Product and version.
pub(crate) async fn product(desk: &Desk, name: &str, settings: Value) -> (String, String) {
    let plan = json!({"name": format!("Plan of {name}"), "needs_approval": true});
    let plan = id(&desk.admin.make("/api/v1/plans", plan).await).to_owned();
    let api = json!({"name": name, "description": format!("About {name}"), "tags": ["team:core", "word"]});
    let api = id(&desk.admin.make("/api/v1/apis", api).await).to_owned();
    let mut version =
        json!({"name": "v1", "path_prefixes": [format!("/{name}").to_lowercase()], "plan_ids": [plan]});
    version.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let version = desk.admin.make(&format!("/api/v1/apis/{api}/versions"), version).await;
    (api, id(&version).to_owned())
}
