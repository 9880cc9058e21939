//! `/`: what this is, and where to go. Whoever is signed in goes on to their own first page.

use std::sync::Arc;

use app::App;
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use super::frame::{Frame, Place};
use super::refused::Answer;
use super::visit::{Anybody, Visit};
use super::{Pages, framed};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/", "The front page", show)
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    sign_up: bool,
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Anybody>) -> Answer {
    if visit.is_signed_in() {
        return Ok(Redirect::to(visit.home()).into_response());
    }
    let frame = Frame::around(&app, &visit, Place::Front).await?;
    Ok(framed(StatusCode::OK, &Home { frame, sign_up: app.settings().sign_up }))
}
