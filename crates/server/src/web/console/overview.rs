//! `/console`: an administrator's first page: what waits, what is about to end, how much there is of everything.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;

use crate::web::Pages;
use crate::web::frame::Place;
use crate::web::refused::Answer;
use crate::web::view::View;
use crate::web::visit::{Administrator, Visit};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console", "An administrator's first page", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    View::new(Place::Home, "Overview").show(&app, &visit).await
}
