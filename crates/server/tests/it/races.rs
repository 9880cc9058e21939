//! The same thing, many times at once.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, at_once, both, id};

/// How often each status came.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    answers.iter().fold(BTreeMap::new(), |mut counts, answer| {
        *counts.entry(answer.status.as_u16()).or_default() += 1;
        counts
    })
}

both!(
    async fn f_51_equal_creates_with_one_idempotency_key_make_one(desk) {
        let alice = desk.developer("alice").await;
        let application = alice.make("/api/v1/applications", json!({"name": "Shop"})).await;
        let credentials = format!("/api/v1/applications/{}/credentials", id(&application));
        let creates = [
            (&desk.admin, "/api/v1/partners".to_owned(), json!({"name": "Acme"})),
            (&alice, "/api/v1/applications".to_owned(), json!({"name": "Second"})),
            (&alice, credentials, json!({"name": "key"})),
            (&desk.admin, "/api/v1/tokens".to_owned(), json!({"name": "Tool", "scopes": ["*:read"]})),
        ];
        for (user, path, body) in creates {
            let before = desk.changes().await;
            let answers = at_once(32, |_| {
                let (user, path, body) = (user.clone(), path.clone(), body.clone());
                async move { user.send(Method::POST, &path, &[("idempotency-key", "one")], Some(&body)).await }
            })
            .await;
            assert_eq!(statuses(&answers), BTreeMap::from([(201, 32)]), "{path}");
            let first = answers[0].json();
            assert!(answers.iter().all(|answer| answer.json() == first), "{path}: each answer shows the same, the secret too");
            let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
            assert_eq!(replayed, 31, "{path}");
            assert_eq!(desk.changes().await, before + 1, "{path}: one effect");
        }
    }
);

both!(
    async fn f_51_two_bodies_with_one_idempotency_key_make_one_of_the_two(desk) {
        let before = desk.changes().await;
        let answers = at_once(32, |n| {
            let admin = desk.admin.clone();
            let body = json!({"name": if n % 2 == 0 { "Even" } else { "Odd" }});
            async move { admin.send(Method::POST, "/api/v1/partners", &[("idempotency-key", "one")], Some(&body)).await }
        })
        .await;
        assert_eq!(statuses(&answers), BTreeMap::from([(201, 16), (422, 16)]));
        assert_eq!(desk.changes().await, before + 1);
        let partners = desk.admin.get("/api/v1/partners").await.expect(200).json();
        assert_eq!(partners["items"].as_array().unwrap().len(), 1);
        for answer in answers.into_iter().filter(|answer| answer.status == 422) {
            answer.problem(422, "idempotency_mismatch");
        }
    }
);

both!(
    async fn f_52_of_many_changes_to_one_version_one_is_made(desk) {
        let alice = desk.developer("alice").await;
        let partner = desk.admin.make("/api/v1/partners", json!({"name": "Acme"})).await;
        let application = alice.make("/api/v1/applications", json!({"name": "Shop"})).await;
        let credentials = format!("/api/v1/applications/{}/credentials", id(&application));
        let credential = alice.make(&credentials, json!({"name": "key"})).await;
        let things = [
            (&desk.admin, format!("/api/v1/partners/{}", id(&partner)), "description"),
            (&alice, format!("/api/v1/applications/{}", id(&application)), "description"),
            (&alice, format!("/api/v1/credentials/{}", id(&credential)), "name"),
            (&alice, "/api/v1/account".to_owned(), "name"),
        ];
        for (user, path, field) in things {
            let tag = user.get(&path).await.expect(200).header("etag").to_owned();
            let before = desk.changes().await;
            let answers = at_once(32, |n| {
                let (user, path, tag) = (user.clone(), path.clone(), tag.clone());
                let change = json!({field: format!("change {n}")});
                async move { user.send(Method::PATCH, &path, &[("if-match", &tag)], Some(&change)).await }
            })
            .await;
            assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (412, 31)]), "{path}");
            let won: Vec<Value> =
                answers.iter().filter(|answer| answer.status == 200).map(|answer| answer.json()).collect();
            assert_eq!(user.get(&path).await.expect(200).json()[field], won[0][field]);
            assert_eq!(desk.changes().await, before + 1, "{path}: one effect");
        }
    }
);
