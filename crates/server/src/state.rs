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

/// Doors for strangers: registering, signing in, asking for mails.
const STRANGERS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).unwrap();

impl State {
    pub(crate) fn new(app: Arc<App>, options: Options) -> Self {
        let per_minute = NonZeroU32::new(options.token_requests_per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            app,
            options: Arc::new(options),
            by_principal: Arc::new(RateLimiter::keyed(Quota::per_minute(per_minute))),
            by_network: Arc::new(RateLimiter::keyed(Quota::per_minute(STRANGERS_PER_MINUTE))),
        }
    }
}

impl FromRef<State> for Arc<App> {
    fn from_ref(state: &State) -> Self {
        Arc::clone(&state.app)
    }
}
