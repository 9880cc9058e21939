//! Bodies. Members that are not known are ignored, as these interfaces always did; what is known must be right.

use app::{Caller, Claim};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::de::DeserializeOwned;

use super::auth::Portal;
use super::error::Fault;
use edge::extract::{idempotency_claim, read_body};
use edge::state::State;

/// Who calls, and what they sent: JSON, or nothing where that is allowed.
pub(super) struct Sent<T> {
    pub(super) caller: Caller,
    pub(super) body: T,
    /// The body as a value, by which a repeated one is known.
    pub(super) raw: Vec<u8>,
}

impl<T: DeserializeOwned> FromRequest<State> for Sent<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &State) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        // Nobody's body is read.
        let Portal(mut caller) = Portal::from_request_parts(&mut parts, state).await?;
        let claim = idempotency_claim(&parts, state, &caller);
        let bytes = read_body(Request::from_parts(parts, body)).await;
        let bytes = bytes.map_err(|problem| {
            let status = axum::http::StatusCode::from_u16(problem.status);
            Fault::new(status.unwrap_or(axum::http::StatusCode::BAD_REQUEST), problem.detail)
        })?;
        let claim =
            claim.map_err(|_| Fault::wrong("Idempotency-Key must be 1 to 255 visible ASCII characters"))?;
        caller.claim = claim.map(|key| Claim { key, fingerprint: fingerprint(state, &bytes) });
        let body = parse(if bytes.iter().all(u8::is_ascii_whitespace) { b"null" } else { &bytes })?;
        Ok(Self { caller, body, raw: canonical(&bytes) })
    }
}

fn fingerprint(state: &State, bytes: &Bytes) -> [u8; 32] {
    state.app.keys().marks().fingerprint("idempotency-body", &[bytes])
}

/// Tells where it is wrong, and nothing of the content: it may be a secret.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let (line, column) = (error.inner().line(), error.inner().column());
        Fault::payload(format!("at {} (line {line}, column {column})", edge::extract::printable(&path)))
    })?;
    json.end().map_err(|_| Fault::payload("there is something after the end"))?;
    Ok(value)
}

/// The same value in one spelling: with its members in order, without blanks.
fn canonical(bytes: &[u8]) -> Vec<u8> {
    let value: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    value.and_then(|value| serde_json::to_vec(&value).ok()).unwrap_or_default()
}
