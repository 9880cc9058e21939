//! What pages have in common that are reached by a link with a secret in it. The secret goes from the address into the
//! form, and stays out of everything else: nothing foreign is on these pages, and browsers are told to say nothing of
//! their address. Only the form's being sent uses it, so that scanners that open links in mails use up nothing.

use app::Error;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::Invalid;
use serde::Deserialize;

use super::field::typed_twice;
use super::message::Message;
use edge::problem::Problem;

/// All such pages.
pub(super) const PATHS: [&str; 4] = [
    super::setup::PATH,
    super::verify_email::PATH,
    super::reset_password::PATH,
    super::administrator_invitation::PATH,
];

/// What comes after the question mark.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    pub(super) token: String,
}

/// What was typed into a form that asks for nothing but a new password.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewPassword {
    pub(super) token: String,
    password: String,
    repeat: String,
}

impl NewPassword {
    /// The password, if it was typed twice.
    ///
    /// # Errors
    /// If the two differ.
    pub(super) fn password(&self) -> Result<&str, Invalid> {
        typed_twice(&self.password, &self.repeat)
    }
}

/// A link without its secret.
pub(super) fn incomplete() -> Response {
    let text =
        "Its end is missing. If it was broken into several lines, put them together and open it again.";
    Message { title: "This link is incomplete".into(), text: text.into(), next: None, request_id: None }
        .reply(StatusCode::BAD_REQUEST)
}

/// Why a form with such a secret was refused, as a page. `again`: where to get a new link.
pub(super) fn refused(
    error: Error,
    text: &'static str,
    again: Option<(&'static str, &'static str)>,
) -> Response {
    let status = match error {
        Error::Gone(_) => StatusCode::GONE,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        other => return Problem::from(other).into_response(),
    };
    let title = "This link does not work any more";
    let again = again.map(|(address, words)| (address.into(), words.into()));
    Message { title: title.into(), text: text.into(), next: again, request_id: None }.reply(status)
}
