//! `/applications/{id}/transfer`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::{Shown, create, list};
use crate::field::Field;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/transfer", "Give an application to another owner", show).post(
        "/applications/{id}/transfer",
        "Give an application to another owner",
        submit,
    )
}

async fn form(app: &App, guest: &Guest, shown: &Shown) -> Result<Form, Refused> {
    let owners = create::owners(app, guest).await?;
    Ok(Form::new(guest, format!("{}/transfer", shown.path()), "Transfer")
        .field(Field::select("owner", "New owner", owners))
        .cancel(shown.path()))
}

fn view(guest: &Guest, shown: &Shown, form: Form) -> View {
    shown
        .below(guest, words!("Transfer {application}", application = shown.application.name))
        .lead("Whoever sees it only as its present owner does not see it any more. Its keys and subscriptions go on.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let form = form(&app, &visit, &shown).await?;
    view(&visit, &shown, form).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    if !shown.rights.transfer {
        return Err(members::not_allowed());
    }
    let done = match create::owner(&typed) {
        Ok(owner) => app.transfer_application(&visit.caller, id, owner).await,
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        // Whoever gave it away may not see it any more.
        Ok(_) if app.application(&visit.caller, id).await.is_ok() => {
            go_to(&shown.path(), Notice::Transferred)
        }
        Ok(_) => go_to(list::path(&visit), Notice::Transferred),
        Err(error) => {
            let (status, form) = form(&app, &visit, &shown).await?.refused(&typed, error)?;
            view(&visit, &shown, form).answer(status, &app, &visit).await
        }
    }
}
