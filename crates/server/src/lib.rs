//! What comes in: HTTP and HTML. An edge translates; what is allowed and what happens is decided in `app`.
//!
//! The first segment of a path is the crate or folder, the second the file: `/api/v1/partners` is
//! `crates/api/src/partners.rs`, a page is below `crates/web/src`, a path of another system below `crates/dialects/src`;
//! `/gateway/forward-auth` is `gateway/forward_auth.rs` here. Every path is written once, in full, beside its handler.

mod gateway;
pub mod listen;
mod middleware;
mod oauth2;
mod probes;

use std::sync::Arc;

use app::App;
use edge::state::State;
use edge::{assets, brand};

pub use api::openapi_json;
pub use edge::{KonnectOptions, Options, Problem, RouteInfo, Translations};
pub use gateway::{Adapter, GatewayOptions, IDENTITY, gateway_router, gateway_routes};
pub use middleware::Public;

/// Everything that people and their tools reach.
pub fn public_router(app: Arc<App>, options: &Options) -> Public {
    let state = State::new(Arc::clone(&app), options.clone());
    let edges = api::router(state.clone())
        .merge(web::router(state.clone()))
        .merge(oauth2::router(state.clone()))
        .merge(dialects::router(state.clone()));
    let own = probes::router(Arc::clone(&app)).merge(assets::router()).merge(brand::router(app));
    let paths = public_routes().into_iter().map(|route| route.path);
    middleware::around(edges.merge(own), paths, state)
}

/// All routes of our own that people and their tools reach, by path: pages and API.
pub fn routes() -> Vec<RouteInfo> {
    let mut routes = api::routes();
    routes.extend(web::routes());
    routes.sort();
    routes
}

/// What the listener for people and APIs answers.
pub fn public_routes() -> Vec<RouteInfo> {
    let others = probes::ROUTES.into_iter().chain([assets::ROUTE]).chain(brand::ROUTES);
    routes()
        .into_iter()
        .chain(dialects::routes())
        .chain(oauth2::routes())
        .chain(others.map(RouteInfo::from))
        .collect()
}
