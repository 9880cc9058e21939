//! `/partners`, and the list of the console: `/console/partners`.

use std::sync::Arc;

use app::{App, PartnerFilter};
use axum::extract::State as Shared;

use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::Field;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::states;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Developer, Guest, Overseer, Visit};

const OWN: &str = "/partners";
const ALL: &str = "/console/partners";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(OWN, "Partners that somebody is a member of", own).get(ALL, "All partners", all)
}

/// Where the list is for somebody.
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
    let filter = PartnerFilter { name_contains, ..PartnerFilter::default() };
    let page = app.partners(&guest.caller, filter, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        let third = match guest.caller.developer().and_then(|id| it.members.get(&id)) {
            Some(role) => Cell::text(states::partner_role(*role)),
            None => Cell::tags(&it.roles),
        };
        vec![
            Cell::link(format!("/partners/{}", it.id), &it.name),
            Cell::text(it.members.len().to_string()),
            third,
            Cell::time(it.meta.created_at),
        ]
    });
    let console = guest.is_administrator();
    let third = if console { "Roles" } else { "You are" };
    let empty = if console {
        "There is no partner yet. A partner is an organisation that uses your APIs: its members work on its applications together."
    } else {
        "You belong to no partner. An owner of a partner, or an administrator, can add you."
    };
    let mut table = Table::new("Partners", &["Name", "Members", third, "Since"], rows.collect(), empty)
        .pages(listing.pages(page.next))
        .filter(Filter::new(
            path(guest),
            vec![Field::search("q", "Name", guest.query.text("q"))],
            listing.is_filtered(),
        ));
    let mut view = View::new(Place::Partners, "Partners");
    if console {
        table = table.empty_action(Action::link("/console/partners/new", "Create the first partner"));
        view = view.action(Action::link("/console/partners/new", "New partner"));
    }
    view.section(Section::table(table)).show(app, guest).await
}
