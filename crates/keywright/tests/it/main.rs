//! The real binary, started as people and scripts start it.
#![allow(clippy::unwrap_used, reason = "these are tests, and their helpers too")]

mod commands;
mod config;
mod harness;
