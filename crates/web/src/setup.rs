//! `/setup`: somebody becomes the first administrator, with the link that Keywright prints when it starts.

use std::sync::Arc;

use app::{App, Error};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Invalid, SecretKind};
use serde::Deserialize;

use super::field::{Field, Fields, typed_twice};
use super::one_time_link::{self, Link};
use super::{Pages, page};
use edge::extract::{Form, Query, Visitor};
use edge::problem::Problem;

pub(super) const PATH: &str = "/setup";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Become the first administrator", show)
        .post(PATH, "Become the first administrator", submit)
        .get("/setup/done", "What to do next", done)
}

#[derive(Template)]
#[template(path = "setup.html")]
struct Setup {
    token: String,
    fields: Fields,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    token: String,
    email: String,
    password: String,
    repeat: String,
}

fn form(typed: &Typed, wrong: &Invalid) -> Setup {
    let fields = [Field::email(&typed.email)].into_iter().chain(Field::new_password());
    Setup { token: typed.token.clone(), fields: Fields::new(fields, wrong) }
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Query(Link { token }): Query<Link>,
) -> Result<Response, Problem> {
    if token.is_empty() {
        return Ok(one_time_link::incomplete());
    }
    if app.is_link_over(SecretKind::Setup, &token).await? {
        return Ok(over(Error::Gone("used or too old")));
    }
    Ok(page(StatusCode::OK, &form(&Typed { token, ..Typed::default() }, &Invalid::default())))
}

/// Says that the link works no more.
fn over(error: Error) -> Response {
    let text = "It was used before, or is older than a day. As long as there is no administrator, Keywright prints a new one when it starts; otherwise make further ones at its command line: keywright admin create.";
    one_time_link::refused(error, text, None)
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let done = match typed_twice(&typed.password, &typed.repeat) {
        Ok(password) => app.set_up(&caller, &typed.token, &typed.email, password).await,
        Err(wrong) => Err(wrong.into()),
    };
    Ok(match done {
        Ok(_) => Redirect::to("/setup/done").into_response(),
        Err(Error::Invalid(wrong)) => page(StatusCode::BAD_REQUEST, &form(&typed, &wrong)),
        Err(error) => over(error),
    })
}

#[derive(Template)]
#[template(path = "setup_done.html")]
struct Done<'a> {
    url: &'a str,
}

async fn done(Shared(app): Shared<Arc<App>>) -> Response {
    page(StatusCode::OK, &Done { url: &app.settings().public_url })
}
