//! The commands that administrators use beside a server.

use serde_json::{Value, json};

use crate::harness::Place;

const PASSWORD: &str = "seven lamps over a river";

#[test]
fn migrate_says_whether_there_was_anything_to_do() {
    let database = testkit::postgres::database();
    for place in [Place::new(), Place::new().variable("KEYWRIGHT_DATABASE_URL", &database)] {
        assert_eq!(place.run("migrate --json").json()["changed"], true);
        assert_eq!(place.run("migrate --json").json()["changed"], false);
        assert!(place.run("migrate").answer().ends_with(" was up to date already\n"));
        assert!(!place.path("keywright-data/master.key").exists(), "it needs no key");
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_told_without_its_password() {
    let port = testkit::process::free_port();
    let url = format!("postgres://kw:s3cret@127.0.0.1:{port}/kw");
    let place = Place::new().variable("KEYWRIGHT_DATABASE_URL", &url);
    for command in ["migrate", "token list", "migrate --json"] {
        let ran = place.run(command);
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
        let told = format!("cannot open the database postgres://kw:***@127.0.0.1:{port}/kw: ");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
        assert!(ran.stderr.contains("keywright doctor") && !ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
}

#[test]
fn an_administrator_is_made_with_a_password_from_standard_input() {
    let place = Place::new();
    let create = "admin create --email ada@example.com --password-stdin";
    let made = place.run_with_input(&format!("{create} --json"), &format!("{PASSWORD}\n")).json();
    assert_eq!((&made["email"], &made["role"]), (&json!("ada@example.com"), &json!("administrator")));
    let eve = "admin create --email eve@example.com --role auditor --password-stdin";
    assert!(place.run_with_input(eve, PASSWORD).answer().contains("eve@example.com is an auditor now"));
    for wrong in ["--role root", "--role provider", "--gateway 0198c5e2-7d1a-7bcd-8f00-1234567890ab"] {
        let ran = place.run_with_input(
            &format!("admin create --email f@example.com {wrong} --password-stdin"),
            PASSWORD,
        );
        assert_eq!(ran.status, 2, "{wrong}: {}", ran.stderr);
    }
    let again = place.run_with_input(&format!("{create} --json"), PASSWORD);
    assert_eq!((again.status, again.json_error()["code"].as_str()), (1, Some("taken")));
    for (email, password) in [("ada@example.com", "short"), ("nobody", PASSWORD), ("b@example.com", "")] {
        let ran = place.run_with_input(&format!("admin create --email {email} --password-stdin"), password);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(password.is_empty() || !ran.stderr.contains(password), "{}", ran.stderr);
    }
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let place = Place::new();
    // Nothing is made where somebody only looks, perhaps in the wrong folder.
    let nothing = place.run("token list");
    assert_eq!(nothing.status, 1, "{}", nothing.stdout);
    assert!(nothing.stderr.contains("there is no database here") && nothing.stderr.contains("--data-dir"));
    place.run("migrate").answer();
    assert_eq!(place.run("token list --json").json(), json!({ "tokens": [] }));
    assert!(place.run("token list").answer().starts_with("There are no tokens yet."));
    let made = place.run("token create --name ci --json");
    assert!(made.answer().starts_with(r#"{"token":"kw_pat_"#), "a script can cut it out: {}", made.stdout);
    let mut made = made.json();
    assert_eq!(made["scopes"], json!(["*:write"]));
    let token = made.as_object_mut().unwrap().remove("token").unwrap();
    assert_eq!(place.run("token list --json").json()["tokens"], json!([made]));
    let text = place.run("token create --name two --scope partners:read --expires-in 12h");
    let shown = text.answer().lines().next().unwrap();
    assert!(shown.starts_with("kw_pat_") && token != shown, "{}", text.stdout);
    assert!(text.stdout.contains("\n  scopes  partners:read\n  ends    expires "), "{}", text.stdout);

    let revoke = format!("token revoke {}", made["id"].as_str().unwrap());
    assert!(place.run(&revoke).answer().ends_with(" is revoked\n"));
    assert_eq!(place.run(&format!("{revoke} --json")).json_error()["code"], "revoked");
    assert!(place.run("token list").answer().contains("  revoked 20"));
}

#[test]
fn what_is_asked_wrongly_is_told_and_ends_with_status_2() {
    let place = Place::new();
    for (command, told) in [
        ("token create --name x --scope nonsense", "scopes[0] must be RESOURCE:read"),
        ("token create --name=", "name "),
        ("token revoke 12", "id must be a UUID"),
    ] {
        let ran = place.run(command);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{command}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error: {told}")), "{}", ran.stderr);
    }
    let unknown = place.run("token revoke 01939c2f-3f2a-7c61-9d0e-5b1f6f1d2a77 --json");
    assert_eq!((unknown.status, unknown.json_error()["code"].as_str()), (1, Some("not_found")));
}

#[test]
fn a_279_no_secret_is_logged() {
    let place = Place::new();
    let made = place.run("token create --name ci --json -vv");
    let token = serde_json::from_str::<Value>(made.done()).unwrap()["token"].as_str().unwrap().to_owned();
    assert!(!made.stderr.contains(&token));
    let admin = "admin create --email ada@example.com --password-stdin -vv";
    let made = place.run_with_input(admin, PASSWORD);
    assert!(!made.done().contains(PASSWORD) && !made.stderr.contains(PASSWORD));
    let key = std::fs::read_to_string(place.path("keywright-data/master.key")).unwrap();
    assert!(!made.stderr.contains(key.trim()));
}

#[test]
fn routes_and_openapi_are_printed_without_a_database() {
    let place = Place::new();
    let routes = place.run("routes --json").json();
    let routes = routes["routes"].as_array().unwrap();
    for (listener, method, path) in [
        ("public", "POST", "/api/v1/partners"),
        ("public", "GET", "/readyz"),
        ("gateway", "GET", "/readyz"),
        ("gateway", "ANY", "/gateway/forward-auth"),
    ] {
        let is_it = |route: &&Value| route["listener"] == listener && route["method"] == method;
        assert!(routes.iter().filter(is_it).any(|route| route["path"] == path), "{listener} {method} {path}");
    }
    assert!(place.run("routes").answer().contains("/api/v1/partners"));
    let document = place.run("openapi").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    assert_eq!(place.run("openapi --json").json(), document);
    assert!(!place.path("keywright-data").exists());
}
