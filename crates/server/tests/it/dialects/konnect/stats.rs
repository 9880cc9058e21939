//! `/api/v2/stats`: what gateways asked about one's own applications.

use serde_json::{Value, json};

use super::{Client, product};
use crate::support::{Desk, both, id};
use crate::verifier;

const PATH: &str = "/api/v2/stats";
/// 2026-11-23T04:00:00Z, when the tests begin.
const NOW_MS: i64 = 1_795_406_400_000;
const HOUR_MS: i64 = 3_600_000;

/// An application with a key that may call a version, and one that may not.
async fn caller(desk: &Desk, client: &Client, name: &str, version: &str) -> String {
    let application = client.application(name).await;
    let path = format!("/api/v2/applications/{application}");
    client.post(&format!("{path}/registrations"), json!({"product_version_id": version})).await.expect(201);
    let made = client.post(&format!("{path}/credentials"), json!({})).await.is(201, "credential_made");
    let key = made["credential"].as_str().unwrap().to_owned();
    assert!(verifier::call(desk, "GET", "/orders/1", &[("x-api-key", &key)]).is_ok());
    key
}

fn query(more: &Value) -> Value {
    let mut query =
        json!({"start_ms": NOW_MS - HOUR_MS, "end_ms": NOW_MS + HOUR_MS, "metrics": ["REQUEST_COUNT"]});
    query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    query
}

/// The events of an answer.
fn events(answer: &Value) -> Vec<&Value> {
    answer["records"].as_array().unwrap().iter().map(|record| &record["event"]).collect()
}

both!(
    async fn calls_of_one_s_own_applications_are_told_apart(desk) {
        let (ada, bob) = (Client::developer(&desk, "ada").await, Client::developer(&desk, "bob").await);
        let (_, version) = product(&desk, "Orders", json!({"approval": "automatic"})).await;
        let (shop, _) = (caller(&desk, &ada, "Shop", &version).await, caller(&desk, &ada, "Till", &version).await);
        caller(&desk, &bob, "Theirs", &version).await;
        verifier::call(&desk, "GET", "/orders/2", &[("x-api-key", &shop)]).unwrap();
        let bare = ada.application("Bare").await;
        let made = ada.post(&format!("/api/v2/applications/{bare}/credentials"), json!({})).await.expect(201).json();
        let key = made["credential"].as_str().unwrap();
        assert!(verifier::call(&desk, "GET", "/orders/3", &[("x-api-key", key)]).is_err());
        desk.app.flush().await.unwrap();
        desk.clock.advance(std::time::Duration::from_secs(120));
        // Any change brings the gateway check up to date.
        ada.application("Idle").await;
        verifier::call(&desk, "GET", "/orders/4", &[("x-api-key", &shop)]).unwrap();
        desk.app.flush().await.unwrap();

        let config = ada.get("/api/v2/stats/config").await.is(200, "stats_config");
        assert_eq!(config, json!({"analytics": {"percentiles": false, "retention_ms": 92_i64 * 86_400_000}}));
        let ask = async |client: &Client, more: Value| client.post(PATH, query(&more)).await.is(200, "stats");
        let all = ask(&ada, json!({})).await;
        assert_eq!(events(&all), [&json!({"REQUEST_COUNT": 5})]);
        assert_eq!(all["records"][0]["timestamp"], "2026-11-23T03:00:00.000Z");
        assert_eq!((&all["meta"]["granularity"], &all["meta"]["dimensions"]), (&json!(2 * HOUR_MS), &json!({})));
        let by = ask(&ada, json!({"dimensions": ["APPLICATION", "STATUS_CODE_GROUPED"]})).await;
        assert_eq!(by["meta"]["dimensions"], json!({"APPLICATION": ["Bare", "Shop", "Till"], "STATUS_CODE_GROUPED": ["2XX", "4XX"]}));
        let mut told = events(&by);
        told.sort_by_key(|event| event["APPLICATION"].as_str().map(str::to_owned));
        assert_eq!(told, [
            &json!({"APPLICATION": "Bare", "STATUS_CODE_GROUPED": "4XX", "REQUEST_COUNT": 1}),
            &json!({"APPLICATION": "Shop", "STATUS_CODE_GROUPED": "2XX", "REQUEST_COUNT": 3}),
            &json!({"APPLICATION": "Till", "STATUS_CODE_GROUPED": "2XX", "REQUEST_COUNT": 1}),
        ]);
        let by = ask(&ada, json!({"dimensions": ["TIME"], "granularity_ms": 60_000})).await;
        let told: Vec<_> = by["records"].as_array().unwrap().iter().map(|it| (&it["timestamp"], &it["event"]["REQUEST_COUNT"])).collect();
        assert_eq!(told, [(&json!("2026-11-23T04:00:00.000Z"), &json!(4)), (&json!("2026-11-23T04:02:00.000Z"), &json!(1))]);
        let by = ask(&ada, json!({"dimensions": ["API_PRODUCT_VERSION", "STATUS_CODE"], "metrics": ["REQUEST_PER_MINUTE"]})).await;
        assert_eq!(by["meta"]["metric_units"], json!({"REQUEST_PER_MINUTE": "count/minute"}));
        assert_eq!(events(&by)[0]["REQUEST_PER_MINUTE"], json!(4.0 / 120.0));
        assert_eq!(events(&by)[0]["STATUS_CODE"], "200");

        // Filters, those of others' applications included: they are as if they did not exist.
        let only = |dimension: &str, kind: &str, values: Value| {
            json!({"filter": [{"dimension": dimension, "type": kind, "values": values}]})
        };
        let page = bob.get("/api/v2/applications").await.is(200, "applications");
        let theirs = id(&page["data"][0]);
        for (filter, calls) in [
            (only("APPLICATION", "IN", json!([bare])), 1),
            (only("APPLICATION", "NOT_IN", json!([bare])), 4),
            (only("APPLICATION", "IN", json!([theirs])), 0),
            (only("APPLICATION", "IN", json!([])), 0),
            (only("API_PRODUCT_VERSION", "IN", json!([version])), 5),
            (only("STATUS_CODE", "IN", json!([403])), 1),
            (only("STATUS_CODE_GROUPED", "NOT_IN", json!(["4XX"])), 4),
        ] {
            let told = ask(&ada, filter.clone()).await;
            assert_eq!(events(&told), [&json!({"REQUEST_COUNT": calls})], "{filter}");
        }
        assert_eq!(events(&ask(&bob, json!({})).await), [&json!({"REQUEST_COUNT": 1})]);
        let later = json!({"start_ms": NOW_MS + HOUR_MS, "end_ms": NOW_MS + 2 * HOUR_MS});
        assert_eq!(events(&ask(&ada, later).await), [&json!({"REQUEST_COUNT": 0})]);
    }
);

