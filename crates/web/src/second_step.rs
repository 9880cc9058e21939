//! `/sign-in/code` and `/sign-in/enroll`: the second step of signing in. What carries somebody from the first one is in
//! the form, sealed: until the code or the passkey is there, there is no session.

use std::sync::Arc;

use app::{App, Enrollment, Error, SecondStep, SignInStep};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::field::Field;
use super::form::Form;
use super::passkeys::usual_name;
use super::qr::Qr;
use super::refused::{Answer, Refused};
use super::sign_in;
use super::typed::Typed;
use super::visit::{Anybody, Guest, Sent};
use super::{Pages, framed};
use edge::even::evenly_unless_done;
use edge::state::State;

const CODE: &str = "/sign-in/code";
const PASSKEY: &str = "/sign-in/code/passkey";
const ENROLL: &str = "/sign-in/enroll";
const ENROLL_PASSKEY: &str = "/sign-in/enroll/passkey";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .post(CODE, "Sign in: the code", submit_code)
        .post(PASSKEY, "Sign in: the passkey after the password", submit_passkey)
        .post(ENROLL, "Sign in: set up a second factor", submit_enrollment)
        .post(ENROLL_PASSKEY, "Sign in: set up a passkey as second factor", submit_new_passkey)
}

#[derive(Template)]
#[template(path = "second_step.html")]
struct Step {
    title: &'static str,
    lead: &'static str,
    /// What an app reads, and the same to be typed.
    qr: Option<(Qr, String)>,
    form: Option<Form>,
    /// The other way.
    passkey: Option<Form>,
    /// Recovery codes, and where to go on when they are stored.
    codes: Option<(String, String)>,
}

impl Step {
    fn is_wrong(&self) -> bool {
        self.form.as_ref().is_some_and(Form::is_wrong) || self.passkey.as_ref().is_some_and(Form::is_wrong)
    }
}

/// What a form at this step carries, sealed.
fn code_form(guest: &Guest, action: &'static str, ticket: &str, next: &str, submit: &'static str) -> Form {
    Form::new(guest, action, submit)
        .field(Field::hidden("ticket", ticket))
        .field(Field::hidden("next", next))
        .field(Field::code("code", "Code").focused())
        .cancel("/sign-in")
}

fn passkey_form(guest: &Guest) -> Form {
    Form::new(guest, PASSKEY, "Use a passkey")
}

fn new_passkey_form(guest: &Guest) -> Form {
    Form::new(guest, ENROLL_PASSKEY, "Set up a passkey instead").quiet()
}

/// The form of a passkey goes on with the ticket of the step before, in case it has to be shown again.
fn carrying(form: Form, ticket: &str, next: &str) -> Form {
    form.field(Field::hidden("step", ticket)).field(Field::hidden("next", next))
}

/// The page that asks for a code or a passkey, with forms that are fresh or were refused.
async fn code_page(
    app: &App,
    status: StatusCode,
    (ticket, next): (&str, &str),
    form: Form,
    passkey: Form,
) -> Answer {
    let SecondStep { passkey: request, by_app } = app.second_step(ticket).await?;
    let lead = match (&request, by_app) {
        (None, true) => {
            "Type the six digits that the app on your phone shows for Keywright, or one of your recovery codes."
        }
        (Some(_), true) => {
            "Use one of your passkeys, or type the six digits that the app on your phone shows for Keywright, or one of your recovery codes."
        }
        (Some(_), false) => "Use one of your passkeys, or type one of your recovery codes.",
        (None, false) => "Type one of your recovery codes.",
    };
    let without = "This browser uses no passkeys, or runs no scripts here: use a code, or another browser.";
    let passkey = request.map(|request| carrying(passkey, ticket, next).asking("get", &request, without));
    let title = if passkey.is_some() { "Your second factor" } else { "Your code" };
    let page = framed(status, &Step { title, lead, qr: None, form: Some(form), passkey, codes: None });
    Ok(sign_in::leading_to(page, app, next))
}

/// The page that has a second factor set up, with forms that are fresh or were refused.
async fn enroll_page(
    app: &App,
    status: StatusCode,
    enrollment: &Enrollment,
    next: &str,
    form: Form,
    passkey: Form,
) -> Answer {
    let lead = "A second factor is demanded here. Read this picture with an app for codes (TOTP) on your phone, then type the six digits that it shows.";
    let provision = &enrollment.provision;
    let qr = Qr::of(&provision.address).map(|qr| (qr, provision.secret.clone()));
    let request = app.passkey_to_enroll(&enrollment.ticket).await?;
    let passkey =
        request.map(|request| carrying(passkey, &enrollment.ticket, next).asking("create", &request, ""));
    let title = "Set up a second factor";
    let page = framed(status, &Step { title, lead, qr, form: Some(form), passkey, codes: None });
    Ok(sign_in::leading_to(page, app, next))
}

