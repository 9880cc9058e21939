//! `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`: what the server says about itself
//! (OpenID Connect Discovery §4, RFC 8414 §3). Both say the same.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Routes;

const PATHS: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

pub(super) fn routes(routes: Routes) -> Routes {
    PATHS.into_iter().fold(routes, |routes, path| {
        routes.get(path, "What the authorization server has on, and where", metadata)
    })
}

/// It may be kept for a while, and read by scripts of any site: there is nothing in it that is not public.
async fn metadata(Shared(app): Shared<Arc<App>>) -> Response {
    let headers =
        [(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, Json(app.metadata())).into_response()
}
