//! `/api/v1/invitations`, and those of partners and applications

use reqwest::Method;
use serde_json::json;

use crate::support::{Desk, User, both, id, ids};

const PATH: &str = "/api/v1/invitations";

/// A partner whose owner is Alice.
async fn partner(desk: &Desk) -> (User, String) {
    let alice = desk.developer("alice").await;
    let partner = id(&desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await).to_owned();
    let member = format!("/api/v1/partners/{partner}/members/{}", alice.id);
    desk.admin.put(&member, json!({"role": "OWNER"})).await.expect(200);
    (alice, format!("/api/v1/partners/{partner}"))
}

both!(
    async fn somebody_is_invited_to_a_partner_and_accepts(desk) {
        let (alice, partner) = partner(&desk).await;
        let all = format!("{partner}/invitations");
        let made = alice.post(&all, json!({"email": "Bob@example.com", "role": "READ_ONLY"})).await.expect(201);
        let invitation = made.json();
        let path = format!("{PATH}/{}", id(&invitation));
        assert_eq!((made.header("location"), made.header("etag")), (path.as_str(), "\"v1\""));
        let expected = json!({
            "id": id(&invitation), "email": "Bob@example.com", "partner_id": partner.rsplit('/').next().unwrap(),
            "application_id": null, "role": "READ_ONLY", "status": "open", "accepted_by": null,
            "expires_at": "2026-11-30T04:00:00Z",
            "created_at": "2026-11-23T04:00:00Z", "updated_at": "2026-11-23T04:00:00Z",
        });
        assert_eq!(invitation, expected);
        assert_eq!(alice.get(&path).await.expect(200).json(), expected);
        assert_eq!(ids(&desk.admin.get(&all).await.expect(200)), [id(&invitation)]);

        // The secret is in the mail alone: neither who invites sees it, nor the log.
        let token = desk.token_in_last_mail("bob@example.com").await;
        assert!(token.starts_with("kw_inv_") && !made.text.contains("kw_inv_"));
        let bob = desk.developer("bob").await;
        let accept = json!({"token": token});
        let accepted = bob.post(&format!("{PATH}/accept"), accept.clone()).await.expect(200).json();
        assert_eq!((&accepted["status"], accepted["accepted_by"].as_str()), (&json!("accepted"), Some(&*bob.id)));
        assert_eq!(bob.get(&partner).await.expect(200).json()["members"][&bob.id], "READ_ONLY");
        bob.post(&format!("{PATH}/accept"), accept).await.problem(410, "gone");
        alice.post(&format!("{path}/withdraw"), json!({})).await.problem(409, "state");
        assert!(!desk.everything_kept().await.contains(&token));
    }
);

