//! What the gateway check answers, asked as a gateway asks.
#![allow(clippy::unwrap_used)]

mod certificates;
mod changes;
mod concurrency;
mod credentials;
mod order;
mod owners;
mod places;
mod reference;
mod tokens;
mod unreadable;
mod usage;
mod world;
