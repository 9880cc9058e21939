//! What gateways ask before they let a call pass, and what watches over us: a listener of its own, never the public one.

mod answer;
mod forward_auth;
mod headers;
mod metrics;
mod original;
mod refused;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use app::App;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get};
use edge::RequestIds;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{Problem, RouteInfo, probes};

pub use headers::IDENTITY;

/// Whose headers say what is being called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adapter {
    /// Whichever of the two sets a request carries; both are refused.
    #[default]
    Auto,
    /// `X-Original-URI`, `X-Original-Method`, `X-Original-Host`: nginx, where the configuration names them.
    Nginx,
    /// `X-Forwarded-Uri`, `X-Forwarded-Method`, `X-Forwarded-Host`: Caddy, Traefik.
    Forwarded,
}

/// Which gateways may ask, and how.
#[derive(Clone)]
pub struct GatewayOptions {
    /// Whose headers say what is being called.
    pub adapter: Adapter,
    /// Networks that gateways are in. Everybody else is refused.
    pub allowed_peers: Vec<IpNet>,
    /// Networks of proxies in front of gateways: what they say about where a call comes from is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What every gateway has to send as `X-Keywright-Gateway-Secret` as well.
    pub shared_secret: Option<String>,
}

impl Default for GatewayOptions {
    /// Gateways on this machine only.
    fn default() -> Self {
        Self {
            adapter: Adapter::Auto,
            allowed_peers: vec![
                IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
                IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
            ],
            trusted_proxies: Vec::new(),
            shared_secret: None,
        }
    }
}

impl fmt::Debug for GatewayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayOptions")
            .field("adapter", &self.adapter)
            .field("allowed_peers", &self.allowed_peers)
            .field("trusted_proxies", &self.trusted_proxies)
            .field("shared_secret", &self.shared_secret.as_ref().map(|_| "…"))
            .finish()
    }
}

impl GatewayOptions {
    fn allows(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.allowed_peers.iter().any(|network| network.contains(&peer))
    }
}

const FORWARD_AUTH: &str = "/gateway/forward-auth";
const METRICS: &str = "/metrics";

/// What every handler here can reach.
struct Gateway {
    app: Arc<App>,
    options: GatewayOptions,
    request_ids: RequestIds,
}

/// Everything that gateways and monitors reach.
pub fn gateway_router(app: Arc<App>, options: &GatewayOptions) -> Router {
    let gateway = Gateway { app: Arc::clone(&app), options: options.clone(), request_ids: RequestIds::new() };
    Router::new()
        .route(FORWARD_AUTH, any(forward_auth::forward_auth))
        .route(METRICS, get(metrics::metrics))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"))
        .with_state(Arc::new(gateway))
        .merge(probes::router(app))
        // Routes are made ready once, not at each request.
        .with_state(())
}

/// What the listener for gateways answers.
pub fn gateway_routes() -> Vec<RouteInfo> {
    let own =
        [("ANY", FORWARD_AUTH, "May this call pass?"), ("GET", METRICS, "Figures, as Prometheus reads them")];
    own.into_iter().chain(probes::ROUTES).map(RouteInfo::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_only_this_machine_may_ask() {
        let options = GatewayOptions::default();
        for (peer, allowed) in [
            ("127.0.0.1", true),
            ("127.8.9.10", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("10.0.0.1", false),
            ("::2", false),
            ("::ffff:10.0.0.1", false),
        ] {
            assert_eq!(options.allows(peer.parse().unwrap()), allowed, "{peer}");
        }
    }

    #[test]
    fn a_279_the_shared_secret_is_not_printed() {
        let options = GatewayOptions { shared_secret: Some("hush".to_owned()), ..GatewayOptions::default() };
        assert!(!format!("{options:?}").contains("hush"));
    }
}
