//! What comes in: HTTP and HTML. An edge translates; what is allowed and what happens is decided in `app`.
//!
//! The first segment of a path is the folder, the second the file: `/api/v1/partners` is `api/partners.rs`,
//! `/gateway/forward-auth` is `gateway/forward_auth.rs`. Every path is written once, in full, beside its handler.

pub mod api;
mod assets;
mod dialects;
mod even;
mod extract;
mod gateway;
pub mod listen;
mod middleware;
mod oauth2;
mod probes;
mod problem;
mod state;
mod web;

use std::sync::Arc;

use app::App;
use axum::Router;
use ipnet::IpNet;

pub use api::openapi_json;
pub use gateway::{Adapter, GatewayOptions, IDENTITY, gateway_router, gateway_routes};
pub use problem::Problem;

/// What the edges need to know of an installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where people reach it, without a slash at the end.
    pub public_url: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How many requests a minute one token or session may make.
    pub token_requests_per_minute: u32,
    /// How many requests a minute a network of strangers may make at their doors: to register, to sign in, to ask for
    /// mails.
    pub stranger_requests_per_minute: u32,
    /// The largest body of a request, in bytes; specifications may be larger.
    pub body_bytes: usize,
    /// How Konnect's portal API is spoken.
    pub konnect: KonnectOptions,
    /// Whether the doors are open that only older gateways of webMethods know.
    pub legacy_doors: bool,
}

/// How Konnect's portal API is spoken.
#[derive(Clone, Copy, Debug, Default)]
pub struct KonnectOptions {
    /// Whether its cookies go over plain HTTP as well.
    pub plain_http_cookies: bool,
    /// Whether credentials say their type, status and end, as that API does since 2026.
    pub typed_credentials: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Vec::new(),
            token_requests_per_minute: 600,
            stranger_requests_per_minute: 20,
            body_bytes: 256 * 1024,
            konnect: KonnectOptions::default(),
            legacy_doors: false,
        }
    }
}

/// Everything that people and their tools reach.
pub fn public_router(app: Arc<App>, options: &Options) -> Router {
    let state = state::State::new(Arc::clone(&app), options.clone());
    let edges = api::router(state.clone())
        .merge(web::router(state.clone()))
        .merge(oauth2::router(state.clone()))
        .merge(dialects::router(state.clone()));
    middleware::around(edges.merge(probes::router(app)).merge(assets::router()), state)
}

/// A route that is served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteInfo {
    /// The path, with its parameters in braces.
    pub path: String,
    /// In capitals.
    pub method: String,
    /// What it does.
    pub summary: String,
}

impl From<(&str, &str, &str)> for RouteInfo {
    /// Method, path and summary.
    fn from((method, path, summary): (&str, &str, &str)) -> Self {
        Self { path: path.to_owned(), method: method.to_owned(), summary: summary.to_owned() }
    }
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
    let others = probes::ROUTES.into_iter().chain([assets::ROUTE]);
    routes()
        .into_iter()
        .chain(dialects::routes())
        .chain(oauth2::routes())
        .chain(others.map(RouteInfo::from))
        .collect()
}
