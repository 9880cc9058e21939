//! `/applications/{id}/edit`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::Shown;
use crate::Pages;
use crate::field::Field;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/edit", "Change an application", show).post(
        "/applications/{id}/edit",
        "Change an application",
        submit,
    )
}

fn form(guest: &Guest, shown: &Shown) -> Form {
    let application = &shown.application;
    Form::new(guest, format!("{}/edit", shown.path()), "Save")
        .version(application.meta.version)
        .field(Field::text("name", "Name", application.name.as_str()))
        .field(Field::area("description", "Description", application.description.as_str()))
        .cancel(shown.path())
}

fn view(guest: &Guest, shown: &Shown, form: Form) -> View {
    shown
        .below(guest, words!("Edit {application}", application = shown.application.name))
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    view(&visit, &shown, form(&visit, &shown)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let done = app
        .update_application(&visit.caller, id, typed.version(), |draft| {
            draft.name = typed.text("name").to_owned();
            draft.description = typed.lines("description");
        })
        .await;
    match done {
        Ok(_) => go_to(&format!("/applications/{id}"), Notice::Saved),
        Err(error) => {
            let shown = Shown::load(&app, &visit, id).await?;
            let (status, form) = form(&visit, &shown).refused(&typed, error)?;
            view(&visit, &shown, form).answer(status, &app, &visit).await
        }
    }
}
