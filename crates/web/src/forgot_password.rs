//! `/forgot-password`: somebody asks for a link to choose a new password.

use std::sync::Arc;

use app::{App, Error};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Invalid;
use serde::Deserialize;

use super::field::{Field, Fields};
use super::message::Message;
use super::{Pages, page, with_referrer};
use edge::even::evenly;
use edge::extract::{Form, Visitor};
use edge::problem::Problem;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/forgot-password", "Ask for a link to choose a new password", show)
        .post("/forgot-password", "Ask for a link to choose a new password", submit)
        .get("/forgot-password/sent", "Look into your mailbox", sent)
}

#[derive(Template)]
#[template(path = "forgot_password.html")]
struct ForgotPassword {
    fields: Fields,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    email: String,
}

fn form(status: StatusCode, typed: &Typed, wrong: &Invalid) -> Response {
    let fields = Fields::new([Field::email(&typed.email)], wrong);
    with_referrer(page(status, &ForgotPassword { fields }))
}

async fn show() -> Response {
    form(StatusCode::OK, &Typed::default(), &Invalid::default())
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    match evenly(app.forgot_password(&caller, &typed.email)).await {
        Ok(()) => Ok(Redirect::to("/forgot-password/sent").into_response()),
        Err(Error::Invalid(wrong)) => Ok(form(StatusCode::BAD_REQUEST, &typed, &wrong)),
        Err(error) => Err(error.into()),
    }
}

async fn sent() -> Response {
    let text = "If the address has an account, a link to choose a new password is on its way. It works for 30 minutes. If no mail arrives, look among the unwanted ones, or check the address and try again.";
    Message { title: "Look into your mailbox".into(), text: text.into(), next: None, request_id: None }
        .reply(StatusCode::OK)
}
