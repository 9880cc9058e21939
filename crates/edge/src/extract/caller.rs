//! Who calls.

use app::{Caller, Identity};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use uuid::Uuid;

use super::address::client_address;
use super::{RequestId, Seen};
use crate::problem::Problem;
use crate::state::State;

/// Somebody known: a tool with an API token, or a person with a session. Nobody else gets past this.
pub struct Who(pub Caller);

/// Anybody, known or not.
pub struct Visitor(pub Caller);

impl FromRequestParts<State> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let Visitor(caller) = Visitor::from_request_parts(parts, state).await?;
        match caller.identity {
            Identity::Anonymous => {
                let detail = "send an API token or a session as: Authorization: Bearer …";
                Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail))
            }
            _ => Ok(Self(caller)),
        }
    }
}

impl FromRequestParts<State> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let caller = match bearer(parts)? {
            Some(token) => caller_of(state.app.identify(token).await?, parts, state),
            None => stranger(parts, state),
        };
        limit(&caller, state)?;
        if let Some(seen) = parts.extensions.get::<Seen>() {
            seen.note(&caller);
        }
        Ok(Self(caller))
    }
}

/// Somebody of whom nothing is known but where the request came from.
pub fn stranger(parts: &Parts, state: &State) -> Caller {
    caller_of(Identity::Anonymous, parts, state)
}

/// A program that says in its own way who it is: nobody to us until that was looked at.
pub struct Machine(pub Caller);

impl FromRequestParts<State> for Machine {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Self::Rejection> {
        Ok(Self(caller_of(Identity::Anonymous, parts, state)))
    }
}

/// Somebody who was recognised, from where, and in the course of which request.
pub fn caller_of(identity: Identity, parts: &Parts, state: &State) -> Caller {
    let address = client_address(parts, &state.options.trusted_proxies);
    Caller { identity, address, request_id: request_id(parts), claim: None }
}

fn request_id(parts: &Parts) -> Uuid {
    parts.extensions.get::<RequestId>().map_or_else(Uuid::now_v7, |id| id.0)
}

/// The bearer token (RFC 6750 §2.1), if there is one.
fn bearer(parts: &Parts) -> Result<Option<&str>, Problem> {
    let refused = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail);
    let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(refused("send one Authorization header, not several"));
    }
    let value = value.to_str().map_err(|_| refused("the Authorization header is not readable"))?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.contains(' ') => {
            Ok(Some(token))
        }
        _ => Err(refused("send the token as: Authorization: Bearer …")),
    }
}

/// Requests a minute: by token or session; strangers by network.
pub fn limit(caller: &Caller, state: &State) -> Result<(), Problem> {
    let checked = match &caller.identity {
        Identity::Token { id, .. } => state.by_principal.check(&id.0),
        Identity::Developer { session_id, .. }
        | Identity::Administrator { session_id, .. }
        | Identity::Provider { session_id, .. } => state.by_principal.check(&session_id.0),
        Identity::Anonymous => match caller.address {
            Some(address) => state.by_network.check(&app::network(address)),
            None => Ok(()),
        },
        Identity::Operator | Identity::System => Ok(()),
    };
    checked.map_err(|seconds| {
        let detail = format!("too many requests; try again in {seconds} s");
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail).retry_after(seconds)
    })
}
