//! `/account/factor`: one's own second factor.

use std::sync::Arc;

use app::{App, Enrollment, Error};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;

use super::cell::{Action, Cell};
use super::field::Field;
use super::form::Form;
use super::frame::{Frame, Place};
use super::fresh::must_be_fresh;
use super::notice::{Notice, go_to};
use super::qr::Qr;
use super::refused::{Answer, Refused};
use super::view::{Section, View};
use super::visit::{Guest, Person, Sent, Visit};
use super::{Pages, framed};

const PATH: &str = "/account/factor";
const CODES: &str = "/account/factor/codes";
const REMOVE: &str = "/account/factor/remove";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Set up a second factor", show)
        .post(PATH, "Set up a second factor", enroll)
        .get(CODES, "Make new recovery codes", show_codes)
        .post(CODES, "Make new recovery codes", renew_codes)
        .get(REMOVE, "Remove one's second factor", show_remove)
        .post(REMOVE, "Remove one's second factor", remove)
}

#[derive(Template)]
#[template(path = "factor.html")]
struct Page {
    frame: Frame,
    qr: Option<Qr>,
    secret: String,
    form: Form,
}

/// What the account's page says of it.
pub(crate) async fn section(app: &App, guest: &Guest) -> Result<Section, Refused> {
    let Some(factor) = app.own_factor(&guest.caller).await? else {
        let words = "A code of an app on your phone, asked for beside the password, keeps out whoever has found that out. So does a passkey.";
        let section = Section::words(words).heading("Second factor");
        return Ok(section.action(Action::link(PATH, "Set up a second factor").quiet()));
    };
    let by_app = factor.secret.is_some();
    let with = match (by_app, app.own_passkeys(&guest.caller).await?.is_empty()) {
        (true, true) => "Codes of an app",
        (true, false) => "Codes of an app, or a passkey",
        (false, _) => "A passkey",
    };
    let section = Section::facts(vec![
        ("Set up", Cell::time(factor.meta.created_at)),
        ("Asked for beside the password", Cell::text(with)),
        ("Recovery codes left", Cell::text(factor.recovery.len().to_string())),
    ]);
    let section = section.heading("Second factor").action(Action::link(CODES, "New recovery codes").quiet());
    Ok(if by_app {
        section.action(Action::link(REMOVE, "Remove").danger())
    } else {
        section.action(Action::link(PATH, "Set up an app for codes").quiet())
    })
}

async fn page(
    app: &App,
    guest: &Guest,
    status: StatusCode,
    enrollment: &Enrollment,
    form: Form,
) -> Result<Response, Refused> {
    let frame = Frame::around(app, guest, Place::Account).await?;
    let qr = Qr::of(&enrollment.provision.address);
    Ok(framed(status, &Page { frame, qr, secret: enrollment.provision.secret.clone(), form }))
}

fn enroll_form(guest: &Guest, ticket: &str) -> Form {
    Form::new(guest, PATH, "Set it up")
        .field(Field::hidden("ticket", ticket))
        .field(Field::code("code", "Code").hint("The six digits that the app shows now."))
        .cancel("/account")
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Person>) -> Answer {
    must_be_fresh(&app, &visit, PATH).await?;
    let enrollment = match app.begin_enrollment(&visit.caller).await {
        Ok(enrollment) => enrollment,
        Err(Error::Conflict { .. }) => {
            let section = section(&app, &visit).await?;
            return below("Second factor").section(section).show(&app, &visit).await;
        }
        Err(error) => return Err(error.into()),
    };
    let form = enroll_form(&visit, &enrollment.ticket);
    page(&app, &visit, StatusCode::OK, &enrollment, form).await
}

async fn enroll(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Person>) -> Answer {
    must_be_fresh(&app, &visit, PATH).await?;
    let ticket = typed.text("ticket");
    match app.enroll(&visit.caller, ticket, typed.text("code")).await {
        Ok(codes) if codes.is_empty() => go_to("/account", Notice::AppAdded),
        Ok(codes) => show_new_codes(&app, &visit, &codes).await,
        Err(error @ Error::Invalid(_)) => {
            let enrollment = app.enrollment_at_sign_in(ticket).await?;
            let (status, form) = enroll_form(&visit, ticket).refused(&typed, error)?;
            page(&app, &visit, status, &enrollment, form).await
        }
        Err(error) => Err(error.into()),
    }
}

fn below(title: &'static str) -> View {
    View::new(Place::Account, title).crumb("/account", "Your account")
}

/// Recovery codes, which are never shown again.
pub(super) async fn show_new_codes(app: &App, guest: &Guest, codes: &[String]) -> Answer {
    below("Your recovery codes")
        .lead("These are for the day on which the phone or the passkey is lost: each works once, in the place of a code of the app. This is the only time that you see them.")
        .section(Section::copy(codes.join("\n")))
        .action(Action::link("/account", "I have stored them"))
        .show(app, guest)
        .await
}

async fn ask(app: &App, guest: &Guest, title: &'static str, words: &'static str, form: Form) -> Answer {
    let view = below(title);
    let view = match app.own_factor(&guest.caller).await? {
        Some(_) => view.lead(words).section(Section::form(form)),
        None => view.section(section(app, guest).await?),
    };
    view.show(app, guest).await
}

/// The same, of somebody who may have no app.
async fn ask_of_app(
    app: &App,
    guest: &Guest,
    title: &'static str,
    words: &'static str,
    form: Form,
) -> Answer {
    match app.own_factor(&guest.caller).await? {
        Some(factor) if factor.secret.is_none() => {
            below(title).section(section(app, guest).await?).show(app, guest).await
        }
        Some(_) | None => ask(app, guest, title, words, form).await,
    }
}

async fn show_codes(Shared(app): Shared<Arc<App>>, visit: Visit<Person>) -> Answer {
    must_be_fresh(&app, &visit, CODES).await?;
    let form = Form::new(&visit, CODES, "Make new codes").cancel("/account");
    ask(&app, &visit, "New recovery codes?", "The old ones work no more from then on.", form).await
}

async fn renew_codes(Shared(app): Shared<Arc<App>>, Sent { visit, .. }: Sent<Person>) -> Answer {
    must_be_fresh(&app, &visit, CODES).await?;
    let codes = app.renew_recovery_codes(&visit.caller).await?;
    show_new_codes(&app, &visit, &codes).await
}

async fn show_remove(Shared(app): Shared<Arc<App>>, visit: Visit<Person>) -> Answer {
    must_be_fresh(&app, &visit, REMOVE).await?;
    let form = Form::new(&visit, REMOVE, "Remove it").danger().cancel("/account");
    if app.own_passkeys(&visit.caller).await?.is_empty() {
        let words = "The password alone signs you in from then on. The codes of the app and the recovery codes work no more.";
        return ask(&app, &visit, "Remove your second factor?", words, form).await;
    }
    let words = "The codes of the app work no more from then on. Your passkeys and the recovery codes go on.";
    ask_of_app(&app, &visit, "Remove the app for codes?", words, form).await
}

async fn remove(Shared(app): Shared<Arc<App>>, Sent { visit, .. }: Sent<Person>) -> Answer {
    must_be_fresh(&app, &visit, REMOVE).await?;
    app.remove_own_factor(&visit.caller).await?;
    let left = app.own_factor(&visit.caller).await?;
    go_to("/account", if left.is_some() { Notice::AppRemoved } else { Notice::FactorRemoved })
}
