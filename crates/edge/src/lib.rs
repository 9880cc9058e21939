//! What every edge shares: what handlers take out of a request, how they say no, how lists are paged, and who may ask
//! how often. Edges that people and their tools reach stand on it: `api`, `web`, `dialects`, and `server`, which puts
//! them together.

pub mod assets;
pub mod brand;
pub mod cookie;
pub mod even;
pub mod extract;
pub mod handler;
mod own_path;
pub mod page;
pub mod problem;
mod request_id;
pub mod state;
pub mod words;

use axum::http::{HeaderMap, header};
use ipnet::IpNet;

pub use own_path::{known_place, own_path};
pub use problem::Problem;
pub use request_id::RequestIds;
pub use words::{Translations, Words};

/// What the edges need to know of an installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where people reach it, without a slash at the end.
    pub public_url: String,
    /// Where gateways on this machine reach it, as host and port.
    pub gateway_address: String,
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
    /// The languages that pages are in, besides English.
    pub translations: Translations,
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
            gateway_address: "127.0.0.1:8081".to_owned(),
            trusted_proxies: Vec::new(),
            token_requests_per_minute: 600,
            stranger_requests_per_minute: 20,
            body_bytes: 256 * 1024,
            konnect: KonnectOptions::default(),
            legacy_doors: false,
            translations: Translations::default(),
        }
    }
}

/// The program that somebody calls with, as it names itself (RFC 9110 §10.1.5).
pub fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
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
