//! A whole Keywright on loopback, and people who use it.

use std::sync::Arc;
use std::time::Duration;

use app::{App, Caller, Clock, Settings};
use domain::{Instant, MasterKey};
use keywright_server::{self as server, Options};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::Store;
use tempfile::TempDir;
pub use testkit::tasks::at_once;

use crate::database::{migrated, quick_folder};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// Runs a test on both databases: `both!(async fn name(desk) { … });`, or with settings:
/// `both!(async fn name(desk, Settings { … }) { … });`
macro_rules! both {
    ($(#[$meta:meta])* async fn $name:ident($desk:ident) $body:block) => {
        $crate::support::both! {
            $(#[$meta])* async fn $name($desk, app::Settings::default()) $body
        }
    };
    ($(#[$meta:meta])* async fn $name:ident($desk:ident, $settings:expr) $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run($desk: $crate::support::Desk) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run($crate::support::Desk::start($crate::support::Engine::Sqlite, $settings).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                run($crate::support::Desk::start($crate::support::Engine::Postgres, $settings).await).await;
            }
        }
    };
}
pub(crate) use both;

/// A running Keywright with an empty database, its clock in the test's hand.
pub struct Desk {
    pub app: Arc<App>,
    pub clock: Clock,
    pub url: String,
    pub http: reqwest::Client,
    /// Every scope.
    pub admin: User,
    pub store: Store,
    folder: TempDir,
}

/// Somebody who sends requests: with a token, a session, or nothing.
#[derive(Clone)]
pub struct User {
    http: reqwest::Client,
    url: String,
    pub bearer: Option<String>,
    /// The developer's or token's id.
    pub id: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Desk {
    /// As installed, but for the numbers of requests: these are for the tests that are about them.
    pub async fn start(engine: Engine, settings: Settings) -> Self {
        let options = Options {
            token_requests_per_minute: 1_000_000,
            stranger_requests_per_minute: 1_000_000,
            ..Options::default()
        };
        Self::start_with(engine, settings, options).await
    }

    /// By the machine's clock, and under the address that it is really reached at: for programs that go by both.
    pub async fn start_live(engine: Engine) -> Self {
        Self::start_live_with(engine, Settings::default()).await
    }

    /// The same, with settings.
    pub async fn start_live_with(engine: Engine, settings: Settings) -> Self {
        Self::start_live_at("127.0.0.1", engine, settings).await
    }

    /// The same, under a name of this machine.
    pub async fn start_live_at(host: &str, engine: Engine, settings: Settings) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let public_url = format!("http://{host}:{}", listener.local_addr().unwrap().port());
        let settings = Settings { public_url: public_url.clone(), ..settings };
        let options = Options {
            token_requests_per_minute: 1_000_000,
            stranger_requests_per_minute: 1_000_000,
            public_url,
            ..Options::default()
        };
        let desk = Self::start_at(listener, engine, settings, options, Clock::System).await;
        desk.app.tend_signing_keys().await.unwrap();
        desk
    }

    pub async fn start_with(engine: Engine, settings: Settings, options: Options) -> Self {
        let clock = Clock::manual(Instant::parse("2026-11-23T04:00:00Z").unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_at(listener, engine, settings, options, clock).await
    }

    async fn start_at(
        listener: tokio::net::TcpListener,
        engine: Engine,
        settings: Settings,
        options: Options,
        clock: Clock,
    ) -> Self {
        // Several keys of each kind are made as one is, and take longer.
        let mut settings = settings;
        settings.oauth.signing_keys = 1;
        let folder = quick_folder();
        let url = migrated(engine, folder.path()).await;
        let store = Store::open(&url).await.unwrap();
        let mut master = [7; 32];
        master[0] = 1;
        let app = App::start(store.clone(), &MasterKey::new(master), settings, clock.clone()).await.unwrap();
        app.ensure_default_strategy().await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = server::public_router(Arc::clone(&app), &options);
        let limits = server::listen::Limits::STRANGERS;
        tokio::spawn(server::listen::serve_within(limits, listener, router, std::future::pending()));
        let http = http().timeout(Duration::from_secs(30)).build().unwrap();
        let admin = User { http: http.clone(), url: url.clone(), bearer: None, id: String::new() };
        let mut desk = Self { app, clock, url, http, admin, store, folder };
        desk.admin = desk.token(&["*:write"]).await;
        desk
    }

    /// A tool with these scopes.
    pub async fn token(&self, scopes: &[&str]) -> User {
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let created = self.app.create_api_token(&Caller::operator(), "test", &scopes, None).await.unwrap();
        self.user(Some(created.secret.unwrap().expose().to_owned()), created.value.id.to_string())
    }

    /// Nobody in particular.
    pub fn anonymous(&self) -> User {
        self.user(None, String::new())
    }

    fn user(&self, bearer: Option<String>, id: String) -> User {
        User { http: self.http.clone(), url: self.url.clone(), bearer, id }
    }

    /// A developer who has registered, proven the address, and signed in. The door is not the API: its tests are
    /// elsewhere.
    pub async fn developer(&self, name: &str) -> User {
        let email = format!("{name}@example.com");
        let password = format!("{name} likes violet umbrellas");
        let visitor = visitor();
        self.app.register(&visitor, &email, name).await.unwrap();
        let token = self.token_in_last_mail(&email).await;
        self.app.verify_email(&visitor, &token, Some(&password)).await.unwrap();
        let signed_in = self.app.sign_in(&visitor, &email, &password, "test").await.unwrap();
        let domain::Person::Developer(id) = signed_in.session.person else { panic!("not a developer") };
        self.user(Some(signed_in.secret.expose().to_owned()), id.to_string())
    }

    /// An administrator who has signed in.
    pub async fn administrator(&self) -> User {
        self.administrator_as("root", domain::AdministratorRole::Administrator).await
    }

    /// Somebody who has signed in and runs this installation in a role.
    pub async fn administrator_as(&self, name: &str, role: domain::AdministratorRole) -> User {
        let (email, password) = (&format!("{name}@example.com"), "seven wet otters juggle");
        let made = self.app.create_administrator_as(&Caller::operator(), email, password, Ok(role)).await;
        made.unwrap();
        let signed_in = self.app.sign_in_administrator(&visitor(), email, password, "test").await.unwrap();
        let domain::Person::Administrator(id) = signed_in.session.person else { panic!("no administrator") };
        self.user(Some(signed_in.secret.expose().to_owned()), id.to_string())
    }

    /// Somebody with the secret of a session.
    pub fn session(&self, secret: &str) -> User {
        self.user(Some(secret.to_owned()), String::new())
    }

    /// Links a developer with somebody whom an identity provider knows, as signing in there does. The link's id.
    pub async fn link(&self, provider: &str, subject: &str, developer: &str) -> String {
        let person = domain::Person::Developer(developer.parse().unwrap());
        let at = self.clock.now();
        let id = domain::LinkedIdentityId(uuid::Uuid::now_v7());
        let link = domain::LinkedIdentity::link(id, provider.parse().unwrap(), subject, person, "", at);
        let author = store::Author { actor: domain::Actor::System, address: None, request_id: id.0, at };
        let mut tx = self.store.begin(author).await.unwrap();
        tx.save(link).await.unwrap();
        tx.commit().await.unwrap();
        id.to_string()
    }

    /// Subjects and texts of the mails to somebody, the last one first.
    pub async fn mails(&self, email: &str) -> Vec<(String, String)> {
        let filter = app::MailFilter { to: Some(domain::Email::parse(email).unwrap()), state: None };
        let page = self.app.mails(&Caller::operator(), &filter, app::PageRequest::first(100)).await.unwrap();
        page.items.into_iter().map(|mail| (mail.record.subject, mail.text)).collect()
    }

    /// The secret in the link of the last mail to somebody.
    pub async fn token_in_last_mail(&self, email: &str) -> String {
        let (_, text) = self.mails(email).await.into_iter().next().expect("a mail");
        text.split("token=").nth(1).expect("a link").split_whitespace().next().unwrap().to_owned()
    }

    /// Everything that is kept and could be read by whoever steals it: the files of SQLite, and the audit log.
    pub async fn everything_kept(&self) -> String {
        let page = app::PageRequest::first(500);
        let lines = self.app.audit_lines(&Caller::operator(), &app::AuditFilter::default(), page).await;
        let mut kept = format!("{:?}", lines.unwrap().items);
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            kept.push_str(&String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()));
        }
        kept
    }

    /// A plan that costs nothing and takes no approval, or one that an administrator has to approve.
    pub async fn plan(&self, name: &str, needs_approval: bool) -> String {
        let plan = json!({"name": name, "needs_approval": needs_approval});
        id(&self.admin.make("/api/v1/plans", plan).await).to_owned()
    }

    /// A version of a new API, published at a path, with settings besides.
    pub async fn version(&self, path: &str, settings: Value) -> String {
        let api = self.admin.make("/api/v1/apis", json!({"name": format!("API at {path}")})).await;
        let mut version = json!({"name": "v1", "path_prefixes": [path]});
        version.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        id(&self.admin.make(&format!("/api/v1/apis/{}/versions", id(&api)), version).await).to_owned()
    }

    /// How many audit lines there are: nothing is written without one.
    pub async fn changes(&self) -> i64 {
        self.store.read().last_change().await.unwrap()
    }

    /// What the database was asked so far: writing transactions, and statements.
    pub fn load(&self) -> (u64, u64) {
        let load = self.store.load();
        (load.transactions(), load.statements())
    }

    /// The database cannot be reached any more.
    pub async fn lose_database(&self) {
        self.store.clone().close().await.unwrap();
    }

    /// Everything that a refusal must not do.
    pub async fn assert_nothing_happened(&self, since: i64) {
        assert_eq!(self.changes().await, since, "a refused request changed something");
    }
}

