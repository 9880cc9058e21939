//! `/verify-email`: somebody proves to read mail at an address, and chooses a password.

use std::sync::Arc;

use app::{App, Error};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{DeveloperState, Invalid, SecretKind};

use super::field::{Field, Fields};
use super::notice::{Notice, redirect};
use super::one_time_link::{self, Link, NewPassword};
use super::{Pages, invitation, page, sign_in};
use edge::extract::{Form, Query, Visitor};
use edge::problem::Problem;
use edge::state::State;

pub(super) const PATH: &str = "/verify-email";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Confirm an e-mail address", show).post(PATH, "Confirm an e-mail address", submit)
}

#[derive(Template)]
#[template(path = "verify_email.html")]
struct VerifyEmail {
    token: String,
    fields: Fields,
}

fn form(token: String, wrong: &Invalid) -> VerifyEmail {
    VerifyEmail { token, fields: Fields::new(Field::new_password(), wrong) }
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Query(Link { token }): Query<Link>,
) -> Result<Response, Problem> {
    if token.is_empty() {
        return Ok(one_time_link::incomplete());
    }
    if app.is_link_over(SecretKind::EmailVerification, &token).await? {
        return Ok(over(Error::Gone("used or too old")));
    }
    Ok(page(StatusCode::OK, &form(token, &Invalid::default())))
}

/// Says that the link works no more.
fn over(error: Error) -> Response {
    let text = "It was used before, or is older than 24 hours. Register again with the same address, and we send you a new one.";
    one_time_link::refused(error, text, Some(("/sign-up", "Register again")))
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    Visitor(caller): Visitor,
    headers: HeaderMap,
    Form(typed): Form<NewPassword>,
) -> Result<Response, Problem> {
    let proven = match typed.password() {
        Ok(password) => app.verify_email(&caller, &typed.token, Some(password)).await,
        Err(wrong) => Err(wrong.into()),
    };
    Ok(match proven {
        Ok(proven) if proven.developer.state == DeveloperState::Approved => {
            // Who came with an invitation goes on to it.
            let next = invitation::brought_along(&headers, &state.options.public_url);
            let sign_in = next.map_or("/sign-in".to_owned(), |next| sign_in::path_to(&next));
            redirect(&sign_in, Notice::Confirmed)
        }
        Ok(_) => redirect("/sign-in", Notice::Waiting),
        Err(Error::Invalid(wrong)) => page(StatusCode::BAD_REQUEST, &form(typed.token, &wrong)),
        Err(error) => over(error),
    })
}
