//! For tests: a real PostgreSQL, programs that end with the test, many tasks at once, and pages that are made by a test.
//!
//! What a test needs and cannot have makes it fail with a sentence that says what to install.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

pub mod golden;
pub mod node;
pub mod postgres;
pub mod process;
pub mod python;
pub mod tasks;
