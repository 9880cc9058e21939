//! `/applications/{id}/client/edit`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApplicationId, ClientDraft};

use super::{Owned, settings};
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/client/edit", "Change OAuth settings", show).post(
        "/applications/{id}/client/edit",
        "Change OAuth settings",
        submit,
    )
}

async fn form(app: &App, guest: &Guest, owned: &Owned) -> Result<Form, Refused> {
    let definition = app.token_definition_name(&owned.client);
    let fields = settings::fields(app, guest, &owned.client.draft(), definition.as_deref()).await?;
    Ok(Form::new(guest, format!("{}/edit", owned.path()), "Save")
        .version(owned.client.meta.version)
        .fields(fields)
        .cancel(owned.path()))
}

fn view(guest: &Guest, owned: &Owned, form: Form) -> View {
    owned
        .below(guest, "Edit OAuth settings")
        .lead("They hold for tokens from now on. Those that are out stay as they are.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let owned = Owned::load(&app, &visit, id).await?;
    view(&visit, &owned, form(&app, &visit, &owned).await?).show(&app, &visit).await
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
    let by_administrator = visit.is_administrator();
    let mut changed: ClientDraft = owned.client.draft();
    let definition = settings::definition(&typed, by_administrator);
    let done = match settings::fill(&mut changed, &typed, by_administrator) {
        Ok(()) => {
            app.update_client(&visit.caller, id, typed.version(), definition, |draft| *draft = changed).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&owned.path(), Notice::Saved),
        Err(error) => {
            let (status, form) = form(&app, &visit, &owned).await?.refused(&typed, error)?;
            view(&visit, &owned, form).answer(status, &app, &visit).await
        }
    }
}
