//! `/requests`: what a developer asked for, and what waits for the developer to decide.

use std::sync::Arc;

use app::{App, RequestFilter, every};
use axum::extract::State as Shared;

use crate::cell::Action;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Filter, Section, View};
use crate::visit::{Developer, Visit};
use crate::{Pages, approvals};

const PATH: &str = "/requests";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What a developer asked of gateways", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["status"])?;
    let status = super::wanted(&visit);
    let filter = RequestFilter { status, ..RequestFilter::default() };
    let page = app.request_list(&visit.caller, filter, listing.request()).await?;
    let waiting = every(|page| app.approval_list(&visit.caller, None, true, page)).await?;
    let table = super::table(&app, &page.items, false)
        .await?
        .filter(Filter::new(PATH, vec![super::status_field(status)], listing.is_filtered()))
        .empty_action(Action::link("/requests/new", "Ask for an application"))
        .pages(listing.pages(page.next));
    let decide = approvals::table(&app, &waiting).await?;
    View::new(Place::Requests, "Requests")
        .lead("What you asked of other people’s gateways, and how far it has come.")
        .action(Action::link("/requests/new", "Ask for an application"))
        .section_if(!waiting.is_empty(), || Section::table(decide).heading("Wait for you to decide"))
        .section(Section::table(table).heading("Asked by you"))
        .show(&app, &visit)
        .await
}
