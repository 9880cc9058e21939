//! Parameters in the query.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::{field_error, printable};
use crate::problem::Problem;
use crate::state::State;

/// The longest value, in characters.
const MAX_VALUE: usize = 512;

/// The parameters of a request. Unknown and repeated ones are errors that name them.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<State> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if name.chars().chain(value.chars()).any(char::is_control) || value.chars().count() > MAX_VALUE {
                let message = format!("must be at most {MAX_VALUE} characters, without control characters");
                return Err(domain::Invalid::field(printable(&name), "invalid", message).into());
            }
        }
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs)
            .map(Self)
            .map_err(|error| field_error(&error.path().to_string(), &error.inner().to_string()).into())
    }
}
