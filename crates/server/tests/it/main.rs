//! The server, over real sockets, on both databases. The tree mirrors the routes: `api/partners.rs` tests
//! `/api/v1/partners`.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod api;
mod attacks_aa_logs;
mod attacks_ab_timing;
mod attacks_l_idor;
mod attacks_v_typing;
mod attacks_w_lists;
mod attacks_x_bombs;
mod attacks_z_unicode;
mod authenticator;
mod browser;
mod contract;
mod database;
mod dialects;
mod gateway;
mod listen;
mod middleware;
mod oauth2;
mod provider;
mod races;
mod reference;
mod roles;
mod schemathesis;
mod support;
mod verifier;
mod web;
mod world;
