//! How requests may look: paths, queries and bodies of many spellings.

use reqwest::Method;
use serde_json::json;

use super::Client;
use crate::support::{Answer, both};

both!(
    async fn two_slashes_at_the_front_are_one(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let application = ada.application("Shop").await;
        ada.get("//api/v2/applications").await.is(200, "applications");
        ada.get(&format!("//api/v2/applications/{application}")).await.is(200, "application");
        // A word wins over an id.
        ada.get("//api/v2/applications/auth-strategies").await.is(200, "strategies");
        ada.get("/api/v2/applications/auth-strategies").await.is(200, "strategies");
        ada.get("///api/v2/applications").await.expect(404);
        ada.get("/api/v2//applications").await.refused(404, "Not Found");
    }
);

both!(
    async fn what_is_not_there_is_told_in_their_words(desk) {
        let ada = Client::developer(&desk, "ada").await;
        for path in ["/api/v2", "/api/v2/", "/api/v2/nothing", "//api/v2/nothing", "/api/v2/portals"] {
            ada.get(path).await.refused(404, "Not Found");
        }
        ada.delete("/api/v2/applications").await.refused(405, "Method Not Allowed");
        ada.put("/api/v2/developer/me", json!({})).await.refused(405, "Method Not Allowed");
        ada.get("/api/v2/applications/x").await.wrong(&["path applicationId is_uuid"]);
        let braces = "/api/v2/applications/%7B0198c5e2-7d1a-7bcd-8f00-1234567890ab%7D";
        ada.get(braces).await.wrong(&["path applicationId is_uuid"]);
        ada.get("/api/v2/applications/a%2Fb%20c").await.wrong(&["path applicationId is_uuid"]);
        // What is another dialect's, or ours, keeps its own words.
        ada.get("/api/v20/applications").await.problem(404, "not_found");
    }
);

both!(
    async fn queries_are_told_what_is_wrong_with_them(desk) {
        let ada = Client::developer(&desk, "ada").await;
        for (query, wrong) in [
            ("page[size]=x", "query page[size] is_integer"),
            ("page[size]=0", "query page[size] min"),
            ("page[number]=-1", "query page[number] min"),
            ("page[size]=1001", "query page[size] max"),
            ("page[number]=99999999999999999999", "query page[number] max"),
            ("page[after]=x", "query page[after] invalid"),
            ("filter[description]=x", "query filter[description] invalid"),
            ("filter[name][neq]=x", "query filter[name][neq] invalid"),
            ("filter[name][eq][x]=x", "query filter[name][eq][x] invalid"),
            ("filter[auth_strategy_id][contains]=x", "query filter[auth_strategy_id][contains] invalid"),
            ("filter[auth_strategy_id]=x", "query filter[auth_strategy_id] is_uuid"),
            ("filter%5Bname%5D=%00", "query filter[name] invalid"),
        ] {
            ada.get(&format!("/api/v2/applications?{query}")).await.wrong(&[wrong]);
        }
        let both = "page[size]=x&filter[owner]=y";
        let wrong = ["query page[size] is_integer", "query filter[owner] invalid"];
        ada.get(&format!("/api/v2/applications?{both}")).await.wrong(&wrong);
        let last = ada.get("/api/v2/applications?page[number]=9223372036854775807").await;
        assert_eq!(last.is(200, "applications")["data"], json!([]));
    }
);

both!(
    async fn a_262_so_many_filters_and_no_more(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let many = |n: usize| vec!["filter[name][contains]=shop"; n].join("&");
        ada.get(&format!("/api/v2/applications?{}", many(20))).await.is(200, "applications");
        let wrong = "query filter[name][contains] max_items";
        ada.get(&format!("/api/v2/applications?{}", many(21))).await.wrong(&[wrong]);
        ada.get(&format!("/api/v2/applications?{}", many(200))).await.wrong(&[wrong]);
        // Of many wrong ones, some are named.
        let odd: Vec<String> = (0..200).map(|n| format!("filter[x{n}]=y")).collect();
        let told: Vec<String> = (0..20).map(|n| format!("query filter[x{n}] invalid")).collect();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        ada.get(&format!("/api/v2/applications?{}", odd.join("&"))).await.wrong(&told);
    }
);

both!(
    async fn bodies_are_closed_and_every_wrong_field_is_named(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let before = desk.changes().await;
        let path = "/api/v2/applications";
        for (body, wrong) in [
            (json!({}), vec!["body name required"]),
            (json!({"name": null}), vec!["body name is_string"]),
            (json!({"name": " "}), vec!["body name min_length"]),
            (json!({"name": "x".repeat(256)}), vec!["body name max_length"]),
            (json!({"name": "a\u{202e}b"}), vec!["body name invalid"]),
            (json!({"name": "x", "auth_strategy_id": "x"}), vec!["body auth_strategy_id is_uuid"]),
            (json!({"name": "x", "auth_strategy_id": "00000000-0000-7000-8000-000000000000"}),
                vec!["body auth_strategy_id invalid"]),
            (json!({"name": "x", "redirect_uri": "javascript:alert(1)"}), vec!["body redirect_uri invalid"]),
            (json!({"name": "x", "redirect_uri": "/back"}), vec!["body redirect_uri invalid"]),
            (json!({"name": "x", "reference_id": ""}), vec!["body reference_id invalid"]),
            (json!({"name": "x", "scopes": "a"}), vec!["body scopes is_array"]),
            (json!({"name": "x", "scopes": [1]}), vec!["body scopes[0] is_string"]),
            (json!({"name": "x", "scopes": ["a"]}), vec!["body scopes dependent_fields"]),
            (json!({"name": 1, "description": null, "owner": "x"}),
                vec!["body name is_string", "body description is_string", "body owner unknown_property"]),
        ] {
            let told = ada.post(path, body).await.wrong(&wrong);
            // A predicate, to be read behind the field's name.
            let reason = told["invalid_parameters"][0]["reason"].as_str().unwrap();
            assert!(["must ", "is ", "cannot "].iter().any(|verb| reason.starts_with(verb)), "{reason}");
        }
        let text = |kind: &str, body: &'static str| {
            ada.request(Method::POST, path).header("content-type", kind).body(body)
        };
        Answer::of(text("application/json", "{\"name\":")).await.wrong(&["body body invalid"]);
        Answer::of(text("text/plain", "{\"name\": \"x\"}")).await.refused(415, "Unsupported Media Type");
        Answer::of(text("application/x-www-form-urlencoded", "name=x")).await.refused(415, "Unsupported Media Type");
        let large = ada.post(path, json!({"name": "x".repeat(300_000)})).await;
        large.refused(413, "Payload Too Large");
        desk.assert_nothing_happened(before).await;
    }
);
