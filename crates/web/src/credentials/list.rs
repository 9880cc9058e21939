//! `/applications/{id}/credentials`

use std::sync::Arc;

use app::{App, CredentialFilter};
use axum::extract::State as Shared;
use domain::{ApplicationId, Credential, Instant};

use super::recognised_by;
use crate::Pages;
use crate::applications::{Shown, Tab};
use crate::cell::{Action, Cell};
use crate::list::Listing;
use crate::refused::Answer;
use crate::states;
use crate::view::{Section, Table};
use crate::visit::{Person, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/credentials", "What an application proves itself with", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let path = format!("{}/credentials", shown.path());
    let new = Action::link(format!("{path}/new"), "New API key");
    let certificate =
        Action::link(format!("{}/certificates/new", shown.path()), "Register certificate").quiet();
    let listing = Listing::read(&app, &visit, path, &[])?;
    let filter = CredentialFilter { application_id: Some(id), ..CredentialFilter::default() };
    let page = app.credentials(&visit.caller, filter, listing.request()).await?;
    let now = app.clock().now();
    let rows = page.items.iter().map(|it| row(it, now)).collect();
    let columns = ["Name", "Recognised by", "State", "Ends", "Last used"];
    let empty = "It has no credential yet. A key proves to the gateway that a call is this application’s.";
    let mut table = Table::new("Credentials", &columns, rows, empty).pages(listing.pages(page.next));
    if shown.rights.credentials {
        table = table
            .empty_action(Action::link(format!("{}/credentials/new", shown.path()), "Issue the first key"));
    }
    shown
        .head(&visit, Tab::Credentials)
        .action_if(shown.rights.credentials, new)
        .action_if(shown.rights.credentials, certificate)
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn row(credential: &Credential, now: Instant) -> Vec<Cell> {
    let (tone, state) = states::credential(credential.status(now));
    vec![
        Cell::link_with(
            format!("/credentials/{}", credential.id),
            &credential.name,
            states::credential_kind(credential.material.kind()),
        ),
        Cell::Code(recognised_by(credential)),
        Cell::badge((tone, state)),
        ends(credential, now),
        credential.last_used_at.map_or(Cell::nothing("never"), |at| Cell::ago(at, now)),
    ]
}

/// When it ends.
pub(super) fn ends(credential: &Credential, now: Instant) -> Cell {
    credential.expires_at.map_or(Cell::nothing("never"), |at| Cell::ago(at, now))
}
