//! `/sign-in/code` and `/sign-in/enroll`: the second step of signing in. What carries somebody from the first one is in
//! the form, sealed: until the code is there, there is no session.

use std::sync::Arc;

use app::{App, Enrollment, Error, SignInStep};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::field::Field;
use super::form::Form;
use super::qr::Qr;
use super::refused::Answer;
use super::sign_in;
use super::typed::Typed;
use super::visit::{Anybody, Guest, Sent};
use super::{Pages, framed};
use edge::even::evenly_unless_done;
use edge::state::State;

const CODE: &str = "/sign-in/code";
const ENROLL: &str = "/sign-in/enroll";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.post(CODE, "Sign in: the code", submit_code).post(
        ENROLL,
        "Sign in: set up a second factor",
        submit_enrollment,
    )
}

#[derive(Template)]
#[template(path = "second_step.html")]
struct Step {
    title: &'static str,
    lead: &'static str,
    /// What an app reads, and the same to be typed.
    qr: Option<(Qr, String)>,
    form: Option<Form>,
    /// Recovery codes, and where to go on when they are stored.
    codes: Option<(String, String)>,
}

fn step_form(guest: &Guest, action: &'static str, ticket: &str, next: &str, submit: &'static str) -> Form {
    Form::new(guest, action, submit)
        .field(Field::hidden("ticket", ticket))
        .field(Field::hidden("next", next))
        .field(Field::code("code", "Code").focused())
        .cancel("/sign-in")
}

fn code_page(status: StatusCode, form: Form) -> Response {
    let lead =
        "Type the six digits that the app on your phone shows for Keywright, or one of your recovery codes.";
    framed(status, &Step { title: "Your code", lead, qr: None, form: Some(form), codes: None })
}

fn enroll_page(status: StatusCode, enrollment: &Enrollment, form: Form) -> Response {
    let lead = "A second factor is demanded here. Read this picture with an app for codes (TOTP) on your phone, then type the six digits that it shows.";
    let provision = &enrollment.provision;
    let qr = Qr::of(&provision.address).map(|qr| (qr, provision.secret.clone()));
    framed(status, &Step { title: "Set up a second factor", lead, qr, form: Some(form), codes: None })
}

/// What comes after the password: the page that asks for more, or where somebody wanted to go.
pub(super) async fn go_on(app: &App, state: &State, guest: &Guest, next: &str, step: &SignInStep) -> Answer {
    let page = match step {
        SignInStep::Done(signed_in) => return sign_in::finish(app, state, guest, next, signed_in).await,
        SignInStep::Code { ticket } => {
            code_page(StatusCode::OK, step_form(guest, CODE, ticket, next, "Sign in"))
        }
        SignInStep::Enroll { enrollment } => {
            let form = step_form(guest, ENROLL, &enrollment.ticket, next, "Set up and sign in");
            enroll_page(StatusCode::OK, enrollment, form)
        }
    };
    Ok(sign_in::leading_to(page, app, next))
}

fn next(typed: &Typed) -> &str {
    edge::own_path(typed.text("next")).unwrap_or_default()
}

async fn submit_code(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Sent { visit, typed }: Sent<Anybody>,
) -> Answer {
    let (ticket, next) = (typed.text("ticket"), next(&typed));
    let signing_in =
        app.sign_in_with_code(&visit.caller, ticket, typed.text("code"), edge::user_agent(&headers));
    match evenly_unless_done(signing_in).await {
        Ok(signed_in) => sign_in::finish(&app, &state, &visit, next, &signed_in).await,
        // From the beginning.
        Err(Error::Gone(_)) => Ok(Redirect::to(&sign_in::path_to(next)).into_response()),
        Err(error) => {
            let (status, form) = step_form(&visit, CODE, ticket, next, "Sign in").refused(&typed, error)?;
            Ok(sign_in::leading_to(code_page(status, form), &app, next))
        }
    }
}

async fn submit_enrollment(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Sent { visit, typed }: Sent<Anybody>,
) -> Answer {
    let (ticket, next) = (typed.text("ticket"), next(&typed));
    match app.enroll_at_sign_in(&visit.caller, ticket, typed.text("code"), edge::user_agent(&headers)).await {
        Ok((signed_in, codes)) => {
            let page = codes_page(codes, sign_in::next_or_home(next, &signed_in));
            sign_in::let_in(&app, &state, &visit, page, &signed_in).await
        }
        Err(Error::Gone(_)) => Ok(Redirect::to(&sign_in::path_to(next)).into_response()),
        Err(error) => {
            let enrollment = app.enrollment_at_sign_in(ticket).await?;
            let form = step_form(&visit, ENROLL, ticket, next, "Set up and sign in");
            let (status, form) = form.refused(&typed, error)?;
            Ok(sign_in::leading_to(enroll_page(status, &enrollment, form), &app, next))
        }
    }
}

fn codes_page(codes: Vec<String>, next: &str) -> Response {
    let lead = "Your second factor is set up. These codes are for the day on which the phone is lost: each works once. This is the only time that you see them.";
    let codes = Some((codes.join("\n"), next.to_owned()));
    framed(StatusCode::OK, &Step { title: "Your recovery codes", lead, qr: None, form: None, codes })
}
