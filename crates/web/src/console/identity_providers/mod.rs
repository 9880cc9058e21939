//! `/console/identity-providers`: where people sign in elsewhere to be signed in here.

mod create;
mod delete;
mod fields;
mod one;

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::IdentityProvider;

use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Section, Table, View};
use crate::visit::{Overseer, Visit};

const PATH: &str = "/console/identity-providers";

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = pages.get(PATH, "Identity providers", list);
    let pages = create::routes(pages);
    let pages = one::routes(pages);
    delete::routes(pages)
}

/// Whether it is used, as a badge says it.
fn state(provider: &IdentityProvider) -> (Tone, &'static str) {
    if provider.enabled { (Tone::Good, "On") } else { (Tone::Plain, "Off") }
}

/// Who signs in with it.
fn whom(provider: &IdentityProvider) -> &'static str {
    match (provider.developers, provider.administrators) {
        (true, true) => "Developers and administrators",
        (true, false) => "Developers",
        (false, true) => "Administrators",
        (false, false) => "Nobody",
    }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.identity_providers(&visit.caller, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        let (tone, words) = state(it);
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), &it.name, &it.issuer),
            Cell::text(whom(it)),
            Cell::badge((tone, words)),
        ]
    });
    let table = Table::new(
        "Identity providers",
        &["Name", "Who signs in", "State"],
        rows.collect(),
        "There is none yet.",
    )
    .empty_action(Action::link(create::NEW, "Set up the first one"))
    .pages(listing.pages(page.next));
    View::new(Place::IdentityProviders, "Identity providers")
        .lead("Servers of somebody else where people sign in, by OpenID Connect, to be signed in here.")
        .action(Action::link(create::NEW, "New identity provider"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}
