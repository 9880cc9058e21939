//! The same questions to SQLite and to PostgreSQL, and the same answers expected.
#![allow(clippy::unwrap_used)]

#[macro_use]
mod harness;
mod audit;
mod corrupt;
mod locked;
mod locks;
mod mails;
mod migrations;
mod nouns;
mod oauth;
mod once;
mod paging;
mod references;
mod sample;
mod search;
mod snapshot;
mod unique;
mod usage;
mod webhooks;
