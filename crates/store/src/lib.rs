//! Where everything is kept: SQLite or PostgreSQL, one code path.
//!
//! What crosses this border are domain types and [`Error`]; entities, queries and migrations stay inside. Reading goes
//! through [`Read`], on the pool or inside a transaction alike. Writing goes through [`Tx`], and the only way to write
//! a noun is [`Tx::save`], which takes a whole [`domain::Transition`] and adds the audit line.

// The entity derives want `pub` types; their modules keep them inside.
#![allow(unreachable_pub)]

mod access_token;
mod account;
mod administrator;
mod administrator_invitation;
mod api;
mod application;
mod approval;
mod audit;
mod auth_strategy;
mod bridge_client;
mod bridge_notice;
mod client;
mod connect;
mod connection;
mod credential;
mod developer;
mod document;
mod error;
mod external_token;
mod factor;
mod gateway;
mod group;
mod hashed;
mod idempotency;
mod identity_provider;
mod invitation;
mod linked_identity;
mod lock;
mod mail;
mod many_rows;
mod master_key;
mod migration;
mod node;
mod oauth_grant;
mod oauth_scope;
mod oauth_token;
mod partner;
mod passkey;
mod plan;
mod portal;
mod provision;
mod read;
mod record;
mod refused_call;
mod request;
mod resealing;
mod session;
mod sign_in_attempt;
mod signing_key;
mod snapshot;
mod subscription;
mod throttle;
mod token;
mod token_definition;
mod tx;
mod usage;
mod usage_report;
mod webhook_attempt;
mod webhook_claim;
mod webhook_delivery;
mod webhook_endpoint;
mod webhook_event;
mod webhook_interest;
mod webhook_queue;
mod webhook_report;

pub use account::OneTimeToken;
pub use api::{ApiFilter, ApiVersionFilter};
pub use application::{ApplicationFilter, SubscribedTo};
pub use audit::{AuditFilter, AuditLine, Deed};
pub use bridge_client::BridgeClient;
pub use bridge_notice::BridgeNotice;
pub use client::ClientFilter;
pub use connect::{Engine, Load, Store};
pub use connection::Connection;
pub use credential::CredentialFilter;
pub use developer::DeveloperFilter;
pub use error::Error;
pub use idempotency::{Claim, Claimed};
pub use invitation::InvitationFilter;
pub use mail::{MailFilter, MailRecord, MailResult};
pub use oauth_grant::GrantsOf;
pub use oauth_token::{AuthorizationCode, RefreshToken};
pub use partner::PartnerFilter;
pub use provision::ProvisionFilter;
pub use read::{Page, PageRequest, Read, Slice, Sliced};
pub use record::{Owned, Record};
pub use refused_call::{RefusedCall, RefusedCallFilter};
pub use request::RequestFilter;
pub use resealing::{CellKey, Cells, Resealed, SealedCell};
pub use sign_in_attempt::SignInAttempt;
pub use snapshot::{Changes, Found};
pub use subscription::SubscriptionFilter;
pub use tx::{Author, Tx};
pub use usage::{UsageCount, UsageDimension, UsageFilter, UsageStep};
pub use usage_report::UsageReport;
pub use webhook_claim::{ClaimedDelivery, Wanted};
pub use webhook_delivery::WebhookDeliveryFilter;
pub use webhook_endpoint::WebhookEndpointFilter;
pub use webhook_event::WebhookEventFilter;
pub use webhook_queue::{Health, HealthNote, HealthOutcome, Lane};
pub use webhook_report::AttemptReport;

/// The answer of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
