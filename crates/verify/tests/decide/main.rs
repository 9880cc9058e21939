//! What the gateway check answers, asked as a gateway asks.
#![allow(clippy::unwrap_used)]

mod changes;
mod concurrency;
mod credentials;
mod order;
mod places;
mod reference;
mod unreadable;
mod world;