/// A client that is still to be completed. Those that are sent out bring their own TLS; those of the tests need one, too.
pub fn http() -> reqwest::ClientBuilder {
    // The first one stays.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

/// Nobody in particular, for use cases that tests call without the server between.
pub fn visitor() -> Caller {
    Caller { identity: app::Identity::Anonymous, ..Caller::operator() }
}

impl User {
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request).await
    }

    /// A request whose body is not JSON, or not whole.
    pub async fn send_text(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        text: impl Into<reqwest::Body>,
    ) -> Answer {
        Answer::of(self.request(method, path).header("content-type", kind).body(text)).await
    }

    /// A request that is still to be completed.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    /// Sends requests that must all be refused in one way. A body of null is none.
    pub async fn is_refused(&self, requests: &[(Method, String, Value)], status: u16, code: &str) {
        for (method, path, body) in requests {
            let body = Some(body).filter(|body| !body.is_null());
            let answer = self.send(method.clone(), path, &[("if-match", "*")], body).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text);
            answer.problem(status, code);
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(&body)).await
    }

    /// Overwrites whatever is there.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[("if-match", "*")], Some(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Makes an application of one's own.
    pub async fn application(&self) -> String {
        id(&self.make("/api/v1/applications", json!({"name": "Shop"})).await).to_owned()
    }

    /// Issues a key for an application.
    pub async fn key(&self, application: &str) -> String {
        let path = format!("/api/v1/applications/{application}/credentials");
        self.make(&path, json!({"name": "key"})).await["secret"].as_str().unwrap().to_owned()
    }

    /// Makes something that must work, and hands back what was made.
    pub async fn make(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        answer.expect(201).json()
    }
}

impl Answer {
    /// Sends a request and reads the answer.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// A problem with this status and code, in the shape that every refusal has.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], answer.header("x-request-id"), "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }

    /// A 400 that names exactly this field.
    #[track_caller]
    pub fn names(self, field: &str) -> Value {
        let problem = self.problem(400, "invalid");
        let fields: Vec<&Value> =
            problem["invalid_parameters"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
        assert_eq!(fields, [&json!(field)], "{problem}");
        problem
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// Of creates at once exactly one has worked, and the others were refused with this code.
#[track_caller]
pub fn one_was_made(answers: Vec<Answer>, code: &str) {
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 1);
    for answer in refused {
        answer.problem(409, code);
    }
}

/// A problem without what differs from request to request.
pub fn anonymous(mut problem: Value) -> Value {
    problem["request_id"].take();
    problem
}

/// The items of a page.
#[track_caller]
pub fn ids(page: &Answer) -> Vec<String> {
    page.json()["items"].as_array().unwrap().iter().map(|item| id(item).to_owned()).collect()
}

/// The id of something that was made.
#[track_caller]
pub fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap_or_else(|| panic!("no id: {thing}"))
}
