//! Secrets in answers and logs, and lines that a stranger would like to write there.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use app::Settings;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use crate::contract;
use crate::support::{Desk, User, both};
use crate::world::World;

/// Everything that is logged in this process at the finest level, while somebody listens.
#[derive(Clone, Default)]
struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    listening: Arc<AtomicBool>,
}

impl Log {
    /// Begins to listen. The process has one log, whichever tests write to it at the same time.
    fn listen() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let listening = Arc::clone(&log.listening);
            // What our own client logs is its own affair.
            let ours = tracing_subscriber::filter::dynamic_filter_fn(move |metadata, _| {
                let target = metadata.target();
                let client = target.starts_with("reqwest") || target.starts_with("hyper_util::client");
                listening.load(Ordering::Relaxed) && !client
            });
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(log.clone());
            let layer = tracing_subscriber::Layer::with_filter(layer, ours);
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
            log
        });
        log.listening.store(true, Ordering::Relaxed);
        log.clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.text.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.text.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The lines that hold something they must not.
#[track_caller]
fn assert_clean(what: &str, text: &str, secrets: &[String]) {
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(secret.as_str()));
        if let Some(line) = line {
            let at = line.find(secret.as_str()).unwrap();
            let around = line.get(at.saturating_sub(300)..).unwrap_or(line);
            panic!("{what} holds the secret {secret}: …{}", around.chars().take(700).collect::<String>());
        }
    }
}

/// With a mail server: without one, links are logged on purpose.
fn with_mail() -> Settings {
    Settings { sends_mail: true, ..Settings::default() }
}

/// Goes through the whole of an account and an application over HTTP, and returns every secret that was used.
async fn journey(desk: &Desk) -> Vec<String> {
    let nobody = desk.anonymous();
    let account = "/api/v1/account";
    let passwords = ["Marker-Password-One-77", "Marker-Password-Two-88", "Marker-Password-Three-99"];
    let mut secrets: Vec<String> = passwords.iter().map(ToString::to_string).collect();
    let email = "marker@example.com";
    nobody.post(&format!("{account}/register"), json!({"email": email, "name": "Marker"})).await.expect(202);
    let proof = desk.token_in_last_mail(email).await;
    let wrong = json!({"email": email, "password": passwords[0]});
    nobody.post(&format!("{account}/sessions"), wrong).await.expect(401);
    nobody
        .post(&format!("{account}/verify-email"), json!({"token": proof, "password": passwords[0]}))
        .await
        .expect(200);
    nobody
        .post(&format!("{account}/verify-email"), json!({"token": proof, "password": passwords[0]}))
        .await
        .expect(410);
    nobody.post(&format!("{account}/forgot-password"), json!({"email": email})).await.expect(202);
    let reset = desk.token_in_last_mail(email).await;
    nobody
        .post(&format!("{account}/reset-password"), json!({"token": reset, "password": passwords[1]}))
        .await
        .expect(204);
    let sign_in = async |password: &str| {
        let answer =
            nobody.post(&format!("{account}/sessions"), json!({"email": email, "password": password})).await;
        answer.expect(201).json()["secret"].as_str().unwrap().to_owned()
    };
    let first = sign_in(passwords[1]).await;
    let user = desk.session(&first);
    let change = json!({"current_password": passwords[1], "new_password": passwords[2]});
    user.post(&format!("{account}/password"), change).await.expect(204);
    let second = sign_in(passwords[2]).await;
    let user = desk.session(&second);
    let application = user.make("/api/v1/applications", json!({"name": "Marker"})).await;
    let credentials = format!("/api/v1/applications/{}/credentials", application["id"].as_str().unwrap());
    let key = [("idempotency-key", "marker-idempotency-key")];
    let issued =
        user.send(Method::POST, &credentials, &key, Some(&json!({"name": "key"}))).await.expect(201).json();
    let rotate = format!("/api/v1/credentials/{}/rotate", issued["id"].as_str().unwrap());
    let rotated = user.make(&rotate, json!({})).await;
    let imported = "MarkerImportedKey-f3Zq8LmN0pR7tVx2Yb5DcGhJ";
    desk.admin.make(&format!("{credentials}/import"), json!({"name": "old", "value": imported})).await;
    let token = desk.admin.make("/api/v1/tokens", json!({"name": "Marker", "scopes": ["*:read"]})).await;
    let tool: User = desk.session(token["token"].as_str().unwrap());
    tool.get("/api/v1/partners").await.expect(200);
    tool.post("/api/v1/partners", json!({"name": "x"})).await.expect(403);
    user.delete(&format!("{account}/sessions/current")).await.expect(204);
    user.get("/api/v1/account").await.expect(401);

    secrets.extend([proof, reset, first, second, imported.to_owned(), "marker-idempotency-key".to_owned()]);
    secrets.extend(
        [&issued["secret"], &rotated["secret"], &token["token"]].map(|s| s.as_str().unwrap().to_owned()),
    );
    secrets.push(desk.admin.bearer.clone().unwrap());
    secrets
}

both!(
    async fn a_279_no_secret_reaches_the_log_the_audit_log_or_the_database(desk, with_mail()) {
        let log = Log::listen();
        tracing::trace!("the finest level");
        let secrets = journey(&desk).await;
        let logged = log.text();
        assert!(logged.contains("/api/v1/account/sessions"), "the log was listened to");
        assert!(logged.contains("the finest level"), "at every level");
        assert_clean("the log", &logged, &secrets);
        assert_clean("what is kept", &desk.everything_kept().await, &secrets);
        for path in ["/api/v1/audit?limit=200", "/api/v1/tokens", "/api/v1/credentials", "/api/v1/applications", "/api/v1/developers"] {
            assert_clean(path, &desk.admin.get(path).await.expect(200).text, &secrets);
        }
    }
);

