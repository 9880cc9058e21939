//! `/healthz` and `/readyz`: for whoever starts, stops and watches the process.

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use crate::problem::Problem;

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(app)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers, and the gateway check is up to date.
async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.ready().await?;
    Ok("ok\n")
}
