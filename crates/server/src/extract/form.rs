//! Forms that a page has sent.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::body::{must_be, read};
use crate::problem::Problem;
use crate::state::State;

/// What was typed into a form. Fields that the page does not know are left out: browsers and their helpers add some.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<State> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        must_be("application/x-www-form-urlencoded", request.headers())?;
        let bytes = read(request).await?;
        serde_urlencoded::from_bytes(&bytes)
            .map(Self)
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "malformed", "the form could not be read"))
    }
}
