//! The names of our headers, and the headers of a call as the check reads them.

use axum::http::{HeaderMap, HeaderName};

pub(super) const APPLICATION_ID: HeaderName = HeaderName::from_static("x-keywright-application-id");
pub(super) const PARTNER_ID: HeaderName = HeaderName::from_static("x-keywright-partner-id");
pub(super) const PLAN: HeaderName = HeaderName::from_static("x-keywright-plan");
pub(super) const CREDENTIAL_ID: HeaderName = HeaderName::from_static("x-keywright-credential-id");
pub(super) const SUBSCRIPTION_ID: HeaderName = HeaderName::from_static("x-keywright-subscription-id");
pub(super) const SUBJECT: HeaderName = HeaderName::from_static("x-keywright-subject");
pub(super) const SCOPES: HeaderName = HeaderName::from_static("x-keywright-scopes");
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-keywright-request-id");

/// What an upstream learns about a call that passed. A gateway has to overwrite each of them, or a caller could forge
/// what we leave out; so on 200 all of them are sent, empty if there is nothing to say.
pub const IDENTITY: [HeaderName; 8] =
    [APPLICATION_ID, PARTNER_ID, PLAN, CREDENTIAL_ID, SUBSCRIPTION_ID, SUBJECT, SCOPES, REQUEST_ID];

/// Why a call was refused.
pub(super) const REASON: HeaderName = HeaderName::from_static("x-keywright-reason");
/// How often the caller may still call, and how often at all.
pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Proves that a gateway asks.
pub(super) const GATEWAY_SECRET: HeaderName = HeaderName::from_static("x-keywright-gateway-secret");

/// The headers of a call.
pub(super) struct CallHeaders<'a>(pub(super) &'a HeaderMap);

impl verify::Headers for CallHeaders<'_> {
    fn each<'a, E>(&'a self, name: &str, take: &mut impl FnMut(&'a [u8]) -> Result<(), E>) -> Result<(), E> {
        self.0.get_all(name).iter().try_for_each(|value| take(value.as_bytes()))
    }
}
