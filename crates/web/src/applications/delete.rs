//! `/applications/{id}/delete`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::{Shown, list};
use crate::form::{Form, confirmed};
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/delete", "Delete an application", show).post(
        "/applications/{id}/delete",
        "Delete an application",
        submit,
    )
}

fn form(guest: &Guest, shown: &Shown) -> Form {
    Form::new(guest, format!("{}/delete", shown.path()), "Delete this application")
        .version(shown.application.meta.version)
        .confirm(shown.application.name.as_str())
        .cancel(shown.path())
}

fn view(guest: &Guest, shown: &Shown, form: Form) -> View {
    shown
        .below(guest, words!("Delete {application}?", application = shown.application.name))
        .lead("All its keys and subscriptions are deleted with it, and every call it makes is refused from then on. This cannot be undone.")
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
    let shown = Shown::load(&app, &visit, id).await?;
    if !shown.rights.delete {
        return Err(members::not_allowed());
    }
    let done = match confirmed(&typed, shown.application.name.as_str()) {
        Ok(()) => app.delete_application(&visit.caller, id, typed.version()).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(list::path(&visit), Notice::Deleted),
        Err(error) => {
            let (status, form) = form(&visit, &shown).refused(&typed, error)?;
            view(&visit, &shown, form).answer(status, &app, &visit).await
        }
    }
}
