//! `/applications/{id}/client/secret`: a new secret takes over, at once or while the old one still works.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::{Owned, told};
use crate::credentials::{overlap, overlap_field};
use crate::form::Form;
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members, moment};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/client/secret", "Make a new client secret", show).post(
        "/applications/{id}/client/secret",
        "Make a new client secret",
        submit,
    )
}

fn form(guest: &Guest, owned: &Owned) -> Form {
    Form::new(guest, format!("{}/secret", owned.path()), "Make the new secret")
        .once()
        .field(overlap_field("The old secret goes on for"))
        .cancel(owned.path())
}

fn view(guest: &Guest, owned: &Owned, form: Form) -> View {
    owned
        .below(guest, "New client secret")
        .lead(edge::words!("The client id {client} stays, and tokens live on. You see the new secret once, on the next page.", client = owned.client.client_id))
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let owned = Owned::load(&app, &visit, id).await?;
    view(&visit, &owned, form(&visit, &owned)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let owned = Owned::load(&app, &visit, id).await?;
    if !owned.shown.rights.client {
        return Err(members::not_allowed());
    }
    let overlap = overlap(&typed);
    match app.regenerate_client_secret(&visit.caller, id, overlap, None).await {
        Ok(created) => {
            let note = if overlap.is_zero() {
                "The old secret does not work any more.".into()
            } else {
                edge::words!("The old secret goes on for {span}.", span = moment::span_in_words(overlap))
            };
            told(&app, &visit, &owned.shown, created, Some(note)).await
        }
        Err(error) => {
            let (status, form) = form(&visit, &owned).refused(&typed, error)?;
            view(&visit, &owned, form).answer(status, &app, &visit).await
        }
    }
}
