//! Kong Konnect's portal API for developers, `/api/v2`, as its v2 portals speak it ("v2-classic"). What is covered, from
//! which source, and what we chose where none says anything: `docs/dialects/konnect.md`.

mod applications;
mod body;
mod caller;
mod cookies;
mod credentials;
mod developer;
mod documents;
mod error;
mod map;
mod nodes;
mod origin;
mod portal;
mod products;
mod query;
mod registrations;
mod search;
mod sso;
mod stats;
mod stats_query;
mod strategies;
mod versions;
mod wire;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, on};

use edge::RouteInfo;
use edge::handler::{Plain, boxed};
use edge::state::State;

use error::Refusal;
pub(crate) use error::shaped;

/// Routes with their handlers, in the order they are added.
#[derive(Default)]
struct Doors {
    router: Router<State>,
    routes: Vec<RouteInfo>,
}

impl Doors {
    fn get<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        self.on(Method::GET, path, summary, handler)
    }

    fn post<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        self.on(Method::POST, path, summary, handler)
    }

    /// A client whose base URL ends in a slash sends two at the front.
    fn on<T: 'static>(mut self, method: Method, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        let handler = boxed(handler);
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        self.router = self
            .router
            .route(path, on(filter, handler.clone()))
            .route(&format!("/{path}"), on(filter, handler));
        self.routes.push(RouteInfo::from((method.as_str(), path, summary)));
        self
    }
}

fn doors() -> Doors {
    let doors = developer::routes(Doors::default());
    let doors = sso::routes(doors);
    let doors = portal::routes(doors);
    let doors = products::routes(doors);
    let doors = versions::routes(doors);
    let doors = documents::routes(doors);
    let doors = search::routes(doors);
    let doors = applications::routes(doors);
    let doors = strategies::routes(doors);
    let doors = credentials::routes(doors);
    let doors = registrations::routes(doors);
    stats::routes(doors)
}

/// All routes of the dialect.
pub(crate) fn router(state: State) -> Router {
    let origins = from_fn_with_state(state.clone(), origin::guard);
    let not_allowed = async || {
        Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "Method Not Allowed",
            "This path does not take this method.",
        )
    };
    doors().router.method_not_allowed_fallback(not_allowed).route_layer(origins).with_state(state)
}

/// What they do.
pub(crate) fn routes() -> Vec<RouteInfo> {
    doors().routes
}

/// Whether a path is one of this dialect, or would be.
pub(crate) fn owns(path: &str) -> bool {
    let path = path.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(path);
    path == "/api/v2" || path.starts_with("/api/v2/")
}
