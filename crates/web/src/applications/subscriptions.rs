//! `/applications/{id}/subscriptions`

use std::sync::Arc;

use app::{App, SubscriptionFilter};
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::{Shown, Tab};
use crate::Pages;
use crate::cell::Action;
use crate::list::Listing;
use crate::refused::Answer;
use crate::subscriptions;
use crate::view::Section;
use crate::visit::{Person, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/subscriptions", "What an application may call", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let path = format!("{}/subscriptions", shown.path());
    let listing = Listing::read(&app, &visit, path, &[])?;
    let filter = SubscriptionFilter { application_id: Some(id), ..SubscriptionFilter::default() };
    let page = app.subscriptions(&visit.caller, filter, listing.request()).await?;
    let choose = if visit.is_administrator() { "/console/apis" } else { "/apis" };
    let table = subscriptions::table(&app, &page.items, false)
        .await?
        .pages(listing.pages(page.next))
        .empty_action(Action::link(choose, "Choose an API"));
    let mut view = shown.head(&visit, Tab::Subscriptions);
    view = view.action_if(shown.rights.subscriptions, Action::link(choose, "Subscribe to an API"));
    view.section(Section::table(table)).show(&app, &visit).await
}
