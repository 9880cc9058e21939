//! Interfaces of the systems that Keywright stands in for. A dialect is a translation: the vendor's paths in full, their
//! JSON field for field, their way to say no. It calls `App` and nothing below.

pub mod konnect;
mod webmethods;

use axum::Router;
use axum::response::Response;
use uuid::Uuid;

use edge::RouteInfo;
use edge::state::State;

/// All dialects.
pub fn router(state: State) -> Router {
    konnect::router(state.clone()).merge(webmethods::router(state))
}

/// What they answer.
pub fn routes() -> Vec<RouteInfo> {
    konnect::routes().into_iter().chain(webmethods::routes()).collect()
}

/// An answer in the shape of the dialect that a path belongs to, if it belongs to one.
pub fn shaped(path: &str, request: Uuid, response: Response) -> Response {
    if konnect::owns(path) { konnect::shaped(request, response) } else { response }
}
