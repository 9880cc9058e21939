//! `/console/webhooks/{id}`, switching it off and on, and the test call.

use std::sync::Arc;

use app::{App, Error, PageRequest, ShownEndpoint, WebhookDeliveryFilter};
use axum::extract::State as Shared;
use domain::WebhookEndpointId;

use super::{PATH, below, deliveries, gateways, whose, words};
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;
use edge::state::State;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/console/webhooks/{id}", "A webhook endpoint", show)
        .post("/console/webhooks/{id}/test", "Try a webhook endpoint out", test)
        .post("/console/webhooks/{id}/enable", "Switch a webhook endpoint on", enable)
        .post("/console/webhooks/{id}/disable", "Switch a webhook endpoint off", disable)
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    visit: Visit<Overseer>,
) -> Answer {
    let shown = app.webhook_endpoint(&visit.caller, id).await?;
    let gateways = gateways(&app, &visit).await?;
    let filter = WebhookDeliveryFilter { endpoint_id: Some(id), ..WebhookDeliveryFilter::default() };
    let latest = app.webhook_deliveries(&visit.caller, &filter, PageRequest::first(10)).await?.items;
    let now = app.clock().now();
    let endpoint = &shown.endpoint;
    let types = match &endpoint.event_types {
        Some(types) => Cell::tags(types),
        None => Cell::nothing("all"),
    };
    let secrets = endpoint.live_secrets(now).map(|secret| match secret.expires_at {
        None => {
            Cell::text(edge::words!("Made {when}", when = crate::moment::from_now(secret.created_at, now)))
        }
        Some(at) => {
            Cell::text(edge::words!("An older one ends {when}", when = crate::moment::from_now(at, now)))
        }
    });
    let view = health(actions(&visit, &shown), &shown);
    view.section(Section::facts(vec![
        ("Events of", Cell::text(whose(&gateways, endpoint.gateway_id))),
        ("Types", types),
        ("Bodies", Cell::text(words::shape(endpoint.shape))),
        ("We prove ourselves by", Cell::text(words::auth(&endpoint.auth))),
        ("Signing secrets", Cell::Stack(secrets.collect())),
        ("One after the other", Cell::yes(endpoint.ordered)),
        ("Description", Cell::text(&endpoint.description)),
        ("Id", Cell::Copy(id.to_string())),
    ]))
    .section(
        Section::table(deliveries::table(&latest, now))
            .heading("Latest deliveries")
            .action(Action::see(format!("{}?endpoint={id}", deliveries::PATH), "All of them")),
    )
    .section(
        Section::words("It is told of nothing any more, and its history goes with it.")
            .heading("Delete it")
            .action(Action::link(format!("{PATH}/{id}/delete"), "Delete").danger()),
    )
    .show(&app, &visit)
    .await
}

fn actions(guest: &Guest, shown: &ShownEndpoint) -> View {
    let endpoint = &shown.endpoint;
    let at = |part: &str| format!("{PATH}/{}/{part}", endpoint.id);
    let view = View::new(Place::Webhooks, endpoint.url.to_string())
        .crumb(PATH, "Webhooks")
        .badge(words::state(endpoint))
        .action(Action::post(guest, at("test"), "Test call"))
        .action(Action::link(at("edit"), "Edit").quiet())
        .action(Action::link(at("secret"), "New secret").quiet());
    if endpoint.disabled.is_some() {
        return view.action(Action::post(guest, at("enable"), "Switch on").quiet());
    }
    view.action(Action::link(at("replay"), "Replay").quiet())
        .action(Action::post(guest, at("disable"), "Switch off").danger())
}

fn health(view: View, shown: &ShownEndpoint) -> View {
    let Some(health) = &shown.health else { return view };
    let failing = health.failing_since.map(|since| {
        let since = crate::moment::in_words(since);
        edge::words!("Every attempt has failed since {since}. After five days it is switched off.", since)
    });
    let paused = health.paused_until.map(|until| {
        edge::words!("It asked to be left alone until {when}.", when = crate::moment::in_words(until))
    });
    failing.into_iter().chain(paused).fold(view, |view, words| view.section(Section::note(Tone::Bad, words)))
}

async fn test(
    Shared(state): Shared<State>,
    Path(id): Path<WebhookEndpointId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    let app = &state.app;
    let endpoint = app.webhook_endpoint(&visit.caller, id).await?.endpoint;
    let limited = |retry_after_s| Error::Limited { retry_after_s };
    state.webhook_tests.check(&endpoint.id.0).map_err(limited)?;
    let job = app.webhook_test(&visit.caller, id).await?;
    let sent = state.webhook_sender().send(&job, app.clock()).await;
    let (tone, words) = if sent.succeeded() {
        (Tone::Good, "The receiver took it.")
    } else {
        (Tone::Bad, "The receiver did not take it.")
    };
    let view = below(&endpoint, "Test call")
        .lead("An event of the type webhook.test was sent. It is not tried again.")
        .section(Section::note(tone, words))
        .section(Section::facts(vec![
            ("Status", sent.code.map_or(Cell::nothing("none"), |code| Cell::text(code.to_string()))),
            ("Why not", sent.error.map_or(Cell::dash(), Cell::Code)),
            ("Took", Cell::text(edge::words!("{count} ms", count = sent.took.as_millis()))),
        ]));
    let view = if sent.body.is_empty() {
        view
    } else {
        view.section(Section::copy(sent.body).heading("What it answered"))
    };
    view.action(Action::post(&visit, format!("{PATH}/{id}/test"), "Test call again").quiet())
        .show(app, &visit)
        .await
}

async fn enable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.set_webhook_endpoint_enabled(&visit.caller, id, true).await?;
    go_to(&format!("{PATH}/{id}"), Notice::WebhookOn)
}

async fn disable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.set_webhook_endpoint_enabled(&visit.caller, id, false).await?;
    go_to(&format!("{PATH}/{id}"), Notice::WebhookOff)
}
