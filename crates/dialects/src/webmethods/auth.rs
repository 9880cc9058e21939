//! Who calls: Basic, as gateways and scripts do, or the bearer token of a session or of an administrators' tool.

use app::{Caller, Identity};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::error::Fault;
use edge::extract::{Seen, limit, stranger};
use edge::state::State;

/// The header in which browsers' scripts send what `/csrf` gave them.
pub(super) const XSRF: &str = "xsrf-token";

/// Somebody known.
pub(super) struct Portal(pub(super) Caller);

impl FromRequestParts<State> for Portal {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Fault> {
        let nobody = stranger(parts, state);
        let identity = match identify(parts, state, &nobody).await {
            Ok(identity) => identity,
            // Whoever tries names and passwords is a stranger, and counted as one.
            Err(fault) => return Err(counted(&nobody, state).err().unwrap_or(fault)),
        };
        let caller = Caller { identity, ..nobody };
        counted(&caller, state)?;
        if let Some(seen) = parts.extensions.get::<Seen>() {
            seen.note(&caller);
        }
        must_not_be_tricked(parts, state, &caller)?;
        Ok(Self(caller))
    }
}

fn counted(caller: &Caller, state: &State) -> Result<(), Fault> {
    limit(caller, state).map_err(|problem| Fault::limited(problem.retry_after_s.unwrap_or(1)))
}

async fn identify(parts: &Parts, state: &State, nobody: &Caller) -> Result<Identity, Fault> {
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Fault::unauthenticated()) };
    let (scheme, rest) =
        value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(Fault::unauthenticated)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(state.app.identify(rest.trim()).await?);
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Fault::unauthenticated());
    }
    let decoded = BASE64_STANDARD.decode(rest.trim()).map_err(|_| Fault::unauthenticated())?;
    let decoded = String::from_utf8(decoded).map_err(|_| Fault::unauthenticated())?;
    let (user, password) = decoded.split_once(':').ok_or_else(Fault::unauthenticated)?;
    Ok(state.app.identify_basic(nobody, user, password).await?)
}

/// What a browser's script has to send with every change: no other site can make a browser send it.
pub(super) fn xsrf_token(state: &State, caller: &Caller) -> String {
    let (kind, id) = caller.actor().parts();
    let id = id.unwrap_or_default();
    let token = state.app.keys().authenticate("xsrf", &[kind.as_bytes(), id.as_bytes()]);
    hex::encode(token)
}

/// A browser remembers a Basic login and sends it with what any page makes it send. Browsers say who they are, programs
/// do not: from a browser a change needs the token that `/csrf` gave.
fn must_not_be_tricked(parts: &Parts, state: &State, caller: &Caller) -> Result<(), Fault> {
    if matches!(parts.method, Method::GET | Method::HEAD) || !is_browser(&parts.headers) {
        return Ok(());
    }
    let given = parts.headers.get(XSRF).map(|value| value.as_bytes()).unwrap_or_default();
    let expected = xsrf_token(state, caller);
    if bool::from(subtle::ConstantTimeEq::ct_eq(given, expected.as_bytes())) {
        return Ok(());
    }
    Err(Fault::new(StatusCode::FORBIDDEN, "The xsrf-token is missing or wrong"))
}

fn is_browser(headers: &HeaderMap) -> bool {
    headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN)
}