/// What comes after the password: the page that asks for more, or where somebody wanted to go.
pub(super) async fn go_on(app: &App, state: &State, guest: &Guest, next: &str, step: &SignInStep) -> Answer {
    match step {
        SignInStep::Done(signed_in) => sign_in::finish(app, state, guest, next, signed_in).await,
        SignInStep::Code { ticket } => {
            let form = code_form(guest, CODE, ticket, next, "Sign in");
            code_page(app, StatusCode::OK, (ticket, next), form, passkey_form(guest)).await
        }
        SignInStep::Enroll { enrollment } => {
            let form = code_form(guest, ENROLL, &enrollment.ticket, next, "Set up and sign in");
            enroll_page(app, StatusCode::OK, enrollment, next, form, new_passkey_form(guest)).await
        }
    }
}

fn next(typed: &Typed) -> &str {
    edge::own_path(typed.text("next")).unwrap_or_default()
}

/// From the beginning, if what somebody brings is over; else what is shown again.
fn from_the_beginning(error: Error, next: &str) -> Result<Error, Response> {
    match error {
        Error::Gone(_) => Err(Redirect::to(&sign_in::path_to(next)).into_response()),
        error => Ok(error),
    }
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
    let error = match evenly_unless_done(signing_in).await {
        Ok(signed_in) => return sign_in::finish(&app, &state, &visit, next, &signed_in).await,
        Err(error) => error,
    };
    match from_the_beginning(error, next) {
        Err(away) => Ok(away),
        Ok(error) => {
            let (status, form) = code_form(&visit, CODE, ticket, next, "Sign in").refused(&typed, error)?;
            code_page(&app, status, (ticket, next), form, passkey_form(&visit)).await
        }
    }
}

async fn submit_passkey(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Sent { visit, typed }: Sent<Anybody>,
) -> Answer {
    let (step, next) = (typed.text("step"), next(&typed));
    let (ticket, answer) = (typed.text("ticket"), typed.text("answer"));
    let agent = edge::user_agent(&headers);
    let signing_in = app.sign_in_with_password_and_passkey(&visit.caller, ticket, answer, agent);
    let error = match evenly_unless_done(signing_in).await {
        Ok(signed_in) => return sign_in::finish(&app, &state, &visit, next, &signed_in).await,
        Err(error) => error,
    };
    match from_the_beginning(error, next) {
        Err(away) => Ok(away),
        Ok(error) => {
            let (status, passkey) = passkey_form(&visit).refused(&typed, error)?;
            let form = code_form(&visit, CODE, step, next, "Sign in");
            again(code_page(&app, status, (step, next), form, passkey).await, next)
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
    let agent = edge::user_agent(&headers);
    let enrolling = app.enroll_at_sign_in(&visit.caller, ticket, typed.text("code"), agent);
    let error = match enrolling.await {
        Ok((signed_in, codes)) => return show_codes(&app, &state, &visit, next, &signed_in, &codes).await,
        Err(error) => error,
    };
    match from_the_beginning(error, next) {
        Err(away) => Ok(away),
        Ok(error) => {
            let enrollment = app.enrollment_at_sign_in(ticket).await?;
            let form = code_form(&visit, ENROLL, ticket, next, "Set up and sign in");
            let (status, form) = form.refused(&typed, error)?;
            enroll_page(&app, status, &enrollment, next, form, new_passkey_form(&visit)).await
        }
    }
}

async fn submit_new_passkey(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Sent { visit, typed }: Sent<Anybody>,
) -> Answer {
    let (step, next) = (typed.text("step"), next(&typed));
    let (ticket, answer) = (typed.text("ticket"), typed.text("answer"));
    let (name, agent) = (usual_name(&headers), edge::user_agent(&headers));
    let error = match app.enroll_passkey_at_sign_in(&visit.caller, ticket, answer, name, agent).await {
        Ok((signed_in, codes)) => return show_codes(&app, &state, &visit, next, &signed_in, &codes).await,
        Err(error) => error,
    };
    match from_the_beginning(error, next) {
        Err(away) => Ok(away),
        Ok(error) => {
            let (status, passkey) = new_passkey_form(&visit).refused(&typed, error)?;
            let enrollment = match app.enrollment_at_sign_in(step).await {
                Ok(enrollment) => enrollment,
                Err(error) => return again(Err(error.into()), next),
            };
            let form = code_form(&visit, ENROLL, step, next, "Set up and sign in");
            enroll_page(&app, status, &enrollment, next, form, passkey).await
        }
    }
}

/// The page, or the beginning, if the step before it is over.
fn again(page: Answer, next: &str) -> Answer {
    match page {
        Err(Refused::Problem(problem)) if problem.code == "gone" => {
            Ok(Redirect::to(&sign_in::path_to(next)).into_response())
        }
        page => page,
    }
}

/// They are in, and see the recovery codes, which are never shown again.
async fn show_codes(
    app: &App,
    state: &State,
    guest: &Guest,
    next: &str,
    signed_in: &app::SignedIn,
    codes: &[String],
) -> Answer {
    let lead = "Your second factor is set up. These codes are for the day on which the phone or the passkey is lost: each works once. This is the only time that you see them.";
    let codes = Some((codes.join("\n"), sign_in::next_or_home(next, signed_in).to_owned()));
    let title = "Your recovery codes";
    let page = framed(StatusCode::OK, &Step { title, lead, qr: None, form: None, passkey: None, codes });
    sign_in::let_in(app, state, guest, page, signed_in).await
}
