//! `/access-tokens`: a developer's tokens, and what was asked for and not answered yet.

use std::sync::Arc;

use app::{App, ToName, every};
use axum::extract::State as Shared;
use domain::{ExternalToken, TokenState};

use crate::cell::{Action, Cell};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Section, Table, View};
use crate::visit::{Developer, Guest, Visit};
use crate::{Pages, states};
use edge::words::Words;

const PATH: &str = "/access-tokens";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "A developer's access tokens", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.external_tokens(&visit.caller, listing.request()).await?;
    let asked = every(|page| app.token_requests(&visit.caller, page)).await?;
    let asked: Vec<_> = asked.into_iter().filter(|it| it.token_id.is_none()).collect();
    let versions = asked.iter().map(|it| it.api_version_id).collect();
    let names = app.names(ToName { versions, ..ToName::default() }).await?;
    let rows = asked.iter().map(|it| {
        vec![
            Cell::text(&it.application_name),
            Cell::text(Words::said(names.of(it.api_version_id))),
            Cell::time(it.meta.created_at),
        ]
    });
    let open = Table::new("Asked for", &["Application", "API", "Asked"], rows.collect(), "");
    let rows = page.items.iter().map(|it| row(&visit, it)).collect();
    let empty = "You have none yet. An access token opens an API of somebody else: you ask for it here, whoever runs that API makes it, and then it is here.";
    let tokens = Table::new("Access tokens", &["Application", "State", "Since", ""], rows, empty)
        .empty_action(Action::link("/access-tokens/new", "Ask for an access token"))
        .pages(listing.pages(page.next));
    View::new(Place::AccessTokens, "Access tokens")
        .action(Action::link("/access-tokens/new", "Ask for an access token"))
        .section(Section::table(tokens))
        .section_if(!asked.is_empty(), || {
            Section::table(open)
                .heading("Asked for")
                .text("Whoever makes these tokens was asked by mail, and has not answered yet.")
        })
        .show(&app, &visit)
        .await
}

fn row(guest: &Guest, token: &ExternalToken) -> Vec<Cell> {
    let (tone, state) = states::external_token(token.state);
    vec![
        Cell::link_with(format!("{PATH}/{}", token.id), &token.application_name, &token.kind),
        Cell::badge((tone, state)),
        Cell::time(token.meta.created_at),
        Cell::Buttons(actions(guest, token)),
    ]
}

/// What can be asked about a token: each once.
pub(super) fn actions(guest: &Guest, token: &ExternalToken) -> Vec<Action> {
    let at = |part: &str| format!("{PATH}/{}/{part}", token.id);
    let name = &token.application_name;
    let mut actions = Vec::new();
    if token.state != TokenState::RenewRequested {
        actions.push(Action::post(guest, at("renew"), "Renew").about(name).quiet());
    }
    if token.state != TokenState::RevokeRequested {
        actions.push(Action::post(guest, at("revoke"), "Revoke").about(name).danger());
    }
    actions
}
