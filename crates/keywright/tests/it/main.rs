//! The real binary, started as people and scripts start it.
#![allow(clippy::unwrap_used, reason = "these are tests, and their helpers too")]

mod administration;
mod commands;
mod config;
mod doctor;
mod faults;
mod harness;
mod key_rotation;
mod master_key;
mod oauth_faults;
mod quickstart;
mod serve;
mod server;
mod webhook_faults;
