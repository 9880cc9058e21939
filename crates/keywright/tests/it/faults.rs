//! What Keywright survives: being killed at any moment (F-01) and at any write (F-02).
//!
//! The ledger method: a client notes what was acknowledged, after it has read the whole answer. After the restart all
//! of it must be there, and nothing that was never sent. `KEYWRIGHT_TEST_ROUNDS` makes the rounds many.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::process::{Program, free_port};

/// Rounds in the gate, or as many as somebody asks for.
fn rounds(short: u64) -> u64 {
    std::env::var("KEYWRIGHT_TEST_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(short)
}

/// A server on a data folder that outlives it.
struct Server {
    program: Program,
    url: String,
    ready_after: Duration,
}

impl Server {
    /// Starts it, perhaps under another program.
    fn start(data: &Path, database: Option<&str>, under: &[&str]) -> Self {
        let log = || std::fs::read_to_string(data.with_extension("log")).unwrap_or_default();
        Self::try_start(data, database, under).unwrap_or_else(|| panic!("it does not start: {}", log()))
    }

    /// As [`Server::start`]; `None` if it was killed while it started.
    fn try_start(data: &Path, database: Option<&str>, under: &[&str]) -> Option<Self> {
        let (port, gateway) = (free_port(), free_port());
        let binary = env!("CARGO_BIN_EXE_keywright");
        let mut words = under.iter().map(|word| (*word).to_owned()).chain([binary.to_owned()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(["serve", "--data-dir"]).arg(data);
        command.args([
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--gateway-listen",
            &format!("127.0.0.1:{gateway}"),
        ]);
        command.env("KEYWRIGHT_LIMITS_TOKEN_REQUESTS_PER_MINUTE", "1000000");
        command.env("KEYWRIGHT_LIMITS_KEYS_PER_APPLICATION", "10000");
        if let Some(url) = database {
            command.env("KEYWRIGHT_DATABASE_URL", url);
        }
        let started = Instant::now();
        let mut program = Program::start(&mut command, &data.with_extension("log"));
        if !program.listens_on(port) {
            return None;
        }
        Some(Self { program, url: format!("http://127.0.0.1:{port}/api/v1"), ready_after: started.elapsed() })
    }

    fn kill(&mut self) {
        self.program.child().kill().unwrap();
        self.program.child().wait().unwrap();
    }
}

fn token(data: &Path, database: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
    command.args(["token", "create", "--name", "faults", "--json", "--data-dir"]).arg(data);
    if let Some(url) = database {
        command.env("KEYWRIGHT_DATABASE_URL", url);
    }
    let output = command.output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["token"].as_str().unwrap().to_owned()
}

/// Talks to the management API.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    token: String,
}

impl Client {
    fn new(token: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        Self { http, token: token.to_owned() }
    }

    /// The answer, if one came: an error is what a killed server looks like.
    async fn send(&self, method: &str, url: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let method = method.parse().unwrap();
        let mut request = self.http.request(method, url).bearer_auth(&self.token).header("if-match", "*");
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// The answer if it is the expected one; `None` if the server is gone.
    async fn done(&self, expected: u16, method: &str, url: &str, body: Value) -> Option<Value> {
        let (status, answer) = self.send(method, url, Some(&body)).await?;
        assert_eq!(status, expected, "{method} {url}: {answer}");
        Some(answer)
    }
}

/// What was acknowledged of one thing, the last word on it.
#[derive(Clone, Debug)]
enum Fact {
    /// A partner has this name and description.
    Partner { name: String, description: String },
    /// A partner is gone.
    Gone,
    /// A credential has this status.
    Credential(&'static str),
}

/// By the id of the thing.
type Ledger = Arc<Mutex<HashMap<String, Fact>>>;

fn note(ledger: &Ledger, id: &str, fact: Fact) {
    ledger.lock().unwrap().insert(id.to_owned(), fact);
}

/// Makes, changes and deletes partners, issues, rotates and revokes keys, until the server is gone (`None`).
async fn work(
    client: Client,
    url: String,
    application: String,
    worker: String,
    ledger: Ledger,
) -> Option<()> {
    for step in 0.. {
        let name = format!("{worker} s{step}");
        let partner = client.done(201, "POST", &format!("{url}/partners"), json!({"name": name})).await?;
        let id = partner["id"].as_str()?;
        note(&ledger, id, Fact::Partner { name: name.clone(), description: String::new() });
        let path = format!("{url}/partners/{id}");
        client.done(200, "PATCH", &path, json!({"description": name})).await?;
        note(&ledger, id, Fact::Partner { name: name.clone(), description: name.clone() });

        let keys = format!("{url}/applications/{application}/credentials");
        let old = client.done(201, "POST", &keys, json!({"name": name})).await?;
        let old = old["id"].as_str()?;
        note(&ledger, old, Fact::Credential("active"));
        let rotate = format!("{url}/credentials/{old}/rotate");
        let new = client.done(201, "POST", &rotate, json!({"overlap_seconds": 3600})).await?;
        let new = new["id"].as_str()?;
        note(&ledger, old, Fact::Credential("rotating"));
        note(&ledger, new, Fact::Credential("active"));
        for ended in [old, new] {
            client.done(200, "POST", &format!("{url}/credentials/{ended}/revoke"), json!({})).await?;
            note(&ledger, ended, Fact::Credential("revoked"));
        }
        if step % 3 == 0 {
            client.done(204, "DELETE", &path, json!({})).await?;
            note(&ledger, id, Fact::Gone);
        }
    }
    None
}

/// Holds the ledger against what is there now. What was under way when the server died may have gone one step further
/// than was acknowledged, but then it has its audit line.
async fn check(client: &Client, url: &str, ledger: &Ledger) {
    let facts = ledger.lock().unwrap().clone();
    for (id, fact) in facts {
        match fact {
            Fact::Partner { name, description } => {
                let (status, partner) =
                    client.send("GET", &format!("{url}/partners/{id}"), None).await.unwrap();
                if status == 404 {
                    assert!(
                        audit(client, url, &id).await.contains(&"partner.deleted".to_owned()),
                        "lost: {name}"
                    );
                    continue;
                }
                assert_eq!(partner["name"], name, "{partner}");
                let further = description.is_empty() && partner["description"] == name;
                assert!(further || partner["description"] == description, "lost: {description}: {partner}");
            }
            Fact::Gone => {
                let (status, _) = client.send("GET", &format!("{url}/partners/{id}"), None).await.unwrap();
                assert_eq!(status, 404, "a ghost: {id}");
            }
            Fact::Credential(acknowledged) => {
                let (status, credential) =
                    client.send("GET", &format!("{url}/credentials/{id}"), None).await.unwrap();
                assert_eq!(status, 200, "lost: {id}");
                let order = ["active", "rotating", "revoked"];
                let place = |status: &str| order.iter().position(|known| *known == status).unwrap();
                let now = credential["status"].as_str().unwrap();
                assert!(place(now) >= place(acknowledged), "{acknowledged} was acknowledged, {now} is there");
            }
        }
    }
}

/// What the audit log says happened to a thing.
async fn audit(client: &Client, url: &str, id: &str) -> Vec<String> {
    let (_, lines) = client.send("GET", &format!("{url}/audit?target_id={id}"), None).await.unwrap();
    lines["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["action"].as_str().unwrap().to_owned())
        .collect()
}

/// An application that holds the keys. Its limits are raised by `Server::start`.
async fn application(client: &Client, url: &str) -> String {
    let partner =
        client.done(201, "POST", &format!("{url}/partners"), json!({"name": "Owner"})).await.unwrap();
    let new = json!({"name": "Keys", "owner": {"partner": partner["id"]}});
    let application = client.done(201, "POST", &format!("{url}/applications"), new).await.unwrap();
    application["id"].as_str().unwrap().to_owned()
}

/// SQLite finds nothing wrong, and every partner has exactly one line that made it: rows and lines came together.
fn check_file(data: &Path) {
    let query = "PRAGMA integrity_check; PRAGMA foreign_key_check;
        SELECT count(*) FROM partners p WHERE 1 <> (SELECT count(*) FROM audit_lines l WHERE l.target_id = p.id AND l.action = 'partner.created');
        SELECT (SELECT seq FROM audit_head) - (SELECT count(*) FROM audit_lines);";
    let output = Command::new("sqlite3").arg(data.join("keywright.db")).arg(query).output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "ok\n0\n0\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Kills the server again and again under a mixed load; nothing that was acknowledged is lost.
async fn f_01(database: Option<String>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = database.as_deref();
    let mut server = Server::start(&data, database, &[]);
    let client = Client::new(&token(&data, database));
    let application = application(&client, &server.url).await;
    let ledger = Ledger::default();
    let mut acknowledged = 0;
    for round in 0..rounds(12) {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let name = format!("w{worker} r{round}");
                tokio::spawn(work(
                    client.clone(),
                    server.url.clone(),
                    application.clone(),
                    name,
                    Arc::clone(&ledger),
                ))
            })
            .collect();
        // Every other time not before there is something to lose, however busy the machine is.
        let wanted = if round % 2 == 0 { 0 } else { 20 };
        let something = async {
            while ledger.lock().unwrap().len() < wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), something).await.expect("the load is a load");
        tokio::time::sleep(Duration::from_millis(5 + round * 173 % 495)).await;
        server.kill();
        for worker in workers {
            worker.await.unwrap();
        }
        server = Server::start(&data, database, &[]);
        assert!(server.ready_after < Duration::from_secs(2), "ready after {:?}", server.ready_after);
        check(&client, &server.url, &ledger).await;
        if database.is_none() {
            check_file(&data);
        }
        acknowledged += ledger.lock().unwrap().drain().count();
    }
    assert!(acknowledged > 100, "only {acknowledged} facts in all rounds: the load was no load");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_01_killed_at_any_moment_on_sqlite() {
    f_01(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_01_killed_at_any_moment_on_postgres() {
    f_01(Some(testkit::postgres::database())).await;
}

/// Dies exactly at the n-th write to the file; each step is wholly done or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_02_killed_at_the_nth_write() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Server::start(&data, None, &[]);
    let client = Client::new(&token(&data, None));
    let application = application(&client, &server.url).await;
    server.kill();
    let short = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
    let writes: Vec<u64> = if rounds(0) > 0 { (1..=rounds(0)).collect() } else { short.to_vec() };
    for n in writes {
        let inject = format!("inject=pwrite64:signal=KILL:when={n}");
        let under = ["strace", "-f", "-qq", "-e", "trace=pwrite64", "-o", "/dev/null", "-e", &inject];
        let Some(mut server) = Server::try_start(&data, None, &under) else {
            check_file(&data);
            continue;
        };
        let ledger = Ledger::default();
        let flow = work(
            client.clone(),
            server.url.clone(),
            application.clone(),
            format!("n{n}"),
            Arc::clone(&ledger),
        );
        let ended = tokio::time::timeout(Duration::from_secs(20), flow).await;
        assert!(ended.is_ok(), "the server was not killed at write {n}");
        server.kill();
        let mut server = Server::start(&data, None, &[]);
        check(&client, &server.url, &ledger).await;
        server.kill();
        check_file(&data);
    }
}
