//! `/rest/v1/csrf`: what browsers' scripts send with every change.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing;
use serde_json::json;

use super::Doors;
use super::auth::{Portal, XSRF, xsrf_token};
use edge::handler::boxed;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors.portal(
        "/rest/v1/csrf",
        &[("GET", "Get the token that browsers send with changes")],
        &routing::get(boxed(get)),
    )
}

async fn get(Shared(state): Shared<State>, Portal(caller): Portal) -> Response {
    let token = xsrf_token(&state, &caller);
    let mut response = Json(json!({"token": token})).into_response();
    if let Ok(value) = HeaderValue::from_str(&token) {
        response.headers_mut().insert(HeaderName::from_static(XSRF), value);
    }
    response
}
