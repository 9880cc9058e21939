//! `/metrics`: figures in the text format of Prometheus.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::Gateway;

/// `GET /metrics`
pub(super) async fn metrics(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let mut text = String::with_capacity(8 * 1024);
    let name = "keywright_gateway_decisions_total";
    describe(&mut text, name, "counter", "Calls that were decided, by status and reason.");
    for (status, reason, count) in gateway.app.calls().all() {
        line(&mut text, &format!("{name}{{status=\"{status}\",reason=\"{reason}\"}}"), count);
    }
    let verifier = gateway.app.verifier();
    let name = "keywright_verifier_age_seconds";
    describe(&mut text, name, "gauge", "How old what calls are decided by may be.");
    let age = verifier.age(gateway.app.clock().now());
    line(&mut text, name, age.map_or(f64::INFINITY, |age| age.as_secs_f64()));
    let name = "keywright_verifier_credentials";
    describe(&mut text, name, "gauge", "Credentials in memory.");
    line(&mut text, name, verifier.credentials());
    let name = "keywright_verifier_unreadable";
    describe(&mut text, name, "gauge", "Stored things that count for nothing because they cannot be read.");
    line(&mut text, name, verifier.unreadable());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

fn describe(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, series: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{series} {value}");
}
