//! `/console/webhooks/{id}/replay`: what an endpoint missed is sent again.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Instant, Invalid, WebhookEndpoint, WebhookEndpointId};

use super::{PATH, below};
use crate::field::Field;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use crate::{Pages, moment};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/webhooks/{id}/replay", "Replay what an endpoint missed", show).post(
        "/console/webhooks/{id}/replay",
        "Replay what an endpoint missed",
        submit,
    )
}

fn form(guest: &Guest, endpoint: &WebhookEndpoint, now: Instant) -> Form {
    let path = format!("{PATH}/{}", endpoint.id);
    Form::new(guest, format!("{path}/replay"), "Send again")
        .field(
            Field::day("since", "Since", &moment::day(now))
                .hint("From the beginning of this day on, in UTC. Events are kept for 30 days."),
        )
        .field(
            Field::tick("delivered_too", "Also what was delivered", false)
                .hint("Receivers then get it twice; its id tells them."),
        )
        .cancel(path)
}

fn view(endpoint: &WebhookEndpoint, form: Form) -> View {
    below(endpoint, "Send again what it missed")
        .lead("What was given up or canceled, and what it was never told of.")
        .section(Section::form(form))
}

fn since(typed: &Typed) -> Result<Instant, Invalid> {
    moment::start_of_day(typed.text("since"))
        .ok_or_else(|| Invalid::field("since", "invalid", "must be a day like 2027-01-31"))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    visit: Visit<Administrator>,
) -> Answer {
    let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
    view(&endpoint, form(&visit, &endpoint, app.clock().now())).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let done = match since(&typed) {
        Ok(since) => {
            let delivered_too = typed.is_ticked("delivered_too");
            app.replay_webhooks_since(&visit.caller, id, since, delivered_too).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Replayed),
        Err(error) => {
            let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
            let form = form(&visit, &endpoint, app.clock().now());
            let (status, form) = form.refused(&typed, error)?;
            view(&endpoint, form).answer(status, &app, &visit).await
        }
    }
}