both!(
    async fn wrong_queries_are_named(desk) {
        let ada = Client::developer(&desk, "ada").await;
        let before = desk.changes().await;
        let wrong = ["body start_ms required", "body end_ms required", "body metrics required"];
        ada.post(PATH, json!({})).await.wrong(&wrong);
        let body = json!({"start_ms": "x", "end_ms": 1, "metrics": ["X"], "dimensions": ["TIME", "TIME", "X"]});
        ada.post(PATH, body).await.wrong(&["body start_ms is_integer", "body metrics[0] enum",
            "body dimensions max_items", "body dimensions[2] enum"]);
        let filter = |item: Value| json!({"filter": [item]});
        let fine = json!({"dimension": "STATUS_CODE", "type": "IN", "values": [200]});
        let with = |name: &str, value: Value| {
            let mut item = fine.clone();
            item[name] = value;
            filter(item)
        };
        for (more, told) in [
            (json!({"metrics": []}), "body metrics min_items"),
            (json!({"metrics": ["REQUEST_COUNT", "REQUEST_COUNT"]}), "body metrics max_items"),
            (json!({"metrics": ["RESPONSE_LATENCY_P99"]}), "body metrics[0] invalid"),
            (json!({"end_ms": 0}), "body end_ms invalid"),
            (json!({"granularity_ms": 1}), "body granularity_ms invalid"),
            (json!({"granularity_ms": 1.5}), "body granularity_ms is_integer"),
            (json!({"filter": {}}), "body filter is_array"),
            //
            (json!({"filter": vec![&fine; 21]}), "body filter max_items"),
            (filter(json!("x")), "body filter[0] is_object"),
            (filter(json!({})), "body filter[0].dimension required"),
            (with("dimension", json!("TIME")), "body filter[0].dimension enum"),
            (with("type", json!("LIKE")), "body filter[0].type enum"),
            (with("values", json!("x")), "body filter[0].values is_array"),
            (with("values", json!([99])), "body filter[0].values[0] is_integer"),
            (with("dimension", json!("APPLICATION")), "body filter[0].values[0] is_uuid"),
            (with("dimension", json!("STATUS_CODE_GROUPED")), "body filter[0].values[0] matches_regex"),
            (with("extra", json!(1)), "body filter[0].extra unknown_property"),
            (json!({"extra": 1}), "body extra unknown_property"),
        ] {
            ada.post(PATH, query(&more)).await.wrong(&[told]);
        }
        desk.assert_nothing_happened(before).await;
        // A public portal has no applications to count calls of.
        desk.admin.patch("/api/v1/portal", json!({"is_public": true})).await.expect(200);
        let config = ada.get("/api/v2/stats/config").await.is(200, "stats_config");
        assert_eq!(config, json!({"analytics": null}));
        ada.post(PATH, query(&json!({}))).await.refused(403, "Forbidden");
    }
);
