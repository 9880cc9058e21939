//! What a gateway hears: pass, as this caller; or do not pass, because.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use uuid::Uuid;
use verify::{Allowance, Reason, Refusal, Verified};

use super::headers::{
    APPLICATION_ID, CREDENTIAL_ID, PARTNER_ID, PLAN, RATE_LIMIT, RATE_LIMIT_POLICY, REASON, REQUEST_ID,
    SCOPES, SUBJECT, SUBSCRIPTION_ID,
};
use edge::Problem;

const NOTHING: HeaderValue = HeaderValue::from_static("");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// When to ask again after a 503: the database is tried several times a second.
const RETRY_AFTER_S: u64 = 2;
/// When to try again after a 429: guesses are counted by the minute.
const GUESS_AGAIN_AFTER_S: u64 = 60;

/// The call may pass. The one place where a 200 is made; nobody can ask for it without a [`Verified`], which only a
/// decision is.
pub(super) fn pass(verified: &Verified, request_id: Uuid) -> Response {
    let mut values = Values::default();
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(APPLICATION_ID, values.id(verified.application_id()));
    headers.insert(PARTNER_ID, values.id(verified.partner_id()));
    headers.insert(PLAN, values.text(verified.plan()));
    headers.insert(CREDENTIAL_ID, values.id(verified.credential_id()));
    headers.insert(SUBSCRIPTION_ID, values.id(verified.subscription_id()));
    let token = verified.token();
    headers.insert(SUBJECT, values.text(token.map(|token| token.subject.as_str())));
    headers.insert(SCOPES, values.text(token.map(|token| token.scopes.join(" ")).as_deref()));
    headers.insert(REQUEST_ID, values.id(Some(request_id)));
    if let Some(allowance) = verified.allowance() {
        tell(allowance, &mut headers);
    }
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = headers;
    response
}

/// The call may not pass.
pub(super) fn refuse(refusal: &Refusal, request_id: Uuid) -> Response {
    let reason = refusal.reason;
    let status = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::FORBIDDEN);
    let mut problem = Problem::new(status, reason.code(), reason.to_string());
    problem.request_id = Some(request_id.to_string());
    match status {
        StatusCode::SERVICE_UNAVAILABLE => problem = problem.retry_after(RETRY_AFTER_S),
        StatusCode::TOO_MANY_REQUESTS => {
            let after = refusal.allowance.as_ref().map_or(GUESS_AGAIN_AFTER_S, |it| it.reset_s);
            problem = problem.retry_after(after);
        }
        _ => {}
    }
    let mut response = problem.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(REASON, HeaderValue::from_static(reason.code()));
    headers.insert(REQUEST_ID, Values::default().id(Some(request_id)));
    if let Some(challenge) = &refusal.challenge {
        headers.insert(header::WWW_AUTHENTICATE, Values::default().text(Some(challenge)));
    }
    if let Some(allowance) = &refusal.allowance {
        tell(allowance, headers);
    }
    response
}

/// How often the caller may still call: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
/// The policy names every limit of the plan; the other one, the limit that is nearest to be reached.
fn tell(allowance: &Allowance, headers: &mut HeaderMap) {
    let Allowance { limit, remaining, reset_s, policy } = allowance;
    let left = format!("\"{}\";r={remaining};t={reset_s}", limit.per.as_str());
    let mut values = Values::default();
    headers.insert(RATE_LIMIT, values.text(Some(&left)));
    headers.insert(RATE_LIMIT_POLICY, values.text(Some(policy)));
}

/// The check broke. That opens nothing.
pub(super) fn broken(request_id: Uuid) -> Response {
    refuse(&Reason::Internal.into(), request_id)
}

/// Values of headers, cut from one buffer: a piece of memory for each would cost more than writing all of them.
struct Values(BytesMut);

impl Default for Values {
    /// With room for five ids, and a little more.
    fn default() -> Self {
        Self(BytesMut::with_capacity(256))
    }
}

impl Values {
    fn id(&mut self, id: Option<impl Into<Uuid>>) -> HeaderValue {
        let Some(id) = id else { return NOTHING };
        let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
        self.text(Some(id.into().hyphenated().encode_lower(&mut buffer)))
    }

    /// All of it was made fit for a header before; what is not is left out.
    fn text(&mut self, text: Option<&str>) -> HeaderValue {
        let Some(text) = text else { return NOTHING };
        self.0.extend_from_slice(text.as_bytes());
        HeaderValue::from_maybe_shared(self.0.split().freeze()).unwrap_or(NOTHING)
    }
}
