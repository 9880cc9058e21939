//! `/applications/{id}/activity`: what happened to an application, by whom.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::{Shown, Tab};
use crate::Pages;
use crate::audit_line;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Section, Table};
use crate::visit::{Person, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/activity", "What happened to an application", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let listing = Listing::read(&app, &visit, format!("{}/activity", shown.path()), &[])?;
    let page = app.application_activity(&visit.caller, id, listing.request()).await?;
    let names = audit_line::names(&app, &page.items).await?;
    let rows = page.items.iter().map(|line| audit_line::short(line, &names)).collect();
    let table = Table::new("Activity", &audit_line::SHORT, rows, "Nothing happened yet.");
    shown
        .head(&visit, Tab::Activity)
        .section(Section::table(table.pages(listing.pages(page.next))))
        .show(&app, &visit)
        .await
}
