//! The hot path: may this credential call this API?
//!
//! Everything here is synchronous: no I/O, no clock, no HTTP framework, no lock. A gateway holds a call back and asks;
//! what it says about the call is believed only in one spelling ([`Original::parse`] refuses what another server could
//! read differently, and never repairs), and [`Verifier::decide`] answers from memory. What is not in memory, such as an
//! access token that this node has never seen, is a [`Question`] to whoever asks.
//!
//! A refusal is a value like any other. A permission is a [`Verified`], which only `decide` can make: a forgotten
//! status cannot open the door.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod api_key;
mod authorization;
mod catalogue;
mod certificate;
mod challenge;
mod clients;
mod decide;
mod decision;
mod evidence;
mod facts;
mod holder;
mod host;
mod known;
mod limit;
mod method;
mod operations;
mod original;
mod path;
mod prefix;
mod query;
mod reason;
mod snapshot;
mod usage;

pub use certificate::CertificateHeader;
pub use clients::SecretRecord;
pub use decide::{Headers, Request};
pub use decision::{About, Decision, Reason, Refusal, Verified};
pub use evidence::{Evidence, Known, NoEvidence, Question};
pub use facts::{
    ApplicationFacts, BrokenVersion, CatalogueFacts, CertificateTerms, Change, CredentialFacts,
    DeveloperFacts, GrantFacts, PartnerFacts, Proof, SubscriptionFacts, Thing,
};
pub use host::{Host, MAX_HOST};
pub use limit::Allowance;
pub use method::Method;
pub use original::{Original, RawOriginal};
pub use path::{MAX_PATH, RequestPath};
pub use prefix::{BadPrefix, PathPrefix};
pub use query::{MAX_QUERY, query_values};
pub use reason::BadRequestReason;
pub use snapshot::Verifier;
pub use usage::UsageKey;
