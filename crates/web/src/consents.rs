//! `/account/consents`: what somebody has allowed clients, and can withdraw.

use std::sync::Arc;

use app::{App, every};
use axum::extract::State as Shared;
use domain::ConsentId;

use super::Pages;
use super::cell::{Action, Cell};
use super::frame::Place;
use super::notice::{Notice, go_to};
use super::refused::Answer;
use super::view::{Section, Table, View};
use super::visit::{Developer, Sent, Visit};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/account/consents";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What one has allowed clients", show).post(
        "/account/consents/{id}/withdraw",
        "Withdraw what one has allowed",
        withdraw,
    )
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let consents = every(|page| app.consents(&visit.caller, page)).await?;
    let rows = consents.iter().map(|shown| {
        let withdraw = Action::post(&visit, format!("{PATH}/{}/withdraw", shown.consent.id), "Withdraw");
        vec![
            Cell::text(&shown.application),
            Cell::text(shown.consent.scopes.join(", ")),
            Cell::time(shown.consent.meta.updated_at),
            Cell::Buttons(vec![
                withdraw.quiet().about(words!("what {application} may do", application = shown.application)),
            ]),
        ]
    });
    let empty = "You have allowed nothing. Applications that want to act for you ask first.";
    let table = Table::new("Consents", &["Application", "May use", "Since", ""], rows.collect(), empty);
    View::new(Place::Account, "What you have allowed")
        .crumb("/account", "Your account")
        .lead("These applications act for you. What you withdraw stops at once; they have to ask you again.")
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

async fn withdraw(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ConsentId>,
    Sent { visit, .. }: Sent<Developer>,
) -> Answer {
    app.withdraw_consent(&visit.caller, id).await?;
    go_to(PATH, Notice::ConsentWithdrawn)
}
