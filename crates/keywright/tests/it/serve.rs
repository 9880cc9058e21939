//! `keywright serve`: starting, being used, and stopping.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::Place;
use crate::server::{Server, connect, read_answer};

/// A place on each of the two databases.
fn places() -> [Place; 2] {
    [Place::new(), Place::new().variable("KEYWRIGHT_DATABASE_URL", &testkit::postgres::database())]
}

fn token(place: &Place) -> String {
    place.run("token create --name test --json").json()["token"].as_str().unwrap().to_owned()
}

#[test]
fn it_needs_no_configuration_and_keeps_its_data_private() {
    let place = Place::new();
    let server = Server::start(&place);
    assert_eq!(server.place("public_url"), format!("http://{}", server.place("listen")));
    assert_eq!(server.place("data_dir"), "./keywright-data");
    assert_eq!(server.place("database"), "SQLite file ./keywright-data/keywright.db");
    let setup = format!("{}/setup?token=kw_setup_", server.place("public_url"));
    assert!(server.place("setup_url").starts_with(&setup), "{}", server.started);
    assert_eq!(server.ask_gateway("/readyz", &[]).status, 200);
    assert_eq!(server.get("/gateway/forward-auth", &[]).status, 404, "gateways have a listener of their own");

    let mode = |name: &str| fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("keywright-data"), 0o700);
    for file in fs::read_dir(place.path("keywright-data")).unwrap() {
        let name = format!("keywright-data/{}", file.unwrap().file_name().to_string_lossy());
        assert_eq!(mode(&name), 0o600, "{name}");
    }
    server.stop();
    let mut left: Vec<_> = fs::read_dir(place.path("keywright-data"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["keywright.db", "master.key"], "the database was closed");
}

#[test]
fn people_are_told_where_it_is() {
    let place = Place::new();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--gateway-listen", "127.0.0.1:0"];
    let mut child = place.keywright(&serve).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told: Vec<_> = lines.take_while(|line| !line.ends_with("Ctrl-C stops it.")).collect();
    let told = told.join("\n");
    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    for part in
        ["people and APIs  http://127.0.0.1:", "gateways         http://127.0.0.1:", "/setup?token=kw_setup_"]
    {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
}

#[test]
fn told_to_stop_it_finishes_what_is_under_way() {
    for place in places() {
        let server = Server::start(&place);
        let body = r#"{"name":"Acme"}"#;
        let (first, rest) = body.split_at(5);
        let address = server.place("listen").to_owned();
        let mut request = connect(&address);
        write!(
            request,
            "POST /api/v1/partners HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{first}",
            token(&place),
            body.len(),
        )
        .unwrap();
        // As soon as it listens no more, it is stopping.
        thread::sleep(Duration::from_millis(200));
        server.signal("TERM");
        let is_open = || TcpStream::connect(&address).is_ok();
        for _ in 0..100 {
            if !is_open() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        assert!(!is_open());
        request.write_all(rest.as_bytes()).unwrap();
        let answer = read_answer(request);
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(server.end(), 0);

        let server = Server::start(&place);
        let partners =
            server.get("/api/v1/partners", &[("Authorization", &format!("Bearer {}", token(&place)))]);
        assert!(partners.body.contains(r#""name":"Acme""#), "{}", partners.body);
        server.stop();
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let server = Server::start(&Place::new());
    let mut request = connect(server.place("listen"));
    write!(
        request,
        "POST /api/v1/account/register HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    )
    .unwrap();
    thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    let before = Instant::now();
    server.signal("INT");
    assert_eq!(server.end(), 0);
    assert!(before.elapsed() < Duration::from_secs(5), "the request had ten seconds");
}

#[test]
fn two_that_start_at_once_on_an_empty_folder_work_together() {
    for _ in 0..3 {
        let place = Place::new();
        let servers: Vec<_> = thread::scope(|scope| {
            let starting: Vec<_> = (0..2).map(|_| scope.spawn(|| Server::start(&place))).collect();
            starting.into_iter().map(|server| server.join().unwrap()).collect()
        });
        let token = token(&place);
        for server in &servers {
            assert_eq!(server.partners(&token), 200);
            assert_eq!(server.ask_gateway("/readyz", &[]).status, 200);
        }
        servers.into_iter().for_each(Server::stop);
    }
}

#[test]
fn a_token_made_beside_it_works_at_once_until_it_is_revoked() {
    for place in places() {
        let server = Server::start(&place);
        assert_eq!(server.partners("nonsense"), 401);
        let made = place.run("token create --name ci --scope *:read --expires-in 90d --json").json();
        let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
        assert_eq!(server.partners(token), 200);
        assert_eq!(made["scopes"], serde_json::json!(["*:read"]));
        let listed = place.run("token list");
        assert!(listed.answer().contains(id) && !listed.stdout.contains(token), "{}", listed.stdout);
        place.run(&format!("token revoke {id}")).answer();
        assert_eq!(server.partners(token), 401);
        server.stop();
    }
}

#[test]
fn a_taken_port_is_told_with_its_flag_and_changes_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (flag, other) in [("--listen", "--gateway-listen"), ("--gateway-listen", "--listen")] {
        for command in ["serve", "quickstart"] {
            let place = Place::new();
            let ran = place.run(&format!("{command} {flag} {address} {other} 127.0.0.1:0"));
            assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
            assert!(
                ran.stderr.starts_with(&format!("error: cannot listen on {address} for ")),
                "{}",
                ran.stderr
            );
            assert!(ran.stderr.contains(&format!("choose with {flag} ADDR")), "{}", ran.stderr);
            assert!(!place.path("keywright-data").exists());
        }
    }
}

#[test]
fn a_190_a_crash_leaves_no_secrets_behind() {
    let server = Server::start(&Place::new());
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    server.stop();
}

#[test]
fn it_starts_though_the_mail_server_is_down() {
    let port = testkit::process::free_port().to_string();
    let place = Place::new()
        .variable("KEYWRIGHT_MAIL_HOST", "127.0.0.1")
        .variable("KEYWRIGHT_MAIL_SECURITY", "plain")
        .variable("KEYWRIGHT_MAIL_PORT", &port);
    let server = Server::start(&place);
    assert_eq!(server.place("mail"), format!("127.0.0.1, port {port}"));
    server.stop();
}
