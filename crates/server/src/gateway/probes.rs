//! `/healthz` and `/readyz`: for whoever starts, stops and watches the process.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Gateway;
use crate::Problem;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    ok()
}

/// `GET /readyz`: calls can be decided.
pub(super) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Result<Response, Problem> {
    gateway.app.ready().await?;
    Ok(ok())
}

fn ok() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}
