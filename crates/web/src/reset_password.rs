//! `/reset-password`: somebody chooses a new password, with the link out of a mail.

use std::sync::Arc;

use app::{App, Error};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Invalid, SecretKind};

use super::field::{Field, Fields};
use super::notice::{Notice, redirect};
use super::one_time_link::{self, Link, NewPassword};
use super::{Pages, page};
use edge::extract::{Form, Query, Visitor};
use edge::problem::Problem;

pub(super) const PATH: &str = "/reset-password";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Choose a new password", show).post(PATH, "Choose a new password", submit)
}

#[derive(Template)]
#[template(path = "reset_password.html")]
struct ResetPassword {
    token: String,
    fields: Fields,
}

fn form(token: String, wrong: &Invalid) -> ResetPassword {
    ResetPassword { token, fields: Fields::new(Field::new_password(), wrong) }
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Query(Link { token }): Query<Link>,
) -> Result<Response, Problem> {
    if token.is_empty() {
        return Ok(one_time_link::incomplete());
    }
    if app.is_link_over(SecretKind::PasswordReset, &token).await? {
        return Ok(over(Error::Gone("used or too old")));
    }
    Ok(page(StatusCode::OK, &form(token, &Invalid::default())))
}

/// Says that the link works no more.
fn over(error: Error) -> Response {
    let text =
        "It was used before, is older than 30 minutes, or a newer one was sent. Only the last one works.";
    one_time_link::refused(error, text, Some(("/forgot-password", "Get a new link")))
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Form(typed): Form<NewPassword>,
) -> Result<Response, Problem> {
    let done = match typed.password() {
        Ok(password) => app.reset_password(&caller, &typed.token, password).await,
        Err(wrong) => Err(wrong.into()),
    };
    Ok(match done {
        Ok(()) => redirect("/sign-in", Notice::PasswordChanged),
        Err(Error::Invalid(wrong)) => page(StatusCode::BAD_REQUEST, &form(typed.token, &wrong)),
        Err(error) => over(error),
    })
}
