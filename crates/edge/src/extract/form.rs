//! Forms that a page has sent.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use oauth::Params;
use serde::de::DeserializeOwned;

use super::body::{must_be, read};
use crate::problem::Problem;
use crate::state::State;

/// What was typed into a form. Fields that the page does not know are left out: browsers and their helpers add some.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<State> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let bytes = form_body(request).await?;
        serde_urlencoded::from_bytes(&bytes)
            .map(Self)
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "malformed", "the form could not be read"))
    }
}

/// The parameters of a form, for the doors of the authorization server.
pub async fn form_params(request: Request) -> Result<Params, Problem> {
    let bytes = form_body(request).await?;
    Params::parse(&bytes).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, error.code.as_str(), error.description.to_string())
    })
}

/// The body of a form, as it was sent.
pub async fn form_body(request: Request) -> Result<Bytes, Problem> {
    must_be("application/x-www-form-urlencoded", request.headers())?;
    read(request).await
}