both!(
    async fn a_189_secrets_in_wrong_places_are_neither_echoed_nor_logged(desk, with_mail()) {
        let log = Log::listen();
        let world = World::new(&desk).await;
        let marker = "kw_pat_WrongPlaceMarker0123456789abcdefghijklmnopqrst";
        let secrets = [marker.to_owned()];
        let check = |answer: &crate::support::Answer, what: &str| {
            assert!(answer.status.is_client_error(), "{what}: {} {}", answer.status, answer.text);
            assert_clean(what, &answer.text, &secrets);
        };
        for operation in contract::operations() {
            let user = if operation.path.starts_with("/api/v1/account") { &world.alice } else { &desk.admin };
            let what = operation.to_string();
            // As an id, as a value in the query, as a bearer token.
            if operation.names_something() {
                let path = world.fill(&operation, |_| marker.to_owned());
                check(&operation.send(user, &path, contract::body(&operation).as_ref()).await, &what);
            }
            for parameter in operation.query() {
                let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
                let plain = schema["format"].is_null() && schema["enum"].is_null() && schema["pattern"].is_null();
                if schema["type"] != "string" || !plain {
                    check(&user.get(&format!("{}?{name}={marker}", world.path(&operation))).await, &what);
                }
            }
            // As a value of the wrong type, in an unknown field, in broken JSON.
            let Some(schema) = &operation.body else { continue };
            for (name, field) in contract::fields(schema) {
                if field["type"] == "string" || field["type"][0] == "string" && field["format"].is_null() {
                    continue;
                }
                let mut body = contract::body(&operation).unwrap();
                body[&name] = json!(marker);
                check(&operation.send(user, &world.path(&operation), Some(&body)).await, &format!("{what} {name}"));
            }
            let mut body = contract::body(&operation).unwrap();
            body["unknown"] = json!(marker);
            check(&operation.send(user, &world.path(&operation), Some(&body)).await, &what);
            check(&operation.send(user, &world.path(&operation), Some(&json!(marker))).await, &what);
            let broken = format!(r#"{{"name": "{marker}", "#);
            let request = user.request(operation.method.clone(), &world.path(&operation)).header("if-match", "*");
            let request = request.header("content-type", "application/json").body(broken);
            check(&crate::support::Answer::of(request).await, &what);
        }
        for path in [format!("/{marker}"), format!("/api/v1/{marker}/x"), format!("/assets/{marker}"), format!("/api/v1/partners?{marker}=x")] {
            let answer = desk.admin.get(&path).await;
            assert!(answer.status.is_client_error(), "{path}");
        }
        desk.session(marker).get("/api/v1/partners").await.problem(401, "unauthenticated");
        for header in ["authorization", "idempotency-key", "if-match", "cookie", "x-forwarded-for", "content-type"] {
            let path = format!("/api/v1/partners/{}", world.id("partners"));
            let sent = [(header, format!("Basic {marker}"))];
            let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = desk.anonymous().send(Method::PATCH, &path, &sent, Some(&json!({"name": "x"}))).await;
            check(&answer, header);
        }
        assert_clean("the log", &log.text(), &secrets);
        assert_clean("what is kept", &desk.everything_kept().await, &secrets);
    }
);

both!(
    async fn a_278_nobody_writes_lines_of_their_own_into_the_log(desk, with_mail()) {
        let log = Log::listen();
        let forged = "FORGED admin login ok";
        desk.developer("alice").await;
        let address = desk.url.strip_prefix("http://").unwrap();
        let agents: [&[u8]; 6] = [
            b"x\x1b[2J FORGED admin login ok",
            b"x\r\n 2026-11-22 INFO FORGED admin login ok",
            b"x\x0b\x0c FORGED admin login ok",
            b"x\xe2\x80\xa8FORGED admin login ok",
            b"x\",\"level\":\"INFO\",\"message\":\"FORGED admin login ok",
            b"x\x00FORGED admin login ok",
        ];
        let body = r#"{"email": "alice@example.com", "password": "alice likes violet umbrellas"}"#;
        for agent in agents {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let mut request = b"POST /api/v1/account/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nUser-Agent: ".to_vec();
            request.extend_from_slice(agent);
            request.extend_from_slice(format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
            stream.write_all(&request).await.unwrap();
            let mut said = Vec::new();
            let _ = stream.read_to_end(&mut said).await;
            assert!(said.starts_with(b"HTTP/1.1 201 ") || said.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&said));
        }
        for path in ["/api/v1/x%0aFORGED%20admin", "/api/v1/x%1b%5b2JFORGED", "/api/v1/partners/x%0d%0aFORGED%20admin%20login%20ok"] {
            desk.admin.get(path).await.expect(404);
        }
        let alice = desk.admin.get("/api/v1/developers?text=alice").await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        let sessions = desk.admin.get(&format!("/api/v1/developers/{alice}/sessions")).await.expect(200).json();
        for session in sessions["items"].as_array().unwrap() {
            let agent = session["user_agent"].as_str().unwrap();
            assert!(!agent.chars().any(|c| c.is_control() || c == '\u{2028}'), "{agent:?}");
        }
        assert_clean("the log", &log.text(), &[forged.to_owned(), "FORGED".to_owned(), "\u{1b}".to_owned()]);
    }
);
