//! For tests: a real PostgreSQL, programs that end with the test, and pages that are made by one.
//!
//! What a test needs and cannot have makes it fail with a sentence that says what to install.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

pub mod golden;
pub mod postgres;
pub mod process;
