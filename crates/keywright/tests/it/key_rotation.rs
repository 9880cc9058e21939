//! The master key is replaced while the server runs, by a command that is killed again and again (F-41).

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Place, Ran};
use crate::server::Server;

const KEY: &str = "keywright-data/master.key";
/// More than one batch of what is sealed.
const HOOKS: usize = 130;

fn lines(place: &Place) -> usize {
    std::fs::read_to_string(place.path(KEY)).unwrap().lines().count()
}

/// Runs the command under a tracer that kills it at its n-th write; `None` if it came to its end before.
fn rotate_until_write(place: &Place, n: u32) -> Option<Ran> {
    let inject = format!("inject=pwrite64:signal=KILL:when={n}");
    let under = ["/usr/bin/strace", "-f", "-qq", "-e", "trace=pwrite64", "-o", "/dev/null", "-e", &inject];
    let output = place.keywright_under(&under, &["master-key", "rotate", "--json"]).output().unwrap();
    output.status.code().map(|_| Ran::from(output))
}

/// Kills the command a while after its start.
fn rotate_for(place: &Place, span: Duration) {
    let mut child = place
        .keywright(&["master-key", "rotate", "--json"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(span);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A server with endpoints whose secrets are sealed, and mails.
fn filled(place: &Place) -> (Server, String) {
    let server = Server::start(place);
    let token = place.run("token create --name test --json").json()["token"].as_str().unwrap().to_owned();
    for n in 0..HOOKS {
        let body = json!({"url": format!("https://hooks.example.com/{n}"), "auth": {"kind": "bearer", "token": "s3same"}});
        let answer = server.send("POST", "/api/v1/webhook-endpoints", &token, Some(&body));
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    let ada = json!({"email": "ada@example.com", "name": "Ada"});
    assert!(server.send("POST", "/api/v1/account/register", "", Some(&ada)).status < 300);
    (server, token)
}

/// The running server knows its administrators' tokens, and opens its mails.
#[track_caller]
fn assert_well(server: &Server, token: &str) {
    let answer = server.send("GET", "/api/v1/mails?to=ada@example.com", token, None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mails: Value = serde_json::from_str(&answer.body).unwrap();
    let text = mails["items"][0]["text"].as_str().unwrap();
    assert!(text.contains("token=kw_ver_"), "{text}");
}

fn finish(place: &Place, server: Server, token: &str) {
    let refused = place.run("doctor --json");
    assert!(refused.stdout.contains("master-key rotate"), "{}", refused.stdout);
    let report = place.run("master-key rotate --json").json();
    assert_eq!((&report["sealed_by_older"], &report["unreadable"]), (&json!(0), &json!(0)), "{report}");
    assert_well(&server, token);
    assert_eq!(lines(place), 2);
    let report = place.run("master-key drop --json").json();
    assert_eq!(report["dropped"], json!([1]), "{report}");
    assert_eq!(lines(place), 1);
    assert_well(&server, token);
    drop(server);
    let server = Server::start(place);
    assert_well(&server, token);
    let status = place.run("master-key status");
    assert!(status.answer().contains("in use"), "{}", status.stdout);
}

#[test]
fn f_41_killed_at_the_nth_write() {
    let place = Place::new();
    let (server, token) = filled(&place);
    let mut killed = 0;
    for n in [1, 2, 3, 5, 8, 11, 14, 17, 20, 24, 28, 33, 39, 46, 54] {
        match rotate_until_write(&place, n) {
            None => killed += 1,
            Some(ran) => {
                ran.done();
                break;
            }
        }
        assert_well(&server, &token);
    }
    assert!(killed >= 5, "it was killed {killed} times only");
    finish(&place, server, &token);
}

#[test]
fn f_41_killed_at_any_moment_on_postgres() {
    let place = Place::new().variable("KEYWRIGHT_DATABASE_URL", &testkit::postgres::database());
    let (server, token) = filled(&place);
    for span in [30, 120, 250, 400, 700] {
        rotate_for(&place, Duration::from_millis(span));
        assert_well(&server, &token);
    }
    finish(&place, server, &token);
}

#[test]
fn one_key_replaces_another_more_than_once() {
    let place = Place::new();
    let token = place.run("token create --name test --json").json()["token"].as_str().unwrap().to_owned();
    for number in [2, 3] {
        let report = place.run("master-key rotate --json").json();
        assert_eq!(report["keys"][1]["number"], number, "{report}");
        let again = place.run("master-key rotate --json").json();
        assert_eq!((again["resealed"].clone(), lines(&place)), (json!(0), 2), "nothing is left to be done");
        let dropped = place.run("master-key drop").answer().to_owned();
        assert!(dropped.contains(&format!("Master key {} was dropped", number - 1)), "{dropped}");
        assert!(place.run("master-key drop").answer().contains("in use"), "there is no other to be dropped");
    }
    let server = Server::start(&place);
    assert_eq!(server.send("GET", "/api/v1/apis", &token, None).status, 200);
}
