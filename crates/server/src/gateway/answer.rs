//! What a gateway hears: pass, as this caller; or do not pass, because.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(APPLICATION_ID, id(verified.application_id()));
    headers.insert(PARTNER_ID, id(verified.partner_id()));
    headers.insert(PLAN, text(verified.plan()));
    headers.insert(CREDENTIAL_ID, id(verified.credential_id()));
    headers.insert(SUBSCRIPTION_ID, id(verified.subscription_id()));
    let token = verified.token();
    headers.insert(SUBJECT, text(token.map(|token| token.subject.as_str())));
    headers.insert(SCOPES, text(token.map(|token| token.scopes.join(" ")).as_deref()));
    headers.insert(REQUEST_ID, id(Some(request_id)));
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
    headers.insert(REQUEST_ID, id(Some(request_id)));
    if let Some(challenge) = &refusal.challenge {
        headers.insert(header::WWW_AUTHENTICATE, text(Some(challenge)));
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
    headers.insert(RATE_LIMIT, text(Some(&left)));
    headers.insert(RATE_LIMIT_POLICY, text(Some(policy)));
}

/// The check broke. That opens nothing.
pub(super) fn broken(request_id: Uuid) -> Response {
    refuse(&Reason::Internal.into(), request_id)
}

fn id(id: Option<impl Into<Uuid>>) -> HeaderValue {
    let Some(id) = id else { return NOTHING };
    let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
    text(Some(id.into().hyphenated().encode_lower(&mut buffer)))
}

/// All of it was made fit for a header before; what is not is left out.
fn text(text: Option<&str>) -> HeaderValue {
    text.and_then(|text| HeaderValue::from_str(text).ok()).unwrap_or(NOTHING)
}
