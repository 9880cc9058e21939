//! Webhooks of a Keywright that is killed at any moment: what was acknowledged is delivered, at least once, under one id
//! (F-33, F-24). The receiver keeps the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::process::{Program, free_port};

/// By what happened to which plan: the ids under which that came, each time it did.
type Ledger = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// A receiver that writes down what it gets and answers 200.
struct Receiver {
    url: String,
    ledger: Ledger,
    /// While it is set nothing is answered: whoever is killed now was between sending and writing that down.
    holds: Arc<AtomicBool>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (ledger, holds) = (Ledger::default(), Arc::new(AtomicBool::new(false)));
        let (book, held) = (Arc::clone(&ledger), Arc::clone(&holds));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (book, held) = (Arc::clone(&book), Arc::clone(&held));
                std::thread::spawn(move || converse(socket, &book, &held));
            }
        });
        Self { url, ledger, holds }
    }

    /// How much was received so far, all deliveries of a plan included.
    fn received(&self) -> usize {
        self.ledger.lock().unwrap().values().map(Vec::len).sum()
    }

    /// How many plans came more than once: their sender was killed between delivery and record.
    fn again(&self) -> usize {
        self.ledger.lock().unwrap().values().filter(|ids| ids.len() > 1).count()
    }

    fn plans(&self) -> BTreeSet<String> {
        self.ledger.lock().unwrap().keys().cloned().collect()
    }
}

fn converse(mut socket: TcpStream, ledger: &Ledger, holds: &AtomicBool) {
    let mut bytes = Vec::new();
    let mut part = [0; 8_192];
    while let Ok(count @ 1..) = socket.read(&mut part) {
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let field = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap().to_owned()
        };
        if body.len() < field("content-length").parse::<usize>().unwrap() {
            continue;
        }
        let told: Value = serde_json::from_str(body).unwrap();
        let plan = told["data"]["id"].as_str().unwrap().to_owned();
        ledger.lock().unwrap().entry(plan).or_default().push(field("webhook-id"));
        while holds.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
        bytes.clear();
    }
}

fn command(words: &[&str], data: &Path, database: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
    command.args(words).arg("--data-dir").arg(data).env("KEYWRIGHT_OUTBOUND_ALLOW_PRIVATE", "127.0.0.0/8");
    command.env("KEYWRIGHT_LIMITS_TOKEN_REQUESTS_PER_MINUTE", "1000000");
    if let Some(url) = database {
        command.env("KEYWRIGHT_DATABASE_URL", url);
    }
    command
}

fn serve(data: &Path, database: Option<&str>) -> (Program, String) {
    let (port, gateway) = (free_port(), free_port());
    let (listen, gateway) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{gateway}"));
    let words = ["serve", "--listen", &listen, "--gateway-listen", &gateway];
    let mut program = Program::start(&mut command(&words, data, database), &data.with_extension("log"));
    program.wait_for_port(port);
    (program, format!("http://{listen}/api/v1"))
}

fn kill(mut program: Program) {
    program.child().kill().unwrap();
    program.child().wait().unwrap();
}

/// Makes plans until the server is gone; those that were acknowledged go into the list.
async fn work(
    http: reqwest::Client,
    token: String,
    url: String,
    round: usize,
    made: Arc<Mutex<BTreeSet<String>>>,
) {
    for n in 0.. {
        let body = json!({"name": format!("Plan {round} {n}")});
        let request = http.post(format!("{url}/plans")).bearer_auth(&token).json(&body);
        let Ok(answer) = request.send().await else { return };
        assert_eq!(answer.status(), 201);
        let Ok(plan) = answer.json::<Value>().await else { return };
        made.lock().unwrap().insert(plan["id"].as_str().unwrap().to_owned());
    }
}

/// Waits until something is so.
async fn until(is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it takes too long");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn everything_arrives(database: Option<String>, patience: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = database.as_deref();
    let receiver = Receiver::start();
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
    let (mut program, mut url) = serve(&data, database);
    let said = command(&["token", "create", "--name", "faults", "--json"], &data, database).output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    let token = said["token"].as_str().unwrap().to_owned();
    let endpoint = json!({"url": receiver.url, "event_types": ["plan.created"]});
    let made_endpoint = http
        .post(format!("{url}/webhook-endpoints"))
        .bearer_auth(&token)
        .json(&endpoint)
        .send()
        .await
        .unwrap();
    assert_eq!(made_endpoint.status(), 201);
    let made = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 0..6 {
        let working = tokio::spawn(work(http.clone(), token.clone(), url.clone(), round, Arc::clone(&made)));
        // Not by the clock: on a machine with much to do hardly anything happens within a moment.
        until(|| made.lock().unwrap().len() >= 4 * (round + 1)).await;
        tokio::time::sleep(Duration::from_millis(31 * round as u64)).await;
        if round % 2 == 1 {
            // Killed when the receiver has it and the answer is still to come.
            receiver.holds.store(true, Ordering::SeqCst);
            let before = receiver.received();
            until(|| receiver.received() > before).await;
        }
        kill(program);
        working.await.unwrap();
        receiver.holds.store(false, Ordering::SeqCst);
        (program, url) = serve(&data, database);
    }
    let made = made.lock().unwrap().clone();
    assert!(made.len() > 20, "only {} plans were made", made.len());
    let began = Instant::now();
    // What was under way when somebody was killed is there already, and comes again: on PostgreSQL when its lease ends.
    while !receiver.plans().is_superset(&made) || receiver.again() == 0 {
        let (missing, again) = (made.difference(&receiver.plans()).count(), receiver.again());
        let all = made.len();
        assert!(began.elapsed() < patience, "{missing} of {all} never arrived, {again} came again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for (plan, ids) in receiver.ledger.lock().unwrap().iter() {
        assert!(ids.iter().all(|id| *id == ids[0]), "plan {plan} came under several ids");
    }
    kill(program);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_33_killed_at_any_moment_everything_arrives_on_sqlite() {
    everything_arrives(None, Duration::from_secs(30)).await;
}

/// Here nobody knows that the other node is dead before its lease has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_33_killed_at_any_moment_everything_arrives_on_postgres() {
    everything_arrives(Some(testkit::postgres::database()), Duration::from_secs(90)).await;
}
