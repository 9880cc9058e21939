//! `/sign-up`: somebody registers as a developer.

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
    pages.get("/sign-up", "Register", show).post("/sign-up", "Register", submit).get(
        "/sign-up/sent",
        "Look into your mailbox",
        sent,
    )
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUp {
    fields: Fields,
}

/// What was typed.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    email: String,
    name: String,
}

fn form(status: StatusCode, typed: &Typed, wrong: &Invalid) -> Response {
    let fields = Fields::new([Field::email(&typed.email), Field::name(&typed.name)], wrong);
    with_referrer(page(status, &SignUp { fields }))
}

async fn show(Shared(app): Shared<Arc<App>>) -> Result<Response, Problem> {
    app.must_take_registrations()?;
    Ok(form(StatusCode::OK, &Typed::default(), &Invalid::default()))
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    match evenly(app.register(&caller, &typed.email, &typed.name)).await {
        Ok(()) => Ok(Redirect::to("/sign-up/sent").into_response()),
        Err(Error::Invalid(wrong)) => Ok(form(StatusCode::BAD_REQUEST, &typed, &wrong)),
        Err(error) => Err(error.into()),
    }
}

async fn sent() -> Response {
    let text = "We have sent you a link. Open it within 24 hours to confirm your address and to choose a password. If no mail arrives, look among the unwanted ones, or check the address and register again.";
    Message { title: "Look into your mailbox".into(), text: text.into(), next: None, request_id: None }
        .reply(StatusCode::OK)
}
