//! `/applications`, and the list of the console: `/console/applications`.

use std::sync::Arc;

use app::{App, ApplicationFilter, ToName};
use axum::extract::State as Shared;
use domain::Application;

use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::Field;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::{Answer, Refused};
use crate::states;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Developer, Guest, Overseer, Visit};
use edge::words::Words;

const OWN: &str = "/applications";
const ALL: &str = "/console/applications";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(OWN, "Applications that somebody may see", own).get(ALL, "All applications", all)
}

/// Where the list is for somebody.
/// What a page about an application is a part of. Approvers come from what waits for them.
pub(super) fn above(guest: &Guest) -> (&'static str, &'static str) {
    if guest.caller.is_approver() {
        ("/console/approvals", "Approvals")
    } else {
        (path(guest), "Applications")
    }
}

pub(super) fn path(guest: &Guest) -> &'static str {
    if guest.is_administrator() { ALL } else { OWN }
}

async fn own(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    show(&app, &visit).await
}

async fn all(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    show(&app, &visit).await
}

async fn show(app: &App, guest: &Guest) -> Answer {
    let listing = Listing::read(app, guest, path(guest), &["q"])?;
    let name_contains = guest.query.given("q").map(str::to_owned);
    let filter = ApplicationFilter { name_contains, ..ApplicationFilter::default() };
    let page = app.applications(&guest.caller, filter, listing.request()).await?;
    let search = Field::search("q", "Name", guest.query.text("q"));
    let table = table(app, &page.items).await?.pages(listing.pages(page.next)).filter(Filter::new(
        path(guest),
        vec![search],
        listing.is_filtered(),
    ));
    let table = if guest.is_administrator() {
        table
    } else {
        table.empty_action(Action::link("/applications/new", "Create an application"))
    };
    View::new(Place::Applications, "Applications")
        .lead("An application is what calls APIs. It holds the keys, and the subscriptions that they open.")
        .action(Action::link("/applications/new", "New application"))
        .section(Section::table(table))
        .show(app, guest)
        .await
}

/// Applications, one in each row.
///
/// # Errors
/// If the database is not available.
pub(crate) async fn table(app: &App, applications: &[Application]) -> Result<Table, Refused> {
    let mut wanted = ToName::default();
    applications.iter().for_each(|it| wanted.owner(it.owner));
    let names = app.names(wanted).await?;
    let rows = applications.iter().map(|it| {
        let (tone, state) = states::application(it.state);
        vec![
            Cell::link(format!("/applications/{}", it.id), &it.name),
            Cell::text(Words::said(names.owner(it.owner))),
            Cell::badge((tone, state)),
            Cell::time(it.meta.created_at),
        ]
    });
    let empty =
        "There is no application yet. An application is what calls APIs: a web shop, a phone app, a script.";
    Ok(Table::new("Applications", &["Name", "Owner", "State", "Created"], rows.collect(), empty))
}
