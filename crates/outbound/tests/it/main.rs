//! Mail against a real SMTP server, and HTTP against a real socket, both on loopback.

// Clippy takes only the test functions themselves for tests, not what they call.
#![allow(clippy::unwrap_used)]

mod answers;
mod attacks;
mod certificates;
mod delivery;
mod gateway;
mod guarded;
mod http;
mod mail_worker;
mod receiver;
mod sink;
mod tls;
mod webhooks;
