//! `/api/v2/stats`: how much was called. Calls are not counted yet, and the answers say so.

use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Doors;
use super::body::{Body, Fields};
use super::caller::Developer;
use super::error::{Refusal, Source, Wrong};

pub(super) fn routes(doors: Doors) -> Doors {
    doors.get("/api/v2/stats/config", "Konnect: which statistics there are", config).post(
        "/api/v2/stats",
        "Konnect: statistics",
        query,
    )
}

const METRICS: [&str; 11] = [
    "REQUEST_COUNT",
    "REQUEST_PER_MINUTE",
    "RESPONSE_LATENCY_P99",
    "RESPONSE_LATENCY_P95",
    "RESPONSE_LATENCY_P50",
    "RESPONSE_SIZE_P99",
    "RESPONSE_SIZE_P95",
    "RESPONSE_SIZE_P50",
    "REQUEST_SIZE_P99",
    "REQUEST_SIZE_P95",
    "REQUEST_SIZE_P50",
];
const DIMENSIONS: [&str; 5] =
    ["API_PRODUCT_VERSION", "APPLICATION", "STATUS_CODE", "STATUS_CODE_GROUPED", "TIME"];

/// Null: there are none.
async fn config(Developer(_): Developer) -> Json<Value> {
    Json(json!({ "analytics": null }))
}

async fn query(Developer(_): Developer, Body(mut fields): Body) -> Result<Json<Value>, Refusal> {
    check(&mut fields);
    fields.close()?;
    let detail = "Analytics is not enabled: calls are not counted here.";
    Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", detail))
}

fn check(fields: &mut Fields) {
    for name in ["start_ms", "end_ms"] {
        match fields.value(name) {
            None => fields.refuse(Wrong::new(Source::Body, name, "required", "is a required field")),
            value => must_be_integer(fields, name, value),
        }
    }
    let granularity = fields.value("granularity_ms");
    must_be_integer(fields, "granularity_ms", granularity);
    match fields.texts("metrics").as_deref() {
        None => fields.refuse(Wrong::new(Source::Body, "metrics", "required", "is a required field")),
        Some([metric]) if METRICS.contains(&metric.as_str()) => {}
        Some([_]) => fields.refuse(Wrong::choice(Source::Body, "metrics[0]", &METRICS)),
        Some([]) => {
            let wrong = Wrong::new(Source::Body, "metrics", "min_items", "must have at least 1 items");
            fields.refuse(wrong.minimum(1));
        }
        Some(_) => {
            let wrong = Wrong::new(Source::Body, "metrics", "max_items", "must not have more than 1 items");
            fields.refuse(wrong.maximum(1));
        }
    }
    let dimensions = fields.texts("dimensions").unwrap_or_default();
    if dimensions.len() > 2 {
        let wrong = Wrong::new(Source::Body, "dimensions", "max_items", "must not have more than 2 items");
        fields.refuse(wrong.maximum(2));
    }
    for (i, dimension) in dimensions.iter().enumerate() {
        if !DIMENSIONS.contains(&dimension.as_str()) {
            fields.refuse(Wrong::choice(Source::Body, format!("dimensions[{i}]"), &DIMENSIONS));
        }
    }
    if fields.value("filter").is_some_and(|filter| !filter.is_array()) {
        fields.refuse(Wrong::new(Source::Body, "filter", "is_array", "must be an array"));
    }
}

fn must_be_integer(fields: &mut Fields, name: &str, value: Option<Value>) {
    if value.is_some_and(|value| !value.is_i64() && !value.is_u64()) {
        fields.refuse(Wrong::new(Source::Body, name, "is_integer", "must be an integer"));
    }
}
