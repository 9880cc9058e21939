//! `/api/v1/mails`

use serde_json::json;

use crate::support::{both, id};

const PATH: &str = "/api/v1/mails";

both!(
    async fn mails_are_found_by_address_and_state_and_show_their_links(desk) {
        desk.developer("alice").await;
        desk.developer("bob").await;
        let admin = &desk.admin;
        let page = admin.get(&format!("{PATH}?to=Alice@Example.com")).await.expect(200).json();
        let mail = page["items"].as_array().unwrap().last().unwrap().clone();
        assert!(page["items"].as_array().unwrap().iter().all(|mail| mail["to"] == "alice@example.com"));
        assert_eq!((&mail["state"], &mail["attempts"]), (&json!("kept"), &json!(0)));
        assert_eq!((&mail["last_error"], &mail["sent_at"]), (&json!(null), &json!(null)));
        assert!(mail["text"].as_str().unwrap().contains("token="));
        assert_eq!(admin.get(&format!("{PATH}/{}", id(&mail))).await.expect(200).json(), mail);
        assert_eq!(admin.get(&format!("{PATH}?state=sent")).await.expect(200).json()["items"], json!([]));
        let kept = admin.get(&format!("{PATH}?state=kept&limit=1")).await.expect(200).json();
        assert!(kept["next_cursor"].is_string());
        admin.get("/api/v1/mails/00000000-0000-7000-8000-000000000000").await.problem(404, "not_found");
    }
);

both!(
    async fn a_149_only_administrators_with_the_scope_read_them_and_wrong_filters_are_named(desk) {
        let alice = desk.developer("alice").await;
        let admin = &desk.admin;
        for wrong in ["alice", "", "a@b@c.test", "alice@example.com%0a", "%25@example.com,"] {
            admin.get(&format!("{PATH}?to={wrong}")).await.names("to");
        }
        admin.get(&format!("{PATH}?state=lost")).await.names("state");
        let mail = admin.get(&format!("{PATH}?limit=1")).await.expect(200).json()["items"][0].clone();
        let path = format!("{PATH}/{}", id(&mail));
        let (reader, other) = (desk.token(&["mails:read"]).await, desk.token(&["audit:write"]).await);
        // Whoever reads a link to a new password can choose it.
        let seen = reader.get(&path).await.expect(200).text + &reader.get(PATH).await.expect(200).text;
        assert!(seen.contains("token=…") && !seen.contains("kw_ver_"), "{seen}");
        let writer = desk.token(&["mails:write"]).await;
        assert!(writer.get(&path).await.expect(200).text.contains("token=kw_"));
        let nobody = desk.anonymous();
        for (user, status, code) in [(&nobody, 401, "unauthenticated"), (&alice, 403, "forbidden"), (&other, 403, "forbidden")] {
            user.get(PATH).await.problem(status, code);
            user.get(&path).await.problem(status, code);
        }
    }
);
