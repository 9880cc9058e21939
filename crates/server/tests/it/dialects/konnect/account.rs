//! `/api/v2/developer`.

use std::time::Duration;

use app::Settings;
use reqwest::Method;
use serde_json::json;

use super::{Client, cookies, password};
use crate::support::{Desk, Engine, both};

both!(
    async fn somebody_registers_signs_in_and_out(desk) {
        let mut ada = Client::nobody(&desk);
        ada.email = "ada@example.com".to_owned();
        ada.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        // What is not known here is let pass: this body is open.
        let body = json!({"email": ada.email, "full_name": "Ada Lovelace", "captcha": "x"});
        ada.post("/api/v2/developer", body).await.empty(201);
        let (subject, text) = desk.mails(&ada.email).await.remove(0);
        assert_eq!(subject, "Please confirm your email address");
        assert!(text.contains("/verify-email?token="), "{text}");
        ada.choose_password(&desk, &password("ada")).await;

        let answer = ada.sign_in(&password("ada")).await;
        let lines: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect();
        assert_eq!(lines.len(), 2);
        for (line, name, path) in
            [(lines[0], "portalaccesstoken=", "/api/v2"), (lines[1], "portalrefreshtoken=", "/api/v2/developer")]
        {
            assert!(line.starts_with(name), "{line}");
            assert!(line.contains(&format!("; Path={path};")) && line.contains("; Expires="), "{line}");
            assert!(line.ends_with("; HttpOnly; Secure; SameSite=Lax"), "{line}");
        }
        let me = ada.get("/api/v2/developer/me").await.is(200, "developer");
        assert_eq!((&me["email"], &me["full_name"]), (&json!("ada@example.com"), &json!("Ada Lovelace")));

        let answer = ada.send(Method::POST, "/api/v2/developer/logout", None).await.empty(204);
        assert_eq!(cookies(&answer), "portalaccesstoken=; portalrefreshtoken=");
        ada.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        ada.send(Method::POST, "/api/v2/developer/refresh", None).await.refused(401, "Unauthorized");
        // Whoever is signed out already signs out all the same.
        Client::nobody(&desk).send(Method::POST, "/api/v2/developer/logout", None).await.empty(204);
    }
);

both!(
    async fn a_session_is_renewed_by_its_second_cookie(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let before = ada.clone();
        desk.clock.advance(Duration::from_secs(31 * 60));
        ada.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        // Housekeeping leaves a session alone that can still be renewed.
        desk.app.sweep().await.unwrap();
        // As axios sends a POST without a body.
        let form = "application/x-www-form-urlencoded";
        let refresh = ada.request(Method::POST, "/api/v2/developer/refresh").header("content-type", form).body("");
        let answer = crate::support::Answer::of(refresh).await.empty(204);
        let ada = Client { cookie: cookies(&answer), ..ada };
        ada.get("/api/v2/developer/me").await.is(200, "developer");
        before.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        before.send(Method::POST, "/api/v2/developer/refresh", None).await.refused(401, "Unauthorized");
        ada.get("/api/v2/developer/me").await.is(200, "developer");

        // Fourteen days unused, or thirty days after the sign-in, it is over.
        desk.clock.advance(Duration::from_secs(14 * 24 * 3_600));
        ada.send(Method::POST, "/api/v2/developer/refresh", None).await.refused(401, "Unauthorized");
        desk.app.sweep().await.unwrap();

        let mut ada = ada;
        ada.sign_in(&password("ada")).await;
        for day in 0..30 {
            let answer = ada.send(Method::POST, "/api/v2/developer/refresh", None).await;
            assert_eq!(answer.status, 204, "day {day}");
            ada.cookie = cookies(&answer);
            desk.clock.advance(Duration::from_secs(24 * 3_600));
        }
        ada.send(Method::POST, "/api/v2/developer/refresh", None).await.refused(401, "Unauthorized");
    }
);

