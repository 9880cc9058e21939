//! The interfaces of the systems that Keywright stands in for.

mod konnect;
mod webmethods;
