//! `/oauth2/jwks.json`, and `/oauth2/certs`, which is the same: the keys that tokens are verified with (RFC 7517 §5).

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Routes;

const PATHS: [&str; 2] = ["/oauth2/jwks.json", "/oauth2/certs"];

pub(super) fn routes(routes: Routes) -> Routes {
    PATHS
        .into_iter()
        .fold(routes, |routes, path| routes.get(path, "The keys that tokens are verified with", keys))
}

/// They may be kept for as long as a new key is published before it signs (security §4.6).
async fn keys(Shared(app): Shared<Arc<App>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=900"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, app.jwks().to_string()).into_response()
}
