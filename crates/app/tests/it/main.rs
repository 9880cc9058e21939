//! The use cases, on both databases, by many people at once.
#![allow(clippy::unwrap_used)]

#[macro_use]
mod harness;
mod accounts;
mod credentials;
mod deletion;
mod four_eyes;
mod guesses;
mod invitations;
mod key_rotation;
mod limits;
mod nodes;
mod oauth;
mod once;
mod passwords;
mod permissions;
mod quotas;
mod races;
mod secrets;
mod shop;
mod subscription_mails;
mod subscriptions;
mod tokens;
mod webhooks;
