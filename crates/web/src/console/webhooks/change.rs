//! `/console/webhooks/{id}/edit`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{WebhookEndpoint, WebhookEndpointId};

use super::settings::{fields, fill};
use super::{PATH, below};
use crate::Pages;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/webhooks/{id}/edit", "Change a webhook endpoint", show).post(
        "/console/webhooks/{id}/edit",
        "Change a webhook endpoint",
        submit,
    )
}

fn form(app: &App, guest: &Guest, endpoint: &WebhookEndpoint) -> Result<Form, Refused> {
    let path = format!("{PATH}/{}", endpoint.id);
    Ok(Form::new(guest, format!("{path}/edit"), "Save")
        .version(endpoint.meta.version)
        .fields(fields(app, guest, &endpoint.draft(), false)?)
        .cancel(path))
}

fn view(endpoint: &WebhookEndpoint, form: Form) -> View {
    below(endpoint, "Edit endpoint")
        .lead("What is still to be sent goes to the new address.")
        .section(Section::form(form))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    visit: Visit<Administrator>,
) -> Answer {
    let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
    view(&endpoint, form(&app, &visit, &endpoint)?).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
    let mut changed = endpoint.draft();
    let done = match fill(&mut changed, &typed) {
        Ok(()) => {
            app.update_webhook_endpoint(&visit.caller, id, typed.version(), |draft| *draft = changed).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let (status, form) = form(&app, &visit, &endpoint)?.refused(&typed, error)?;
            view(&endpoint, form).answer(status, &app, &visit).await
        }
    }
}
