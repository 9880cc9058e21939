//! `/console/webhooks/{id}/secret`: a new signing secret, while the old one still counts.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{WebhookEndpoint, WebhookEndpointId};

use super::{PATH, below, told};
use crate::credentials::{overlap, overlap_field};
use crate::form::Form;
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use crate::{Pages, moment};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/webhooks/{id}/secret", "Rotate a signing secret", show).post(
        "/console/webhooks/{id}/secret",
        "Rotate a signing secret",
        submit,
    )
}

fn form(guest: &Guest, endpoint: &WebhookEndpoint) -> Form {
    let path = format!("{PATH}/{}", endpoint.id);
    Form::new(guest, format!("{path}/secret"), "Make the new secret")
        .once()
        .field(overlap_field("We sign with the old one as well for"))
        .cancel(path)
}

fn view(endpoint: &WebhookEndpoint, form: Form) -> View {
    below(endpoint, "New signing secret")
        .lead("What is sent is signed with the new secret from now on, and with the old ones as well for a while: so the receiver can change over without losing anything. You see it once, on the next page.")
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
    let overlap = overlap(&typed);
    match app.rotate_webhook_secret(&visit.caller, id, None, overlap).await {
        Ok(created) => {
            let note = if overlap.is_zero() {
                "The old secrets do not count any more.".into()
            } else {
                edge::words!(
                    "We sign with the old secrets as well for {span}.",
                    span = moment::span_in_words(overlap)
                )
            };
            told(&app, &visit, created, Some(note)).await
        }
        Err(error) => {
            let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
            let (status, form) = form(&visit, &endpoint).refused(&typed, error)?;
            view(&endpoint, form).answer(status, &app, &visit).await
        }
    }
}
