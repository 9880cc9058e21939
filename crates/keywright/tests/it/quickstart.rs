//! `keywright quickstart`: the story that it tells is true.

use std::process::Command;

use crate::harness::Place;
use crate::server::{Answer, Server};

const EXIT: &str = "quickstart --exit --listen 127.0.0.1:0 --gateway-listen 127.0.0.1:0";

fn ask(server: &Server, key: &str) -> Answer {
    let call = [
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Method", "GET"),
        ("X-Forwarded-Uri", "/orders/42"),
        ("X-API-Key", key),
    ];
    server.ask_gateway("/gateway/forward-auth", &call)
}

#[test]
fn it_proves_that_the_key_works_as_often_as_one_likes() {
    let database = testkit::postgres::database();
    for place in [Place::new(), Place::new().variable("KEYWRIGHT_DATABASE_URL", &database)] {
        let stories: Vec<serde_json::Value> = (0..2)
            .map(|_| serde_json::from_str(place.run(&format!("{EXIT} --json")).done()).unwrap())
            .collect();
        for story in &stories {
            assert_eq!(story["proof"]["status_without_key"], 401);
            assert_eq!(story["proof"]["status_with_key"], 200);
            assert_eq!(story["proof"]["plan"], story["example"]["plan"]);
        }
        let said = |index: usize, key: &str| stories[index][key].as_str().unwrap().to_owned();
        assert_eq!(stories[0]["proof"]["application_id"], stories[1]["proof"]["application_id"]);
        // The example stays, with the newest key.
        let server = Server::start(&place);
        assert_eq!(ask(&server, &said(0, "key")).status, 401);
        let answer = ask(&server, &said(1, "key"));
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("\r\nx-keywright-plan: free example\r\n"), "{}", answer.head);
        server.stop();
    }
}

#[test]
fn it_keeps_serving() {
    let server = Server::start_as(&Place::new(), "quickstart");
    assert_eq!(ask(&server, server.place("key")).status, 200);
    assert!(server.place("setup_url").contains("/setup?token=kw_setup_"));
    server.stop();
}

#[test]
fn the_time_of_use_is_written_before_it_stops() {
    let place = Place::new();
    place.run(EXIT).done();
    let server = Server::start(&place);
    let token = place.run("token create --name test --json").json();
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let keys = server.get("/api/v1/credentials", &[("Authorization", &bearer)]);
    let keys: serde_json::Value = serde_json::from_str(&keys.body).unwrap();
    assert!(keys["items"][0]["last_used_at"].is_string(), "{keys}");
    server.stop();
}

#[test]
fn the_printed_commands_work_as_they_are() {
    let place = Place::new();
    let listen = |flag| format!("{flag} 127.0.0.1:{}", testkit::process::free_port());
    let told = place.run(&format!("quickstart --exit {} {}", listen("--listen"), listen("--gateway-listen")));
    let commands: Vec<&str> = told.done().lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let find = |part: &str| *commands.iter().find(|line| line.contains(part)).expect(part);
    let key = told.stdout.lines().find_map(|line| line.strip_prefix("  kw_key_")).unwrap();

    let without_key =
        commands.iter().find(|line| line.contains("forward-auth") && !line.contains(key)).unwrap();
    // In one shell, from another folder, as one would paste them.
    let address = told.stdout.split("http://").nth(2).unwrap().lines().next().unwrap();
    let script = [
        format!("{} & server=$!", find(" serve ")),
        "trap 'kill $server' EXIT; trap exit TERM".to_owned(),
        format!("curl -so /dev/null --retry 100 --retry-delay 1 --retry-connrefused http://{address}/readyz"),
        find(key).to_owned(),
        without_key.to_string(),
        find("TOKEN=").to_owned(),
        find("/api/v1/partners").to_owned(),
    ]
    .join("\n");
    let ran = Command::new("timeout").args(["60", "sh", "-c", &script]).current_dir("/").output().unwrap();
    let answers = String::from_utf8(ran.stdout).unwrap();
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["200", "401", "200"], "{answers}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(answers.contains("Acme (example)"), "{answers}");
}

#[test]
fn it_works_with_a_shared_secret_and_other_headers_and_closed_registration() {
    let place = Place::new()
        .file("secret", "hush-hush-hush\n")
        .variable("KEYWRIGHT_GATEWAY_SHARED_SECRET_FILE", "secret")
        .variable("KEYWRIGHT_GATEWAY_ADAPTER", "nginx")
        .variable("KEYWRIGHT_SIGN_UP_ENABLED", "false");
    let told = place.run(EXIT);
    assert!(told.done().contains("X-Original-URI: /orders/42"), "{}", told.stdout);
    assert!(!told.stdout.contains("hush-hush-hush") && !told.stderr.contains("hush-hush-hush"));
}

#[test]
fn a_proof_that_fails_is_told_and_ends_with_status_1() {
    let place = Place::new().variable("KEYWRIGHT_GATEWAY_ALLOWED_PEERS", "10.0.0.0/8");
    let ran = place.run(EXIT);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("error: the proof failed: a call without a key got status 403 instead of 401")
    );
    assert!(ran.stderr.contains("hint: gateway.allowed_peers leaves this machine out"), "{}", ran.stderr);
}

#[test]
fn it_puts_no_example_into_a_folder_that_is_in_use() {
    let administrator = "admin create --email root@example.com --password-stdin";
    let place = Place::new();
    place.run_with_input(administrator, "plum anvil forty kestrel\n").done();
    for line in [EXIT.to_owned(), EXIT.replace(" --exit", "")] {
        let ran = place.run(&line);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("this data folder is in use"), "{}", ran.stderr);
        assert!(ran.stderr.contains("name a new folder with --data-dir"), "{}", ran.stderr);
    }
    let token = place.run("token create --name look --json").json();
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let server = Server::start(&place);
    let apis = server.get("/api/v1/apis", &[("Authorization", &bearer)]);
    assert!(apis.body.contains("\"items\":[]"), "{}", apis.body);
    server.stop();
    // Where the example is already, somebody who tries it out may have become an administrator.
    let tried = Place::new();
    tried.run(EXIT).done();
    tried.run_with_input(administrator, "plum anvil forty kestrel\n").done();
    tried.run(EXIT).done();
}

#[test]
fn a_279_the_key_is_printed_and_never_logged() {
    let place = Place::new();
    let story = place.run(&format!("{EXIT} --json -vv"));
    let told: serde_json::Value = serde_json::from_str(story.done()).unwrap();
    assert!(!story.stderr.contains(told["key"].as_str().unwrap()));
    assert!(
        story.stderr.contains("the gateway check") || story.stderr.contains("a call"),
        "it logged the calls"
    );
}
