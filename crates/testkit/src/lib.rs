//! For tests: a real PostgreSQL, and programs that end with the test.
//!
//! What a test needs and cannot have makes it fail with a sentence that says what to install.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

pub mod postgres;
pub mod process;
