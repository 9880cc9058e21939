//! `/api/v1/account`

mod passwords;
mod registration;
mod sessions;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Desk, User, both, id};

const PATH: &str = "/api/v1/account";
const REGISTER: &str = "/api/v1/account/register";
const VERIFY: &str = "/api/v1/account/verify-email";
const FORGOT: &str = "/api/v1/account/forgot-password";
const RESET: &str = "/api/v1/account/reset-password";
const SESSIONS: &str = "/api/v1/account/sessions";
const PASSWORD: &str = "/api/v1/account/password";

/// What `Desk::developer` gives its people.
fn password_of(name: &str) -> String {
    format!("{name} likes violet umbrellas")
}

async fn sign_in(desk: &Desk, email: &str, password: &str) -> Answer {
    desk.anonymous().post(SESSIONS, json!({"email": email, "password": password})).await
}

/// Asks for the mail, and takes the secret out of it.
async fn reset_token(desk: &Desk, email: &str) -> String {
    desk.anonymous().post(FORGOT, json!({"email": email})).await.expect(202);
    desk.token_in_last_mail(email).await
}

/// An answer without what differs each time.
fn essence(answer: Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.json();
    if let Some(id) = body.get_mut("request_id") {
        *id = Value::Null;
    }
    let changing = ["date", "x-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !changing.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status.as_u16(), headers.collect(), body)
}

both!(
    async fn somebody_registers_signs_in_and_leaves_again(desk) {
        let stranger = desk.anonymous();
        stranger.post(REGISTER, json!({"email": "Ada@Example.com", "name": " Ada "})).await.expect(202);
        let token = desk.token_in_last_mail("ada@example.com").await;
        let proven = stranger.post(VERIFY, json!({"token": token})).await.expect(200).json();
        assert_eq!((&proven["developer"]["email"], &proven["developer"]["name"]), (&json!("Ada@example.com"), &json!("Ada")));
        assert_eq!(proven["developer"]["state"], "approved");
        assert_eq!(proven["developer"]["verified_at"], "2026-11-23T04:00:00Z");

        let new = json!({"token": proven["password_token"], "password": "seven wet otters juggle"});
        stranger.post(RESET, new).await.expect(204);
        let answer = sign_in(&desk, "ada@example.com", "seven wet otters juggle").await.expect(201);
        let signed_in = answer.json();
        assert_eq!(signed_in["session"]["role"], "developer");
        assert_eq!(signed_in["session"]["address"], "127.0.0.1");
        let ada = desk.session(signed_in["secret"].as_str().unwrap());

        let account = ada.get(PATH).await.expect(200);
        assert_eq!(account.json(), proven["developer"]);
        let change = json!({"name": "Ada King"});
        ada.send(Method::PATCH, PATH, &[], Some(&change)).await.problem(428, "precondition_required");
        ada.send(Method::PATCH, PATH, &[("if-match", "\"v1\"")], Some(&change)).await.problem(412, "stale");
        let tag = account.header("etag").to_owned();
        let changed = ada.send(Method::PATCH, PATH, &[("if-match", &tag)], Some(&change)).await.expect(200);
        assert_eq!(changed.json()["name"], "Ada King");
        assert_eq!(ada.patch(PATH, json!({})).await.expect(200).json()["name"], "Ada King");

        ada.delete(PATH).await.expect(204);
        ada.get(PATH).await.problem(401, "unauthenticated");
        desk.admin.get(&format!("/api/v1/developers/{}", id(&account.json()))).await.problem(404, "not_found");
        sign_in(&desk, "ada@example.com", "seven wet otters juggle").await.problem(401, "unauthenticated");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let alice = desk.developer("alice").await;
        let stranger = desk.anonymous();
        let before = desk.changes().await;
        stranger.post(REGISTER, json!({})).await.names("email");
        stranger.post(REGISTER, json!({"email": "bob@example.com"})).await.names("name");
        stranger.post(REGISTER, json!({"email": "bob@example.com", "name": "  "})).await.names("name");
        stranger.post(REGISTER, json!({"email": "bob", "name": "Bob"})).await.names("email");
        stranger.post(REGISTER, json!({"email": "bob@example.com", "name": "Bob", "state": "approved"})).await.names("state");
        stranger.post(VERIFY, json!({})).await.names("token");
        stranger.post(FORGOT, json!({"email": "nobody"})).await.names("email");
        stranger.post(RESET, json!({"token": "x"})).await.names("password");
        stranger.post(SESSIONS, json!({"email": "alice@example.com"})).await.names("password");
        stranger.post(SESSIONS, json!({"email": "a@b.test", "password": "x", "role": "owner"})).await.names("role");
        alice.patch(PATH, json!({"name": ""})).await.names("name");
        alice.patch(PATH, json!({"name": null})).await.names("name");
        alice.patch(PATH, json!({"email": "other@example.com"})).await.names("email");
        alice.post(PASSWORD, json!({"new_password": "x"})).await.names("current_password");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn strangers_and_tools_have_no_account(desk) {
        let alice = desk.developer("alice").await;
        let bob = desk.developer("bob").await;
        let session = |user: &User| {
            let user = user.clone();
            async move { id(&user.get(SESSIONS).await.expect(200).json()["items"][0]).to_owned() }
        };
        let (hers, his) = (session(&alice).await, session(&bob).await);
        let before = desk.changes().await;
        let own = format!("{SESSIONS}/{hers}");
        let change = json!({"current_password": "x", "new_password": "y"});
        for (who, status, code) in [(desk.anonymous(), 401, "unauthenticated"), (desk.admin.clone(), 403, "forbidden")] {
            who.get(PATH).await.problem(status, code);
            who.patch(PATH, json!({"name": "x"})).await.problem(status, code);
            who.delete(PATH).await.problem(status, code);
            who.get(SESSIONS).await.problem(status, code);
            who.delete(&own).await.problem(status, code);
            who.delete(&format!("{SESSIONS}/current")).await.problem(status, code);
            who.post(PASSWORD, change.clone()).await.problem(status, code);
        }
        alice.delete(&format!("{SESSIONS}/{his}")).await.problem(404, "not_found");
        alice.delete(&format!("{SESSIONS}/no-id")).await.problem(404, "not_found");
        desk.assert_nothing_happened(before).await;
        bob.get(PATH).await.expect(200);
    }
);
