//! `/credentials/{id}/edit`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::CredentialId;

use super::One;
use super::issue::{last_day, typed_last_day};
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
    pages.get("/credentials/{id}/edit", "Change a credential", show).post(
        "/credentials/{id}/edit",
        "Change a credential",
        submit,
    )
}

fn form(guest: &Guest, one: &One) -> Form {
    let credential = &one.credential;
    let form = Form::new(guest, format!("{}/edit", one.path()), "Save")
        .version(credential.meta.version)
        .field(Field::text("name", "Name", credential.name.as_str()));
    // The end of one that is being replaced cannot be moved.
    let form =
        if credential.replaced_by.is_none() { form.field(last_day(credential.expires_at)) } else { form };
    form.cancel(one.path())
}

fn view(guest: &Guest, one: &One, form: Form) -> View {
    one.below(guest, words!("Edit {credential}", credential = one.credential.name))
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<CredentialId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    view(&visit, &one, form(&visit, &one)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    let done = match typed_last_day(&typed) {
        Ok(end) => {
            let end = if one.credential.replaced_by.is_some() { one.credential.expires_at } else { end };
            let edit = |draft: &mut domain::CredentialDraft| {
                draft.name = typed.text("name").to_owned();
                draft.expires_at = end;
            };
            app.update_credential(&visit.caller, id, typed.version(), edit).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&one.path(), Notice::Saved),
        Err(error) => {
            let (status, form) = form(&visit, &one).refused(&typed, error)?;
            view(&visit, &one, form).answer(status, &app, &visit).await
        }
    }
}
