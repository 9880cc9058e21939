//! `/partners/{id}`: a partner, its members, its applications.

use std::sync::Arc;

use app::{App, ApplicationFilter, InvitationFilter, ToName};
use axum::extract::State as Shared;
use domain::{Owner, PartnerId};

use super::{list, members};
use crate::cell::{Action, Cell};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Visit};
use crate::{Pages, applications, members as invited};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/partners/{id}", "A partner", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<PartnerId>, visit: Visit<Person>) -> Answer {
    view(&app, &visit, id, None).await?.show(&app, &visit).await
}

/// The page; with a form for a new member that was refused in the place of the fresh one.
pub(super) async fn view(
    app: &App,
    guest: &Guest,
    id: PartnerId,
    refused: Option<crate::form::Form>,
) -> Result<View, Refused> {
    let partner = app.partner(&guest.caller, id).await?;
    let may_edit = app.may_edit_partner(&guest.caller, &partner);
    let developers = partner.members.keys().copied().collect();
    let names = app.names(ToName { developers, ..ToName::default() }).await?;
    let filter = ApplicationFilter { owner: Some(Owner::Partner(id)), ..ApplicationFilter::default() };
    let listing = Listing::read(app, guest, format!("/partners/{id}"), &[])?;
    let owned = app.applications(&guest.caller, filter, listing.request()).await?;
    let contact = partner.contact_email.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut view = View::new(Place::Partners, &partner.name)
        .crumb(list::path(guest), "Partners")
        .action_if(may_edit, Action::link(format!("/partners/{id}/edit"), "Edit").quiet())
        .section(Section::facts(vec![
            ("Contact", Cell::text(contact)),
            ("Roles", Cell::tags(&partner.roles)),
            ("Since", Cell::time(partner.meta.created_at)),
            ("Id", Cell::Copy(id.to_string())),
            ("Description", Cell::text(&partner.description)),
        ]))
        .section(Section::table(members::table(guest, &partner, &names, may_edit)).heading("Members"));
    if may_edit {
        if let Some(section) = invited::invitations(app, guest, InvitationFilter::Partner(id)).await? {
            view = view.section(section);
        }
        let form = refused.unwrap_or_else(|| members::form(guest, id));
        view = view.section(Section::form(form).heading("Invite somebody"));
    }
    let table = applications::table(app, &owned.items).await?.pages(listing.pages(owned.next));
    view = view.section(
        Section::table(table)
            .heading("Applications")
            .action(Action::link("/applications/new", "New application").quiet()),
    );
    Ok(if guest.is_administrator() {
        view.section(
            Section::words("Only if it has no applications any more.")
                .heading("Delete it")
                .action(Action::link(format!("/console/partners/{id}/delete"), "Delete").danger()),
        )
    } else {
        view
    })
}
