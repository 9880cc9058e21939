//! Who calls: by the cookie `portalaccesstoken`, and by nothing else. There are no bearer tokens in this API.

use app::{Caller, Identity};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::cookies;
use super::error::Refusal;
use edge::extract::{Seen, limit, stranger};
use edge::state::State;

/// A developer who has signed in.
pub(super) struct Developer(pub(super) Caller);

/// As [`Developer`], where applications are concerned: a public portal has none, and knows nothing of such paths.
pub(super) struct Private(pub(super) Caller);

/// Whoever looks at the catalogue, signed in or not.
pub(super) struct Guest(pub(super) Caller);

/// Somebody at one of the doors: to register, to sign in, to ask for a mail.
pub(super) struct Stranger(pub(super) Caller);

impl FromRequestParts<State> for Developer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        let caller = identify(parts, state).await?;
        limit(&caller, state)?;
        if caller.developer().is_none() {
            return Err(Refusal::unauthorized());
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<State> for Private {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        if state.app.portal().await?.is_public {
            return Err(Refusal::not_found());
        }
        Developer::from_request_parts(parts, state).await.map(|Developer(caller)| Self(caller))
    }
}

impl FromRequestParts<State> for Guest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        let caller = identify(parts, state).await?;
        match (&caller.identity, caller.address) {
            // Looking is not knocking: a page of the portal asks for many things at once.
            (Identity::Anonymous, Some(address)) => state
                .by_reader
                .check(&app::network(address))
                .map_err(|seconds| app::Error::Limited { retry_after_s: seconds })?,
            _ => limit(&caller, state)?,
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<State> for Stranger {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        let caller = stranger(parts, state);
        limit(&caller, state)?;
        Ok(Self(caller))
    }
}

/// The developer whom the cookie names; nobody if it is missing, has ended, or is somebody else's.
async fn identify(parts: &Parts, state: &State) -> Result<Caller, Refusal> {
    let nobody = stranger(parts, state);
    let Some(secret) = cookies::access(&parts.headers) else { return Ok(nobody) };
    let identity = match state.app.identify(secret).await {
        Ok(identity @ Identity::Developer { .. }) => identity,
        Ok(_) | Err(app::Error::Unauthenticated(_)) => return Ok(nobody),
        Err(error) => return Err(error.into()),
    };
    let caller = Caller { identity, ..nobody };
    if let Some(seen) = parts.extensions.get::<Seen>() {
        seen.note(&caller);
    }
    Ok(caller)
}
