//! The server dies after it has committed a refresh, and before anybody has the answer (F-45).

use std::process::Command;

use serde_json::{Value, json};

use crate::harness::Place;
use crate::server::{Answer, Server, connect, read_answer};

const PASSWORD: &str = "plum anvil forty kestrel";

/// The server dies when it begins to send its first answer.
const DIES_AT_ITS_FIRST_ANSWER: [&str; 9] = [
    "/usr/bin/strace",
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "-e",
    "trace=sendto,sendmsg,writev",
    "-e",
    "inject=sendto,sendmsg,writev:signal=KILL:when=1",
];

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}: {}", answer.status, answer.body))
}

/// Asks for tokens. `None`: the server is gone.
fn tokens(server: &Server, client: &Value, fields: &[(&str, &str)]) -> Option<Answer> {
    use std::io::Write as _;
    let proof = [
        ("client_id", client["client_id"].as_str().unwrap()),
        ("client_secret", client["client_secret"].as_str().unwrap()),
    ];
    let body: Vec<String> = fields
        .iter()
        .chain(&proof)
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
        .collect();
    let body = body.join("&").replace('@', "%40");
    let address = server.place("listen");
    let mut stream = connect(address);
    let length = body.len();
    write!(
        stream,
        "POST /oauth2/token HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut first = [0u8; 1];
    match stream.peek(&mut first) {
        Ok(1) => Some(read_answer(stream)),
        _ => None,
    }
}

fn refresh(server: &Server, client: &Value, token: &str) -> Option<Answer> {
    tokens(server, client, &[("grant_type", "refresh_token"), ("refresh_token", token)])
}

/// What the database says.
fn sql(place: &Place, query: &str) -> String {
    let file = place.path("keywright-data/keywright.db");
    let output = Command::new("sqlite3").arg(file).arg(query).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A client with a refresh token of a developer.
fn client_and_token(server: &Server, admin: &str) -> (Value, String) {
    let done = |method: &str, path: &str, token: &str, body: Value| {
        let answer = server.send(method, path, token, Some(&body));
        assert!(answer.status < 300, "{path}: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap_or(Value::Null)
    };
    let email = "ada@example.com";
    done("POST", "/api/v1/account/register", "", json!({"email": email, "name": "Ada"}));
    let mails = json_of(&server.send("GET", "/api/v1/mails?to=ada@example.com", admin, None));
    let text = mails["items"][0]["text"].as_str().unwrap();
    let (_, link) = text.split_once("token=").unwrap();
    let link = link.split_whitespace().next().unwrap();
    done("POST", "/api/v1/account/verify-email", "", json!({"token": link, "password": PASSWORD}));
    let session = done("POST", "/api/v1/account/sessions", "", json!({"email": email, "password": PASSWORD}));
    let session = session["secret"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned();
    done("POST", "/api/v1/oauth/scopes", admin, json!({"name": "orders", "kind": "plain"}));
    let application = done("POST", "/api/v1/applications", &session, json!({"name": "Shop"}));
    let path = format!("/api/v1/applications/{}/client", application["id"].as_str().unwrap());
    let settings =
        json!({"client_type": "custom", "grant_types": ["password", "refresh_token"], "scopes": ["orders"]});
    let client = done("POST", &path, admin, settings);
    let fields =
        [("grant_type", "password"), ("username", email), ("password", PASSWORD), ("scope", "orders")];
    let answer = tokens(server, &client, &fields).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = json_of(&answer)["refresh_token"].as_str().unwrap().to_owned();
    (client, token)
}

/// A place with a client, whose server died when it had replaced the refresh token and nobody knew.
fn after_the_fall() -> (Place, Value, String) {
    let place = Place::new().variable("KEYWRIGHT_OAUTH_LEGACY_GRANTS", "password");
    let server = Server::start(&place);
    let admin = place.run("token create --name test --json").json()["token"].as_str().unwrap().to_owned();
    let (client, token) = client_and_token(&server, &admin);
    server.stop();
    let dying = Server::start_under(&place, &DIES_AT_ITS_FIRST_ANSWER, "serve");
    assert!(refresh(&dying, &client, &token).is_none(), "it was not killed");
    assert_ne!(dying.end_of_any_kind(), Some(0));
    assert_eq!(
        sql(&place, "SELECT count(*), count(used_at) FROM oauth_refresh_tokens"),
        "2|1",
        "it was committed"
    );
    (place, client, token)
}

#[test]
fn f_45_whoever_lost_the_answer_gets_the_same_chain_again() {
    let (place, client, token) = after_the_fall();
    let server = Server::start(&place);
    let answers: Vec<Value> = (0..2)
        .map(|_| {
            let answer = refresh(&server, &client, &token).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
            json_of(&answer)
        })
        .collect();
    let next = answers[0]["refresh_token"].as_str().unwrap();
    assert_eq!(answers[1]["refresh_token"], next, "one chain");
    assert_eq!(sql(&place, "SELECT count(*) FROM oauth_refresh_tokens WHERE used_at IS NULL"), "1");
    assert_eq!(refresh(&server, &client, next).unwrap().status, 200);
    // From now on the old one is in two hands.
    assert_eq!(refresh(&server, &client, &token).unwrap().status, 400);
    assert_eq!(sql(&place, "SELECT end_reason FROM oauth_grants"), "refresh_reused");
}

#[test]
fn f_45_after_a_minute_the_orphan_dies_with_its_family() {
    let (place, client, token) = after_the_fall();
    // As if a minute had passed, at which the client comes back.
    sql(&place, "UPDATE oauth_refresh_tokens SET used_at = used_at - 61000000 WHERE used_at IS NOT NULL");
    let server = Server::start(&place);
    assert_eq!(refresh(&server, &client, &token).unwrap().status, 400);
    assert_eq!(sql(&place, "SELECT end_reason FROM oauth_grants"), "refresh_reused");
}
