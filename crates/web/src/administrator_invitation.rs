//! `/administrator-invitation`: somebody who was invited to run this installation chooses a password, with the link out of
//! a mail.

use std::sync::Arc;

use app::{App, Error};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::Invalid;

use super::field::{Field, Fields};
use super::notice::{Notice, redirect};
use super::one_time_link::{self, Link, NewPassword};
use super::{Pages, page};
use edge::extract::{Form, Query, Visitor};
use edge::problem::Problem;

pub(super) const PATH: &str = "/administrator-invitation";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Become an administrator who was invited", show).post(
        PATH,
        "Become an administrator who was invited",
        submit,
    )
}

#[derive(Template)]
#[template(path = "administrator_invitation.html")]
struct Page {
    token: String,
    /// By which they will sign in; empty as long as the link is not known to be good.
    email: String,
    role: &'static str,
    fields: Fields,
}

/// The form.
///
/// # Errors
/// [`Error::Gone`] if the link works no more.
async fn form(app: &App, token: String, wrong: &Invalid) -> Result<Page, Error> {
    let behind = app.administrator_invitation_behind(&token).await?;
    let email = behind.as_ref().map(|it| it.email.to_string()).unwrap_or_default();
    let role = behind.map_or("", |it| it.role.as_str());
    Ok(Page { token, email, role, fields: Fields::new(Field::new_password(), wrong) })
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Query(Link { token }): Query<Link>,
) -> Result<Response, Problem> {
    if token.is_empty() {
        return Ok(one_time_link::incomplete());
    }
    Ok(match form(&app, token, &Invalid::default()).await {
        Ok(form) => page(StatusCode::OK, &form),
        Err(error) => over(error),
    })
}

/// Says that the link works no more.
fn over(error: Error) -> Response {
    let text = "It was used before, is older than 48 hours, was taken back, or a newer one was sent. Ask whoever invited you for another.";
    one_time_link::refused(error, text, None)
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Form(typed): Form<NewPassword>,
) -> Result<Response, Problem> {
    let done = match typed.password() {
        Ok(password) => app.accept_administrator_invitation(&caller, &typed.token, password).await,
        Err(wrong) => Err(wrong.into()),
    };
    Ok(match done {
        Ok(_) => redirect("/sign-in", Notice::Confirmed),
        Err(Error::Invalid(wrong)) => match form(&app, typed.token, &wrong).await {
            Ok(form) => page(StatusCode::BAD_REQUEST, &form),
            Err(error) => over(error),
        },
        Err(error) => over(error),
    })
}
