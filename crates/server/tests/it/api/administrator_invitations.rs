//! `/api/v1/administrator-invitations`

use std::time::Duration;

use domain::AdministratorRole;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Desk, at_once, both, id, visitor};

const PATH: &str = "/api/v1/administrator-invitations";
const PASSWORD: &str = "eleven odd kettles hum";
const EVE: &str = "eve@example.com";

async fn invite(desk: &Desk, role: &str) -> (String, String) {
    let made = desk.admin.make(PATH, json!({"email": EVE, "role": role})).await;
    (format!("{PATH}/{}", id(&made)), desk.token_in_last_mail(EVE).await)
}

async fn accept(desk: &Desk, token: &str) -> Result<domain::Administrator, app::Error> {
    desk.app.accept_administrator_invitation(&visitor(), token, PASSWORD).await
}

async fn is_gone(desk: &Desk, token: &str) {
    let refused = accept(desk, token).await.unwrap_err();
    assert!(matches!(refused, app::Error::Gone(_)), "{refused}");
}

both!(
    async fn somebody_is_invited_reminded_and_becomes_an_administrator(desk) {
        let admin = &desk.admin;
        let made = admin.post(PATH, json!({"email": EVE, "role": "auditor"})).await.expect(201);
        let token = desk.token_in_last_mail(EVE).await;
        assert!(token.starts_with("kw_adm_") && !made.text.contains("kw_adm_"));
        let made = made.json();
        assert_eq!((&made["status"], &made["role"], &made["administrator_id"]), (&json!("open"), &json!("auditor"), &Value::Null));
        let path = format!("{PATH}/{}", id(&made));
        assert_eq!(admin.get(&path).await.expect(200).json(), made);
        let (subject, text) = desk.mails(EVE).await.remove(0);
        assert_eq!(subject, "You are invited to run an API desk");
        assert!(text.contains("as an auditor") && text.contains("/administrator-invitation?token="), "{text}");
        admin.post(PATH, json!({"email": "Eve@Example.com", "role": "approver"})).await.problem(409, "already_invited");

        let again = admin.post(&format!("{path}/resend"), json!({})).await.expect(200);
        assert!(!again.text.contains("kw_adm_"));
        let second = desk.token_in_last_mail(EVE).await;
        assert_ne!(token, second);
        let unknown = accept(&desk, &token).await.unwrap_err();
        assert!(matches!(unknown, app::Error::NotFound(_)), "the first link is worth nothing: {unknown}");
        let eve = accept(&desk, &second).await.unwrap();
        assert_eq!((eve.email.as_str(), eve.role), (EVE, AdministratorRole::Auditor));
        is_gone(&desk, &second).await;
        desk.app.sign_in_administrator(&visitor(), EVE, PASSWORD, "test").await.unwrap();
        let over = admin.get(&path).await.expect(200).json();
        assert_eq!((&over["status"], &over["administrator_id"]), (&json!("accepted"), &json!(eve.id.to_string())));
        for act in ["resend", "withdraw"] {
            admin.post(&format!("{path}/{act}"), json!({})).await.problem(409, "state");
        }
        admin.post(PATH, json!({"email": EVE, "role": "auditor"})).await.problem(409, "taken");
        assert_eq!(admin.get(&format!("{PATH}?open=true")).await.expect(200).json()["items"], json!([]));
        assert_eq!(admin.get(PATH).await.expect(200).json()["items"].as_array().unwrap().len(), 1);
        let lines = admin.get("/api/v1/audit?limit=200").await.expect(200).text;
        for action in ["sent", "resent", "accepted"] {
            assert!(lines.contains(&format!("\"administrator_invitation.{action}\"")), "{action}");
        }
        let kept = desk.everything_kept().await;
        assert!(!kept.contains(&token) && !kept.contains(&second));
    }
);

both!(
    async fn a_126_a_link_that_is_over_makes_nobody_an_administrator(desk) {
        let (path, token) = invite(&desk, "administrator").await;
        // Forged, and the secrets of other doors.
        for wrong in [&token[..token.len() - 1], &token.replace("kw_adm_", "kw_inv_"), "kw_adm_", ""] {
            let refused = accept(&desk, wrong).await.unwrap_err();
            assert!(matches!(refused, app::Error::NotFound(_)), "{wrong}: {refused}");
        }
        let before = desk.changes().await;
        let weak = desk.app.accept_administrator_invitation(&visitor(), &token, EVE).await.unwrap_err();
        assert!(matches!(weak, app::Error::Invalid(_)), "{weak}");
        desk.assert_nothing_happened(before).await;
        desk.admin.post(&format!("{path}/withdraw"), json!({})).await.expect(200);
        is_gone(&desk, &token).await;
        // After two days.
        let (path, token) = invite(&desk, "administrator").await;
        desk.clock.advance(Duration::from_secs(48 * 3600));
        is_gone(&desk, &token).await;
        assert_eq!(desk.admin.get(&path).await.expect(200).json()["status"], "expired");
        // Another takes its place, and so does the same one, sent again.
        let (path, _) = invite(&desk, "administrator").await;
        desk.clock.advance(Duration::from_secs(49 * 3600));
        desk.admin.post(&format!("{path}/resend"), json!({})).await.expect(200);
        let token = desk.token_in_last_mail(EVE).await;
        let eve = accept(&desk, &token).await.unwrap();
        assert!(eve.runs_it_all());
    }
);

