//! `/console/api-versions/{id}/token-form`: what developers fill in who ask for an access token of a third party.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApiVersionId, FormField};

use super::api_version;
use crate::Pages;
use crate::field::Field;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;

const PATH: &str = "/console/api-versions/{id}/token-form";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What is asked of those who want an access token", show).post(
        PATH,
        "What is asked of those who want an access token",
        submit,
    )
}

/// One in a line: key, what stands beside it, and whether it must be filled in.
fn written(fields: &[FormField]) -> String {
    let line = |field: &FormField| {
        let required = if field.required { " | required" } else { "" };
        format!("{} | {}{required}", field.key, field.label)
    };
    fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read(typed: &Typed) -> Vec<FormField> {
    let field = |line: &str| {
        let mut parts = line.split('|').map(str::trim);
        let key = parts.next().unwrap_or_default().to_owned();
        let label = parts.next().filter(|label| !label.is_empty()).unwrap_or(&key).to_owned();
        FormField { label, required: parts.next() == Some("required"), key }
    };
    typed.lines("fields").lines().filter(|line| !line.trim().is_empty()).map(field).collect()
}

async fn form(app: &App, guest: &Guest, id: ApiVersionId) -> Result<Form, Refused> {
    let fields = app.token_form(&guest.caller, id).await?;
    let hint = "One in a line: what it is called in the mail, what stands beside it in the form, and “required” if it must be filled in, with | between them. applicationName is asked in any case.";
    Ok(Form::new(guest, PATH.replace("{id}", &id.to_string()), "Save")
        .field(Field::area("fields", "Fields", &written(&fields)).hint(hint).tall(8))
        .cancel(format!("/console/api-versions/{id}")))
}

async fn view(app: &App, guest: &Guest, id: ApiVersionId, form: Form) -> Result<View, Refused> {
    let version = app.api_version(&guest.caller, id).await?;
    let (name, view) =
        api_version::below(app, &version, |_| "What is asked of those who want an access token".into())
            .await?;
    Ok(view.crumb(format!("/console/api-versions/{id}"), name).section(Section::form(form)))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Overseer>) -> Answer {
    let form = form(&app, &visit, id).await?;
    view(&app, &visit, id, form).await?.show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    match app.set_token_form(&visit.caller, id, read(&typed)).await {
        Ok(_) => go_to(&format!("/console/api-versions/{id}"), Notice::Saved),
        Err(error) => {
            let (status, form) = form(&app, &visit, id).await?.refused(&typed, error)?;
            view(&app, &visit, id, form).await?.answer(status, &app, &visit).await
        }
    }
}
