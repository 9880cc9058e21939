//! Signing in at a real identity provider: `oidc-provider`, which is certified, as it comes.

use std::collections::BTreeMap;
use std::process::Command;

use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::process::{Program, free_port};

use super::{Browser, attribute, hidden, tags, unescape};
use crate::provider::{open_door, settings};
use crate::support::{Answer, Desk, Engine};

/// A real provider in a process of its own.
pub struct RealProvider {
    pub issuer: String,
    _program: Program,
    _folder: TempDir,
}

impl RealProvider {
    /// Starts one, and sets it up at the desk as "corp".
    pub async fn start(desk: &Desk, changes: Value) -> Self {
        open_door(desk);
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let redirect_uri = format!("{}/sign-in/with/corp/callback", desk.url);
        let mut command = Command::new("node");
        command.current_dir(testkit::node::folder());
        command.args(["identity-provider.mjs", &port.to_string(), &redirect_uri]);
        let mut program = Program::start(&mut command, &folder.path().join("provider.log"));
        program.wait_for_port(port);
        let issuer = format!("http://127.0.0.1:{port}");
        let mut body = json!({"name": "Corp", "slug": "corp", "issuer": issuer, "client_id": "desk",
            "client_secret": "a-secret-of-the-desk-that-is-long-enough"});
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let made = desk.admin.make("/api/v1/identity-providers", body).await;
        let check = format!("/api/v1/identity-providers/{}/check", crate::support::id(&made));
        let report = desk.admin.post(&check, Value::Null).await.expect(200).json();
        assert_eq!((&report["works"], &report["names_issuer"]), (&json!(true), &json!(true)), "{report}");
        Self { issuer, _program: program, _folder: folder }
    }

    /// Somebody who was sent there signs in and agrees; where they are sent back to.
    async fn signs_in(&self, location: &str, login: &str) -> String {
        let http = crate::support::http().redirect(Policy::none()).build().unwrap();
        let mut cookies: BTreeMap<String, String> = BTreeMap::new();
        let (mut url, mut form) = (location.to_owned(), None::<Vec<(String, String)>>);
        for _ in 0..20 {
            let request = match form.take() {
                Some(fields) => {
                    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                    http.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body)
                }
                None => http.get(&url),
            };
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = Answer::of(request.header("cookie", pairs.join("; "))).await;
            for line in answer.headers.get_all("set-cookie") {
                let (name, value) =
                    line.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            let target = if answer.status.is_redirection() {
                answer.header("location").to_owned()
            } else {
                assert_eq!(answer.status, 200, "{}", answer.text);
                let action = attribute(tags(&answer.text, "form")[0], "action").unwrap().to_owned();
                let mut fields = hidden(&answer.text, &action);
                fields
                    .extend([("login", login), ("password", "x")].map(|(n, v)| (n.to_owned(), v.to_owned())));
                form = Some(fields);
                unescape(&action)
            };
            url = if target.starts_with('/') { format!("{}{target}", self.issuer) } else { target };
            if !url.starts_with(&self.issuer) {
                return url;
            }
        }
        panic!("no end at {url}");
    }
}

/// As somebody of the provider, there and back.
async fn sign_in(desk: &Desk, there: &RealProvider, login: &str, audience: &str) -> (Browser, Answer) {
    let mut browser = Browser::new(desk);
    let sent = browser.open(&format!("/sign-in/with/corp?as={audience}")).await.expect(303);
    browser.keep_cookies(&sent);
    let back = there.signs_in(sent.header("location"), login).await;
    let answer = browser.open(back.strip_prefix(&desk.url).unwrap_or_else(|| panic!("{back}"))).await;
    browser.keep_cookies(&answer);
    (browser, answer)
}

async fn with_a_real_provider(engine: Engine) {
    let desk = Desk::start_live_with(engine, settings()).await;
    let there = RealProvider::start(&desk, json!({"makes_developers": true, "administrators": true})).await;
    let alice = desk.developer("alice").await;
    let (browser, answer) = sign_in(&desk, &there, "alice", "developer").await;
    answer.leads_to("/home");
    assert!(browser.open("/account").await.page(200, "Your account").text.contains("alice@example.com"));
    let links = alice.get("/api/v1/account/identities").await.expect(200).json();
    assert_eq!(links["items"][0]["email"], "alice@example.com");
    // Somebody new, somebody whose address nobody has proven, and an administrator.
    let (browser, answer) = sign_in(&desk, &there, "grace", "developer").await;
    answer.leads_to("/home");
    browser.open("/home").await.page(200, "Hello, grace of Corp");
    let (_, answer) = sign_in(&desk, &there, "unproven", "developer").await;
    answer.page(400, "You are not signed in");
    desk.administrator().await;
    let (browser, answer) = sign_in(&desk, &there, "root", "administrator").await;
    answer.leads_to("/console");
    browser.open("/console").await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_a_real_provider_sign_in() {
    with_a_real_provider(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_a_real_provider_sign_in_on_postgresql() {
    with_a_real_provider(Engine::Postgres).await;
}