both!(
    async fn a_126_a_right_that_was_lost_takes_its_invitations_along(desk) {
        let (root, other) = (desk.administrator().await, desk.administrator_as("other", AdministratorRole::Administrator).await);
        other.make(PATH, json!({"email": EVE, "role": "administrator"})).await;
        let token = desk.token_in_last_mail(EVE).await;
        let path = format!("/api/v1/administrators/{}", other.id);
        root.patch(&path, json!({"role": "auditor"})).await.expect(200);
        is_gone(&desk, &token).await;
        root.patch(&path, json!({"role": "administrator"})).await.expect(200);
        root.post(&format!("{path}/disable"), json!({})).await.expect(200);
        is_gone(&desk, &token).await;
        // An address that somebody got by another way in the meantime.
        root.post(&format!("{path}/enable"), json!({})).await.expect(200);
        let body = json!({"email": EVE, "password": "nine tame lemurs waltz", "role": "approver"});
        root.post("/api/v1/administrators", body).await.expect(201);
        is_gone(&desk, &token).await;
        desk.app.sign_in_administrator(&visitor(), EVE, "nine tame lemurs waltz", "t").await.unwrap();
    }
);

both!(
    async fn f_53_of_many_who_accept_at_once_one_is_made(desk) {
        let (_, token) = invite(&desk, "approver").await;
        let answers = at_once(6, |_| {
            let (app, token) = (std::sync::Arc::clone(&desk.app), token.clone());
            async move { app.accept_administrator_invitation(&visitor(), &token, PASSWORD).await.is_ok() }
        })
        .await;
        assert_eq!(answers.iter().filter(|made| **made).count(), 1, "{answers:?}");
        let all = desk.admin.get("/api/v1/administrators").await.expect(200).json();
        assert_eq!(all["items"].as_array().unwrap().len(), 1);
    }
);

both!(
    async fn wrong_input_is_named_and_an_address_gets_few_mails(desk) {
        let before = desk.changes().await;
        for (body, field) in [
            (json!({"email": "nobody", "role": "auditor"}), "email"),
            (json!({"email": EVE, "role": "root"}), "role"),
            (json!({"email": EVE, "role": "provider"}), "gateway_id"),
            (json!({"email": EVE, "role": "auditor", "password": PASSWORD}), "password"),
        ] {
            desk.admin.post(PATH, body).await.names(field);
        }
        let nowhere = json!({"email": "fay@example.com", "role": "provider", "gateway_id": uuid::Uuid::nil()});
        desk.admin.post(PATH, nowhere).await.names("gateway_id");
        desk.assert_nothing_happened(before).await;
        let (path, _) = invite(&desk, "auditor").await;
        let resend = format!("{path}/resend");
        for _ in 0..2 {
            desk.admin.post(&resend, json!({})).await.expect(200);
        }
        let before = desk.changes().await;
        desk.admin.post(&resend, json!({})).await.problem(429, "too_many_attempts");
        desk.assert_nothing_happened(before).await;
        // A repeated request invites once.
        let body = json!({"email": "gus@example.com", "role": "auditor"});
        let key = [("idempotency-key", "one")];
        let first = desk.admin.send(Method::POST, PATH, &key, Some(&body)).await.expect(201).json();
        let second = desk.admin.send(Method::POST, PATH, &key, Some(&body)).await.expect(201).json();
        assert_eq!(first["id"], second["id"]);
        assert_eq!(desk.mails("gus@example.com").await.len(), 1);
    }
);

both!(
    async fn a_163_only_administrators_invite_administrators(desk) {
        let (path, _) = invite(&desk, "auditor").await;
        let gateway = desk.admin.make("/api/v1/gateways", json!({"name": "X"})).await;
        let provider = AdministratorRole::Provider { gateway_id: id(&gateway).parse().unwrap() };
        let looks = desk.administrator_as("looks", AdministratorRole::Auditor).await;
        let users = [
            desk.developer("alice").await,
            desk.administrator_as("decides", AdministratorRole::Approver).await,
            looks.clone(),
            desk.administrator_as("gateway", provider).await,
            desk.token(&["administrators:read"]).await,
            // It could invite somebody who may do more than itself.
            desk.token(&["administrators:write"]).await,
        ];
        let mut requests = vec![
            (Method::POST, PATH.to_owned(), json!({"email": "fay@example.com", "role": "administrator"})),
            (Method::POST, format!("{path}/resend"), json!({})),
        ];
        let before = desk.changes().await;
        for user in &users {
            user.is_refused(&requests, 403, "forbidden").await;
        }
        requests.push((Method::POST, format!("{path}/withdraw"), json!({})));
        for user in &users[..5] {
            user.is_refused(&requests, 403, "forbidden").await;
        }
        let reading = [(Method::GET, PATH.to_owned(), Value::Null), (Method::GET, path.clone(), Value::Null)];
        for user in &users[..2] {
            user.is_refused(&reading, 403, "forbidden").await;
        }
        desk.anonymous().is_refused(&requests, 401, "unauthenticated").await;
        desk.anonymous().is_refused(&reading, 401, "unauthenticated").await;
        desk.assert_nothing_happened(before).await;
        looks.get(&path).await.expect(200);
        desk.admin.get(&format!("{PATH}/{}", uuid::Uuid::nil())).await.problem(404, "not_found");
        // Nor who has not signed in lately.
        let root = desk.administrator().await;
        desk.clock.advance(Duration::from_secs(601));
        let again = (Method::POST, format!("{path}/resend"), json!({}));
        root.is_refused(&[again], 403, "reauth_required").await;
    }
);
