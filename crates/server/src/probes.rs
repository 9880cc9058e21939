//! `/healthz` and `/readyz`, on both listeners: for whoever starts, stops and watches the process.

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use edge::problem::Problem;

const HEALTHZ: &str = "/healthz";
const READYZ: &str = "/readyz";

/// What is answered here.
pub(crate) const ROUTES: [(&str, &str, &str); 2] =
    [("GET", HEALTHZ, "The process answers"), ("GET", READYZ, "Calls can be decided, and things saved")];

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new().route(HEALTHZ, get(healthz)).route(READYZ, get(readyz)).with_state(app)
}

/// `GET /healthz`: the process answers.
async fn healthz() -> Response {
    ok()
}

/// `GET /readyz`: the database answers, and calls can be decided.
async fn readyz(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    app.ready().await?;
    Ok(ok())
}

fn ok() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
}