both!(
    async fn to_an_application_and_taken_back(desk) {
        let alice = desk.developer("alice").await;
        let application = format!("/api/v1/applications/{}", alice.application().await);
        let all = format!("{application}/invitations");
        let invitation = alice.make(&all, json!({"email": "bob@example.com", "role": "DEVELOPER"})).await;
        assert_eq!((&invitation["role"], &invitation["partner_id"]), (&json!("DEVELOPER"), &json!(null)));
        alice.post(&all, json!({"email": "bob@example.com", "role": "OWNER"})).await.problem(409, "already_invited");
        let token = desk.token_in_last_mail("bob@example.com").await;
        let path = format!("{PATH}/{}", id(&invitation));
        let withdrawn = alice.send(Method::POST, &format!("{path}/withdraw"), &[], None).await.expect(200).json();
        assert_eq!(withdrawn["status"], "withdrawn");
        let bob = desk.developer("bob").await;
        bob.post(&format!("{PATH}/accept"), json!({"token": token})).await.problem(410, "gone");
        bob.get(&application).await.problem(404, "not_found");

        let key = [("idempotency-key", "k1")];
        let body = json!({"email": "carol@example.com", "role": "OWNER"});
        let first = alice.send(Method::POST, &all, &key, Some(&body)).await.expect(201);
        let again = alice.send(Method::POST, &all, &key, Some(&body)).await.expect(201);
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
        // A key for each request is no way around the pace.
        let third = alice.send(Method::POST, &all, &[("idempotency-key", "k2")], Some(&body)).await;
        third.problem(409, "already_invited");
        let fourth = alice.send(Method::POST, &all, &[("idempotency-key", "k3")], Some(&body)).await;
        assert!(!fourth.header("retry-after").is_empty());
        fourth.problem(429, "too_many_attempts");
        let page = alice.get(&format!("{all}?limit=1")).await.expect(200).json();
        let next = format!("{all}?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
        assert_eq!(ids(&alice.get(&next).await.expect(200)), [id(&invitation)]);
        assert_eq!(desk.mails("carol@example.com").await.len(), 1);
        desk.clock.advance(std::time::Duration::from_secs(7 * 24 * 3_600));
        assert_eq!(desk.admin.get(&all).await.json()["items"][0]["status"], "expired");
    }
);

both!(
    async fn wrong_input_is_named_and_nothing_happens(desk) {
        let (alice, partner) = partner(&desk).await;
        let all = format!("{partner}/invitations");
        let before = desk.changes().await;
        alice.post(&all, json!({"email": "nobody", "role": "OWNER"})).await.names("email");
        alice.post(&all, json!({"email": ["a@b.test"], "role": "OWNER"})).await.names("email");
        alice.post(&all, json!({"email": "a@b.test, c@d.test", "role": "OWNER"})).await.names("email");
        alice.post(&all, json!({"email": "a@b.test\r\nBcc: c@d.test", "role": "OWNER"})).await.names("email");
        alice.post(&all, json!({"email": "a@b.test"})).await.names("role");
        alice.post(&all, json!({"email": "a@b.test", "role": "DEVELOPER"})).await.names("role");
        alice.post(&all, json!({"email": "a@b.test", "role": "OWNER", "token": "x"})).await.names("token");
        alice.post(&format!("{PATH}/accept"), json!({"token": "x", "role": "OWNER"})).await.names("role");
        alice.post(&format!("{PATH}/accept"), json!({})).await.names("token");
        alice.post(&format!("{PATH}/accept"), json!({"token": "kw_inv_x"})).await.problem(404, "not_found");
        alice.get(&format!("{all}?limit=0")).await.names("limit");
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_126_strangers_and_those_who_may_only_look_do_not_invite(desk) {
        let (alice, partner) = partner(&desk).await;
        let all = format!("{partner}/invitations");
        let (bob, carol) = (desk.developer("bob").await, desk.developer("carol").await);
        let member = format!("{partner}/members/{}", carol.id);
        alice.put(&member, json!({"role": "READ_ONLY"})).await.expect(200);
        let invitation = alice.make(&all, json!({"email": "erin@example.com", "role": "OWNER"})).await;
        let path = format!("{PATH}/{}", id(&invitation));
        let new = json!({"email": "eve@example.com", "role": "OWNER"});
        let reads = [(Method::GET, all.clone(), json!(null)), (Method::GET, path.clone(), json!(null))];
        let writes = [
            (Method::POST, all.clone(), new.clone()),
            (Method::POST, format!("{path}/withdraw"), json!(null)),
        ];
        let (reader, other) = (desk.token(&["partners:read"]).await, desk.token(&["plans:write"]).await);
        let before = desk.changes().await;
        for requests in [&reads, &writes] {
            desk.anonymous().is_refused(requests, 401, "unauthenticated").await;
            bob.is_refused(requests, 404, "not_found").await;
            carol.is_refused(requests, 403, "forbidden").await;
            other.is_refused(requests, 403, "forbidden").await;
        }
        reader.is_refused(&writes, 403, "forbidden").await;
        let accept = [(Method::POST, format!("{PATH}/accept"), json!({"token": "kw_inv_x"}))];
        desk.anonymous().is_refused(&accept, 401, "unauthenticated").await;
        desk.admin.is_refused(&accept, 403, "forbidden").await;
        desk.assert_nothing_happened(before).await;
        assert!(desk.mails("eve@example.com").await.is_empty());
        reader.get(&all).await.expect(200);
        reader.get(&path).await.expect(200);
        // A member reaches more than the partner itself: so must a token that makes one.
        desk.token(&["partners:write"]).await.post(&all, new.clone()).await.problem(403, "forbidden");
        let scopes = ["partners:write", "credentials:write", "clients:write", "subscriptions:write"];
        let writer = desk.token(&scopes).await;
        writer.make(&all, new).await;
    }
);
