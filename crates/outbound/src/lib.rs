//! What goes out: mail by SMTP, and HTTP requests under one set of address rules.
//!
//! No other crate talks to a network that Keywright doesn't own.

pub mod bridge;
pub mod email;
pub mod gateway;
pub mod guarded;
pub mod http;
pub mod identity_provider;
pub mod mail_worker;
pub mod webhook;
pub mod webhook_worker;
pub mod webmethods;
