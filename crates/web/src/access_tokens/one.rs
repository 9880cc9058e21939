//! `/access-tokens/{id}`: a token, shown when its owner wants to see it, and what can be asked about it.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ExternalToken, ExternalTokenId, TokenState};

use super::list::actions;
use crate::cell::{Action, Cell, Tone};
use crate::frame::Place;
use crate::fresh::must_be_fresh;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, Table, View};
use crate::visit::{Developer, Guest, Sent, Visit};
use crate::{Pages, states};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/access-tokens/{id}", "An access token", show)
        .post("/access-tokens/{id}/reveal", "Show what an access token is made of", reveal)
        .post("/access-tokens/{id}/renew", "Ask for an access token to be renewed", renew)
        .post("/access-tokens/{id}/revoke", "Ask for an access token to be ended", revoke)
}

fn view(guest: &Guest, token: &ExternalToken) -> View {
    let mut view = View::new(Place::AccessTokens, &token.application_name)
        .crumb("/access-tokens", "Access tokens")
        .badge(states::external_token(token.state));
    for action in actions(guest, token) {
        view = view.action(action);
    }
    let asked = match token.state {
        TokenState::Active => None,
        TokenState::RenewRequested => {
            Some("Whoever made it was asked to renew it. It stays as it is until then.")
        }
        TokenState::RevokeRequested => Some("Whoever made it was asked to end it. It works until then."),
    };
    let twice = "You had a token for this application already: perhaps it was sent twice.";
    view.section_if(asked.is_some(), || Section::note(Tone::Waits, asked.unwrap_or_default()))
        .section_if(token.maybe_duplicate, || Section::note(Tone::Plain, twice))
        .section(Section::facts(vec![
            ("Kind", Cell::text(&token.kind)),
            ("Stored", Cell::time(token.meta.created_at)),
            ("Last change", Cell::time(token.meta.updated_at)),
            ("Id", Cell::Copy(token.id.to_string())),
        ]))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ExternalTokenId>,
    visit: Visit<Developer>,
) -> Answer {
    let token = app.external_token(&visit.caller, id).await?;
    let reveal = Action::post(&visit, format!("/access-tokens/{id}/reveal"), "Show it");
    view(&visit, &token)
        .section(
            Section::words(
                "What it is made of is shown when you ask for it. Each time is noted in the audit log.",
            )
            .heading("The token")
            .action(reveal),
        )
        .show(&app, &visit)
        .await
}

async fn reveal(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ExternalTokenId>,
    Sent { visit, .. }: Sent<Developer>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("/access-tokens/{id}")).await?;
    let (token, properties) = app.reveal_external_token(&visit.caller, id).await?;
    // As it was given, every blank included.
    let rows = properties.into_iter().map(|it| vec![Cell::text(it.key), Cell::Copy(it.value)]);
    let table = Table::new("The token", &["What", "Value"], rows.collect(), "");
    view(&visit, &token).section(Section::table(table).heading("The token")).show(&app, &visit).await
}

async fn renew(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ExternalTokenId>,
    Sent { visit, .. }: Sent<Developer>,
) -> Answer {
    app.ask_to_renew_token(&visit.caller, id).await?;
    go_to(&format!("/access-tokens/{id}"), Notice::RenewAsked)
}

async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ExternalTokenId>,
    Sent { visit, .. }: Sent<Developer>,
) -> Answer {
    app.ask_to_revoke_token(&visit.caller, id).await?;
    go_to(&format!("/access-tokens/{id}"), Notice::RevokeAsked)
}
