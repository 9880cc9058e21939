//! `/console/api-versions/{id}/specification`: an OpenAPI document is pasted, or chosen from a file where scripts run.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApiVersion, ApiVersionId};

use super::api_version::below;
use crate::Pages;
use crate::field::Field;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/console/api-versions/{id}/specification";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Replace a specification", show).post_large(PATH, "Replace a specification", submit)
}

fn path(version: &ApiVersion) -> String {
    format!("/console/api-versions/{}", version.id)
}

fn form(guest: &Guest, version: &ApiVersion, text: &str) -> Form {
    let hint = "OpenAPI 3.x or 2.0, as JSON or YAML, at most 5 MiB. Empty: the version has none any more.";
    Form::new(guest, format!("{}/specification", path(version)), "Save")
        .version(version.meta.version)
        .field(Field::area("specification", "Specification", text).hint(hint).tall(24).with_file())
        .cancel(path(version))
}

async fn view(app: &App, version: &ApiVersion, form: Form) -> Result<View, Refused> {
    let (name, view) = below(app, version, |name| words!("Specification of {name}", name)).await?;
    Ok(view.crumb(path(version), name).section(Section::form(form)))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    visit: Visit<Administrator>,
) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let text = if version.specification.is_some() {
        app.specification(&visit.caller, id).await?
    } else {
        String::new()
    };
    view(&app, &version, form(&visit, &version, &text)).await?.show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let text = Some(typed.lines("specification")).filter(|text| !text.trim().is_empty());
    match app.set_specification(&visit.caller, id, typed.version(), text).await {
        Ok(version) => go_to(&path(&version), Notice::Saved),
        Err(error) => {
            let version = app.api_version(&visit.caller, id).await?;
            let (status, form) = form(&visit, &version, "").refused(&typed, error)?;
            view(&app, &version, form).await?.answer(status, &app, &visit).await
        }
    }
}
