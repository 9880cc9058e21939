//! The hot path: may this credential call this API?
//!
//! Everything here is synchronous and pure: no I/O, no clock, no HTTP framework. It starts with what the
//! gateway says about the call it holds back, which is believed only in one spelling: [`Original::parse`]
//! refuses what another server could read differently, and never repairs.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod host;
mod method;
mod original;
mod path;
mod prefix;
mod query;
mod reason;

pub use host::{Host, MAX_HOST};
pub use method::Method;
pub use original::{Original, RawOriginal};
pub use path::{MAX_PATH, RequestPath};
pub use prefix::{BadPrefix, PathPrefix};
pub use query::{MAX_QUERY, query_values};
pub use reason::BadRequestReason;
