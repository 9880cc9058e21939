//! `/sign-out`. Looking at the page ends nothing: a picture on another site could do that. The form does.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};

use super::Pages;
use super::form::Form;
use super::frame::Place;
use super::notice::Notice;
use super::refused::Answer;
use super::view::{Section, View};
use super::visit::{Anybody, Sent, Visit};
use edge::cookie::SESSION;
use edge::state::State;

const PATH: &str = "/sign-out";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Sign out", show).post(PATH, "Sign out", submit)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Anybody>) -> Answer {
    if !visit.is_signed_in() {
        return Ok(Redirect::to("/").into_response());
    }
    let form = Form::new(&visit, PATH, "Sign out").cancel(visit.home());
    View::new(Place::Front, "Sign out?").section(Section::form(form)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    Sent { visit, .. }: Sent<Anybody>,
) -> Answer {
    if visit.is_signed_in() {
        app.sign_out(&visit.caller).await?;
    }
    Ok(signed_out(&Notice::SignedOut.at("/sign-in"), &state.options.public_url))
}

/// Goes on to an address, and takes the cookie away.
pub fn signed_out(to: &str, public_url: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().append(header::SET_COOKIE, SESSION.clear(public_url));
    response
}
