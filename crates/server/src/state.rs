//! What every handler of the public listener can reach.

use std::num::NonZeroU32;
use std::sync::Arc;

use app::App;
use axum::extract::FromRef;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use uuid::Uuid;

use crate::Options;

/// Shared by all handlers.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) app: Arc<App>,
    pub(crate) options: Arc<Options>,
    /// Requests of each token, session and application server.
    pub(crate) by_principal: Arc<DefaultKeyedRateLimiter<Uuid>>,
    /// Requests of strangers, by network.
    pub(crate) by_network: Arc<DefaultKeyedRateLimiter<Vec<u8>>>,
}

impl State {
    pub(crate) fn new(app: Arc<App>, options: Options) -> Self {
        let per_minute = |requests| Quota::per_minute(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN));
        Self {
            app,
            by_principal: Arc::new(RateLimiter::keyed(per_minute(options.token_requests_per_minute))),
            by_network: Arc::new(RateLimiter::keyed(per_minute(options.stranger_requests_per_minute))),
            options: Arc::new(options),
        }
    }
}

impl FromRef<State> for Arc<App> {
    fn from_ref(state: &State) -> Self {
        Arc::clone(&state.app)
    }
}
