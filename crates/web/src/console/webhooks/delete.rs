//! `/console/webhooks/{id}/delete`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{WebhookEndpoint, WebhookEndpointId};

use super::{PATH, below};
use crate::Pages;
use crate::form::{Form, confirmed};
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/webhooks/{id}/delete", "Delete a webhook endpoint", show).post(
        "/console/webhooks/{id}/delete",
        "Delete a webhook endpoint",
        submit,
    )
}

fn form(guest: &Guest, endpoint: &WebhookEndpoint) -> Form {
    let path = format!("{PATH}/{}", endpoint.id);
    Form::new(guest, format!("{path}/delete"), "Delete this endpoint")
        .confirm(&endpoint.url.to_string())
        .cancel(path)
}

fn view(endpoint: &WebhookEndpoint, form: Form) -> View {
    below(endpoint, "Delete this endpoint?")
        .lead("It is told of nothing any more: what still waits is not sent, and the history of its deliveries goes with it. To stop it for a while, switch it off instead.")
        .section(Section::form(form))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    visit: Visit<Administrator>,
) -> Answer {
    let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
    view(&endpoint, form(&visit, &endpoint)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
    let done = match confirmed(&typed, &endpoint.url.to_string()) {
        Ok(()) => app.delete_webhook_endpoint(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = form(&visit, &endpoint).refused(&typed, error)?;
            view(&endpoint, form).answer(status, &app, &visit).await
        }
    }
}
