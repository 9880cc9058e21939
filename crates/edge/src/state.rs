//! What every handler of the public listener can reach.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use app::App;
use axum::extract::FromRef;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use outbound::webhook::WebhookSender;
use uuid::Uuid;

use crate::{Options, RequestIds};

/// Shared by all handlers. Routers and layers copy it several times for each request, which costs one count.
#[derive(Clone)]
pub struct State(Arc<Things>);

/// What is shared.
pub struct Things {
    /// The use cases.
    pub app: Arc<App>,
    /// What is known of the installation.
    pub options: Options,
    /// Where requests get their ids from.
    pub request_ids: RequestIds,
    /// Requests of each token, session and application server.
    pub by_principal: Limiter<Uuid>,
    /// Requests of strangers, by network.
    pub by_network: Limiter<Vec<u8>>,
    /// Requests of strangers who only look at what is public, by network.
    pub by_reader: Limiter<Vec<u8>>,
    /// Calls that each person tries out.
    pub calls_tried: Limiter<Uuid>,
    /// Test calls of each webhook endpoint.
    pub webhook_tests: Limiter<Uuid>,
    /// Made when the first test call is: it reads the certificates that this machine trusts.
    webhook_sender: OnceLock<WebhookSender>,
}

/// So many requests a minute for each key, all of which may come at once.
pub struct Limiter<K: Clone + Hash + Eq> {
    limiter: DefaultKeyedRateLimiter<K>,
    asked: AtomicU32,
}

impl<K: Clone + Hash + Eq> Limiter<K> {
    /// Keys that were not seen for a while are forgotten each time so many requests have come: whoever changes
    /// addresses cannot fill the memory.
    const FORGET_EVERY: u32 = 4_096;

    fn new(per_minute: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::keyed(quota), asked: AtomicU32::new(0) }
    }

    /// `Err`: not now, but in so many seconds.
    pub fn check(&self, key: &K) -> Result<(), u64> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % Self::FORGET_EVERY == Self::FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        let now = DefaultClock::default().now();
        self.limiter.check_key(key).map_err(|until| until.wait_time_from(now).as_secs() + 1)
    }
}

impl State {
    /// With limits that count from now on.
    pub fn new(app: Arc<App>, options: Options) -> Self {
        Self(Arc::new(Things {
            app,
            request_ids: RequestIds::new(),
            by_principal: Limiter::new(options.token_requests_per_minute),
            by_network: Limiter::new(options.stranger_requests_per_minute),
            by_reader: Limiter::new(options.token_requests_per_minute),
            calls_tried: Limiter::new(TRIED_PER_MINUTE),
            webhook_tests: Limiter::new(WEBHOOK_TESTS_PER_MINUTE),
            webhook_sender: OnceLock::new(),
            options,
        }))
    }

    /// Sends test calls.
    pub fn webhook_sender(&self) -> &WebhookSender {
        self.webhook_sender.get_or_init(|| WebhookSender::new(self.app.settings().outbound.clone()))
    }
}

impl Deref for State {
    type Target = Things;

    fn deref(&self) -> &Things {
        &self.0
    }
}

/// Whoever tries an API out must not make one of us, either: each call occupies the gateway and this server.
const TRIED_PER_MINUTE: u32 = 30;

/// Whoever tries an endpoint out must not make a cannon of us.
const WEBHOOK_TESTS_PER_MINUTE: u32 = 10;

impl FromRef<State> for Arc<App> {
    fn from_ref(state: &State) -> Self {
        Arc::clone(&state.app)
    }
}