/// What a program with a real cookie jar is answered, over plain HTTP.
async fn with_a_jar(plain_http_cookies: bool) -> serde_json::Value {
    let konnect = keywright_server::KonnectOptions { typed_credentials: false, plain_http_cookies };
    let options =
        keywright_server::Options { konnect, stranger_requests_per_minute: 1_000, ..Default::default() };
    let desk = Desk::start_with(Engine::Sqlite, Settings::default(), options).await;
    // A jar goes by the clock of the machine.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let behind =
        now.as_secs() - u64::try_from(desk.clock.now().unix_seconds()).unwrap_or(u64::MAX).min(now.as_secs());
    desk.clock.advance(Duration::from_secs(behind));
    let ada = Client::developer(&desk, "ada").await;
    let run = move || {
        let script =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dialects/konnect/jar.py");
        let mut python = std::process::Command::new(testkit::python::interpreter());
        python.arg(script).args([&desk.url, &ada.email, &password("ada")]).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The trap of the path: a jar sends the second cookie to where sessions are renewed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_cookie_jar_renews_a_session_over_plain_http_where_that_is_switched_on() {
    let told = with_a_jar(true).await;
    assert_eq!(told, json!({"said": [204, 200, 200, 401, 204, 200, 204, 401], "left": []}));
    // As installed, cookies are for https, and a jar keeps to that.
    let told = with_a_jar(false).await;
    assert_eq!(told["said"], json!([204, 401, 401, 401, 401, 401, 204, 401]));
}

both!(
    async fn a_new_password_ends_sessions_and_their_renewal(desk) {
        let mut ada = Client::developer(&desk, "ada").await;
        let nobody = Client::nobody(&desk);
        for email in ["ada@example.com", "nobody@example.com"] {
            nobody.post("/api/v2/developer/forgot-password", json!({"email": email})).await.empty(200);
        }
        let token = desk.token_in_last_mail(&ada.email).await;
        let reset = |token: &str, password: &str| json!({"token": token, "password": password});
        let path = "/api/v2/developer/reset-password";
        let wrong = nobody.post(path, reset(&token, "short")).await.wrong(&["body password min_length"]);
        assert_eq!(wrong["invalid_parameters"][0]["minimum"], 15);
        nobody.post(path, reset(&token, "aaaaaaaaaaaaaaaaaaaaaaa")).await.wrong(&["body password invalid"]);
        let unknown = "00000000-0000-4000-8000-000000000000";
        nobody.post(path, reset(unknown, "orange boats sail quietly")).await.refused(404, "Not Found");
        nobody.post(path, reset(&token.to_uppercase(), "orange boats sail quietly")).await.empty(204);
        nobody.post(path, reset(&token, "orange boats sail quietly")).await.refused(410, "Gone");
        ada.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        ada.send(Method::POST, "/api/v2/developer/refresh", None).await.refused(401, "Unauthorized");
        ada.sign_in("orange boats sail quietly").await;

        nobody.post("/api/v2/developer/forgot-password", json!({"email": ada.email})).await.empty(200);
        let token = desk.token_in_last_mail(&ada.email).await;
        desk.clock.advance(Duration::from_secs(31 * 60));
        nobody.post(path, reset(&token, "purple boats sail quietly")).await.refused(410, "Gone");
        let verify = "/api/v2/developer/verify-email";
        nobody.post(verify, json!({"token": unknown})).await.refused(404, "Not Found");
        nobody.post(verify, json!({"token": "x"})).await.wrong(&["body token is_uuid"]);
    }
);

both!(
    async fn who_is_wrong_or_waits_is_told_so(desk, Settings { approve_developers: false, ..Settings::default() }) {
        let mut ada = Client::nobody(&desk);
        ada.email = "ada@example.com".to_owned();
        ada.post("/api/v2/developer", json!({"email": ada.email, "full_name": "Ada"})).await.empty(201);
        ada.choose_password(&desk, &password("ada")).await;
        let path = "/api/v2/developer/authenticate";
        let login = |password: &str| json!({"username": "ada@example.com", "password": password});
        let waits = ada.post(path, login(&password("ada"))).await.refused(401, "Approval Required");
        assert_eq!(waits["detail"], "Your account is pending approval for access.");
        let wrong = ada.post(path, login("wrong")).await.refused(401, "Invalid Credentials");
        assert_eq!(wrong["detail"], "You have entered an invalid email or password.");
        let other = json!({"username": "nobody@example.com", "password": "wrong"});
        ada.post(path, other).await.refused(401, "Invalid Credentials");
        ada.post(path, json!({"username": "x", "password": "y"})).await.wrong(&["body username invalid"]);

        let developer = desk.admin.get("/api/v1/developers?state=pending").await.expect(200).json();
        let place = format!("/api/v1/developers/{}", crate::support::id(&developer["items"][0]));
        desk.admin.send(Method::POST, &format!("{place}/approve"), &[("if-match", "*")], None).await.expect(200);
        ada.sign_in(&password("ada")).await;
        desk.admin.send(Method::POST, &format!("{place}/revoke"), &[("if-match", "*")], None).await.expect(200);
        ada.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        ada.send(Method::POST, "/api/v2/developer/refresh", None).await.refused(401, "Unauthorized");
        ada.post(path, login(&password("ada"))).await.refused(401, "Invalid Credentials");
    }
);

both!(
    async fn wrong_bodies_are_told_field_by_field(desk) {
        let nobody = Client::nobody(&desk);
        let before = desk.changes().await;
        let post = async |path: &str, body| nobody.post(&format!("/api/v2/developer{path}"), body).await;
        post("", json!({})).await.wrong(&["body email required", "body full_name required"]);
        post("", json!({"email": 5, "full_name": ""})).await.wrong(&["body email is_string", "body full_name min_length"]);
        post("", json!({"email": "x", "full_name": "X"})).await.wrong(&["body email invalid"]);
        let long = json!({"email": "a@example.com", "full_name": "x".repeat(257)});
        let wrong = post("", long).await.wrong(&["body full_name max_length"]);
        assert_eq!(wrong["invalid_parameters"][0]["maximum"], 256);
        post("", json!([])).await.wrong(&["body body is_object"]);
        let extra = json!({"username": "a@example.com", "password": "x", "remember": true});
        post("/authenticate", extra).await.wrong(&["body remember unknown_property"]);
        post("/forgot-password", json!({})).await.wrong(&["body email required"]);
        post("/verify-email", json!({"token": null})).await.wrong(&["body token is_uuid"]);
        let text = nobody.request(Method::POST, "/api/v2/developer").header("content-type", "application/json").body("{");
        crate::support::Answer::of(text).await.wrong(&["body body invalid"]);
        nobody.get("/api/v2/developer/authenticate/sso?returnTo=x").await.wrong(&["query returnTo invalid"]);
        desk.assert_nothing_happened(before).await;
        // A mail's token is not good for the cookie, nor is an administrators' token.
        let tool = desk.admin.bearer.clone().unwrap();
        let tool = Client { cookie: format!("portalaccesstoken={tool}"), ..nobody.clone() };
        tool.get("/api/v2/developer/me").await.refused(401, "Unauthorized");
        tool.send(Method::POST, "/api/v2/developer/logout", None).await.empty(204);
        desk.admin.get("/api/v1/partners").await.expect(200);
    }
);

both!(
    async fn nobody_registers_where_it_is_switched_off(desk, Settings { sign_up: false, ..Settings::default() }) {
        let body = json!({"email": "ada@example.com", "full_name": "Ada"});
        Client::nobody(&desk).post("/api/v2/developer", body).await.wrong(&["body email invalid"]);
        assert!(desk.mails("ada@example.com").await.is_empty());
    }
);
