//! `/console/webhooks/new`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;

use super::settings::{blank, fields, fill, gateway_field};
use super::{NEW, PATH, gateways, told};
use crate::Pages;
use crate::form::Form;
use crate::frame::Place;
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(NEW, "Create a webhook endpoint", show).post(NEW, "Create a webhook endpoint", submit)
}

async fn form(app: &App, guest: &Guest) -> Result<Form, Refused> {
    Ok(Form::new(guest, NEW, "Create endpoint")
        .once()
        .field(gateway_field(&gateways(app, guest).await?))
        .fields(fields(app, guest, &blank(), true)?)
        .cancel(PATH))
}

fn view(form: Form) -> View {
    View::new(Place::Webhooks, "New webhook endpoint")
        .crumb(PATH, "Webhooks")
        .lead("Its signing secret is shown once, on the next page.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    view(form(&app, &visit).await?).show(&app, &visit).await
}

async fn submit(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let mut draft = blank();
    draft.gateway_id = typed.given("gateway_id").and_then(|id| id.parse().ok());
    let made = match fill(&mut draft, &typed) {
        Ok(()) => app.create_webhook_endpoint(&visit.caller, draft, None).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(created) => {
            let note = "The receiver verifies the header “webhook-signature” with it. Libraries for Standard Webhooks do so in every language.";
            told(&app, &visit, created, Some(note.into())).await
        }
        Err(error) => {
            let (status, form) = form(&app, &visit).await?.refused(&typed, error)?;
            view(form).answer(status, &app, &visit).await
        }
    }
}
