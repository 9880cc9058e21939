//! The interfaces of the systems that Keywright stands in for. Each is a translation and nothing else: it calls `App`.

mod webmethods;

use axum::Router;

use crate::RouteInfo;
use crate::state::State;

/// All dialects.
pub(crate) fn router(state: State) -> Router {
    webmethods::router(state)
}

/// The paths of all dialects.
pub(crate) fn routes() -> Vec<RouteInfo> {
    webmethods::routes()
}
