//! Which version of a thing the caller has seen (RFC 9110 §13.1.1).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use crate::problem::Problem;
use crate::state::State;

/// The version in `If-Match`; none for `*`. Without the header the request is refused, so that nobody overwrites by
/// accident what somebody else has changed.
pub struct IfMatch(pub Option<i64>);

/// The version in `If-Match`, if the caller cares.
pub struct MayMatch(pub Option<i64>);

impl FromRequestParts<State> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        match read(parts)? {
            Some(version) => Ok(Self(version)),
            None => {
                let detail = "send If-Match with the ETag that you read, or * to overwrite whatever is there";
                Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail))
            }
        }
    }
}

impl FromRequestParts<State> for MayMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        Ok(Self(read(parts)?.flatten()))
    }
}

/// `None`: no header; `Some(None)`: any version; `Some(Some(n))`: version n.
fn read(parts: &Parts) -> Result<Option<Option<i64>>, Problem> {
    let mut values = parts.headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let tag = value.to_str().unwrap_or_default().trim();
    if values.next().is_none() {
        if tag == "*" {
            return Ok(Some(None));
        }
        let version =
            tag.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"')).and_then(|n| n.parse().ok());
        if let Some(version) = version {
            return Ok(Some(Some(version)));
        }
    }
    Err(domain::Invalid::field(
        "If-Match",
        "invalid",
        "must be one ETag as it was sent, such as \"v3\", or *",
    )
    .into())
}
