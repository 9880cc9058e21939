//! Pages, filters and searches, on every list there is.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract::{self, Operation};
use crate::support::{User, at_once, both};
use crate::world::World;

/// Every list, with the caller for whom it is not empty.
fn lists() -> impl Iterator<Item = Operation> {
    contract::operations().into_iter().filter(|operation| {
        operation.method == Method::GET && operation.query().any(|parameter| parameter["name"] == "cursor")
    })
}

/// Whether a parameter is any text, and not one of some words, an id or a time.
fn is_text(parameter: &Value) -> bool {
    let schema = &parameter["schema"];
    schema["type"] == "string"
        && schema["format"].is_null()
        && schema["enum"].is_null()
        && schema["pattern"].is_null()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A refusal that names a parameter, or a page with nothing on it.
fn assert_finds_nothing(answer: &crate::support::Answer, what: &str) {
    match answer.status.as_u16() {
        200 => assert_eq!(answer.json()["items"], json!([]), "{what}"),
        status => assert_eq!(status, 400, "{what}: {}", answer.text),
    }
}

both!(
    async fn a_258_sql_in_filters_is_text(desk) {
        let world = World::new(&desk).await;
        let before = desk.changes().await;
        let payloads = [
            "' OR '1'='1", "%' OR 1=1--", "\" OR \"\"=\"", "'; DROP TABLE partners;--", "\\' OR 1=1--", "1) OR (1=1",
            "$1", "?1", ":a", "' UNION SELECT hash FROM api_tokens--", "\u{0}",
        ];
        for list in lists() {
            for parameter in list.query().filter(|parameter| is_text(parameter)) {
                let name = parameter["name"].as_str().unwrap();
                for payload in payloads {
                    let path = format!("{}?{name}={}", world.path(&list), encoded(payload));
                    assert_finds_nothing(&desk.admin.get(&path).await, &path);
                }
            }
            for name in ["sort", "order", "filter[name)][eq]", "filter[name][contains]", "q", "name;drop"] {
                let path = format!("{}?{}={}", world.path(&list), encoded(name), encoded("name;drop"));
                desk.admin.get(&path).await.names(name);
            }
        }
        desk.assert_nothing_happened(before).await;
    }
);

both!(
    async fn a_258_a_cursor_that_is_not_ours_is_refused(desk) {
        let world = World::new(&desk).await;
        for name in ["A", "B", "C"] {
            desk.admin.make("/api/v1/partners", json!({"name": name})).await;
        }
        let page = desk.admin.get("/api/v1/partners?limit=1").await.expect(200).json();
        let good = page["next_cursor"].as_str().unwrap().to_owned();
        let changed = |at: usize| {
            let digit = if &good[at..=at] == "0" { "1" } else { "0" };
            format!("{}{digit}{}", &good[..at], &good[at + 1..])
        };
        let mut bad = vec![
            changed(0), changed(31), changed(32), changed(63), good.to_uppercase(), format!("{good}0"), good[1..].to_owned(),
            format!("+{}", &good[1..]), "0".repeat(64), "é".repeat(32), "JyBPUiAnMSc9JzE=".to_owned(), "' OR 1=1--".to_owned(),
            String::new(), "-1".to_owned(), world.id("partners").to_owned(),
        ];
        // The letters of a cursor that has none are the same in capitals.
        bad.retain(|cursor| *cursor != good);
        for cursor in bad {
            desk.admin.get(&format!("/api/v1/partners?limit=1&cursor={}", encoded(&cursor))).await.names("cursor");
        }
        for list in lists() {
            let answer = desk.admin.get(&format!("{}?limit=1&cursor={good}", world.path(&list))).await;
            if list.path == "/api/v1/partners" {
                answer.expect(200);
            } else {
                answer.names("cursor");
            }
        }
        desk.admin.get(&format!("/api/v1/partners?name_contains=B&cursor={good}")).await.names("cursor");
    }
);

both!(
    async fn a_259_wildcards_are_letters(desk) {
        let world = World::new(&desk).await;
        for list in lists() {
            for parameter in list.query().filter(|parameter| is_text(parameter)) {
                let name = parameter["name"].as_str().unwrap();
                for wildcard in ["%", "_", "\\", "*", "?", "A%e", "%25", "NEAR(a b)", "a OR b", "[a-z]", "^", "\""] {
                    let path = format!("{}?{name}={}", world.path(&list), encoded(wildcard));
                    assert_finds_nothing(&desk.admin.get(&path).await, &path);
                }
                let long = "%a".repeat(5_000);
                desk.admin.get(&format!("{}?{name}={}", world.path(&list), encoded(&long))).await.names(name);
            }
        }
        let found = async |text: &str| {
            let path = format!("/api/v1/partners?name_contains={}", encoded(text));
            desk.admin.get(&path).await.expect(200).json()["items"].as_array().unwrap().len()
        };
        desk.admin.make("/api/v1/partners", json!({"name": "100%_\\sure"})).await;
        for text in ["%", "_", "\\", "0%_\\S", "100%"] {
            assert_eq!(found(text).await, 1, "{text}");
        }
    }
);

both!(
    async fn a_261_hidden_columns_are_unknown(desk) {
        let world = World::new(&desk).await;
        for list in lists() {
            for name in ["hash", "password_hash", "secret", "client_secret_hash", "api_key", "sealed_secret", "sort", "order_by", "fields", "include", "expand"] {
                desk.admin.get(&format!("{}?{name}=a", world.path(&list))).await.names(name);
            }
        }
    }
);

both!(
    async fn a_262_a_page_is_bounded_whatever_is_asked(desk) {
        let world = World::new(&desk).await;
        // What somebody agreed to is listed for nobody else.
        let of_people = ["/api/v1/account/consents"];
        for list in lists() {
            let path = world.path(&list);
            let reader = if of_people.contains(&path.as_str()) { &world.alice } else { &desk.admin };
            for limit in ["0", "201", "-1", "10000000", "1e3", "", "50.0", "%2B5x", "99999999999999999999"] {
                reader.get(&format!("{path}?limit={limit}")).await.names("limit");
            }
            let first = list.query().next().unwrap()["name"].as_str().unwrap().to_owned();
            let fifty = vec![format!("{first}=a"); 50].join("&");
            reader.get(&format!("{path}?{fifty}")).await.names(&first);
            reader.get(&format!("{path}?limit=200")).await.expect(200);
        }
    }
);

both!(
    async fn a_262_many_searches_at_once_are_answered(desk) {
        for n in 0..20 {
            desk.admin.make("/api/v1/partners", json!({"name": format!("Partner number {n}")})).await;
        }
        let started = Instant::now();
        let answers = at_once(100, |n| {
            let admin: User = desk.admin.clone();
            async move { admin.get(&format!("/api/v1/partners?name_contains=number%20{}&limit=200", n % 20)).await }
        })
        .await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
);
