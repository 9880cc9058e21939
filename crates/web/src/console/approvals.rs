//! `/console/approvals`: what waits for an administrator.

use std::sync::Arc;

use app::{App, DeveloperFilter, SubscriptionFilter, every};
use axum::extract::State as Shared;
use domain::{ApprovalState, DeveloperState};

use super::developers;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Console, Visit};
use crate::{Pages, approvals, subscriptions};

const PATH: &str = "/console/approvals";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What waits for an administrator", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Console>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let filter = SubscriptionFilter { undecided: true, ..SubscriptionFilter::default() };
    let page = app.subscriptions(&visit.caller, filter, listing.request()).await?;
    let waiting = subscriptions::table(&app, &page.items, true)
        .await?
        .empty(
            "No subscription waits. When an application asks for a plan that has to be approved, it is here.",
        )
        .pages(listing.pages(page.next));
    let filter = DeveloperFilter { state: Some(DeveloperState::Pending), ..DeveloperFilter::default() };
    let people = every(|page| app.developers(&visit.caller, &filter, page)).await?;
    let people = developers::table(&people).empty("No developer waits.");
    let theirs = match visit.only_looks() {
        true => Vec::new(),
        false => every(|page| app.approval_list(&visit.caller, None, true, page)).await?,
    };
    let pending = Some(ApprovalState::Pending);
    let mut others = match visit.caller.is_approver() {
        true => Vec::new(),
        false => every(|page| app.approval_list(&visit.caller, pending, false, page)).await?,
    };
    others.retain(|(approval, _)| !theirs.iter().any(|(it, _)| it.id == approval.id));
    let yours = approvals::table(&app, &theirs).await?;
    let elsewhere = approvals::table(&app, &others).await?;
    View::new(Place::Approvals, "Approvals")
        .section_if(!theirs.is_empty(), || Section::table(yours).heading("You are among those who decide"))
        .section_if(!others.is_empty(), || Section::table(elsewhere).heading("Others decide"))
        .section(Section::table(waiting).heading("Subscriptions"))
        .section(Section::table(people).heading("Developers"))
        .show(&app, &visit)
        .await
}
