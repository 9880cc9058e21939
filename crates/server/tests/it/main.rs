//! The server, over real sockets, on both databases. The tree mirrors the routes: `api/partners.rs` tests
//! `/api/v1/partners`.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod api;
mod gateway;
mod listen;
mod support;
mod verifier;
mod web;
