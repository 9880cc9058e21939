//! `/`: what this is, and where to go.

use std::sync::Arc;

use app::App;
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Pages, page};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/", "The front page", show)
}

#[derive(Template)]
#[template(path = "web/home.html")]
struct Home {
    sign_up: bool,
}

async fn show(Shared(app): Shared<Arc<App>>) -> Response {
    page(StatusCode::OK, &Home { sign_up: app.settings().sign_up })
}
