//! `/console/webhook-deliveries`: what was sent to which endpoint, and what became of it.

use std::sync::Arc;

use app::{App, WebhookDeliveryFilter};
use axum::extract::State as Shared;
use domain::{
    DeliveryAttempt, DeliveryState, Instant, WebhookDelivery, WebhookDeliveryId, WebhookEndpointId,
    parse_uuid,
};

use super::words;
use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;

pub(super) const PATH: &str = "/console/webhook-deliveries";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Webhook deliveries", list)
        .get("/console/webhook-deliveries/{id}", "A webhook delivery", show)
        .post("/console/webhook-deliveries/{id}/replay", "Send a delivery again", replay)
        .post("/console/webhook-deliveries/{id}/cancel", "Give a delivery up", cancel)
}

/// Deliveries, one in each row.
pub(super) fn table(deliveries: &[WebhookDelivery], now: Instant) -> Table {
    table_below(PATH, deliveries, now)
}

/// The same, for those who see one below another path.
pub(in crate::console) fn table_below(path: &str, deliveries: &[WebhookDelivery], now: Instant) -> Table {
    let rows = deliveries.iter().map(|it| {
        let (tone, word) = words::delivery(it.state);
        vec![
            Cell::link(format!("{path}/{}", it.id), &it.event_type),
            Cell::badge((tone, word)),
            Cell::text(it.attempts.to_string()),
            last(it.last_code, it.last_error.as_deref()),
            it.next_attempt_at.map_or(Cell::dash(), |at| Cell::ago(at, now)),
            Cell::ago(it.created_at, now),
        ]
    });
    let columns = ["Event", "State", "Attempts", "Last answer", "Next attempt", "Happened"];
    Table::new("Webhook deliveries", &columns, rows.collect(), "Nothing was sent yet.")
}

fn last(code: Option<u16>, error: Option<&str>) -> Cell {
    let code = code.map(|code| code.to_string());
    let words: Vec<&str> = code.as_deref().into_iter().chain(error).collect();
    if words.is_empty() { Cell::dash() } else { Cell::Code(words.join(" ")) }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["endpoint", "state", "type"])?;
    let (state, kind) = (visit.query.text("state"), visit.query.text("type"));
    let endpoint = visit.query.given("endpoint");
    let filter = WebhookDeliveryFilter {
        endpoint_id: endpoint.map(|id| WebhookEndpointId(parse_uuid(id).unwrap_or_default())),
        state: words::DELIVERIES.iter().find(|(_, word, _)| *word == state).map(|(it, ..)| *it),
        event_type: visit.query.given("type").map(str::to_owned),
        ..WebhookDeliveryFilter::default()
    };
    let page = app.webhook_deliveries(&visit.caller, &filter, listing.request()).await?;
    let any = || std::iter::once(Choice::new("", "Any"));
    let states =
        words::DELIVERIES.iter().map(|(_, word, words)| Choice::new(*word, *words).chosen(*word == state));
    let types = app.event_types(&visit.caller)?.iter();
    let types = types.map(|it| Choice::new(it.name, it.name).chosen(it.name == kind));
    let fields = vec![
        Field::select("state", "State", any().chain(states).collect()),
        Field::select("type", "Event", any().chain(types).collect()),
        Field::search("endpoint", "Id of the endpoint", endpoint.unwrap_or_default()),
    ];
    let table = table(&page.items, app.clock().now()).pages(listing.pages(page.next)).filter(Filter::new(
        PATH,
        fields,
        listing.is_filtered(),
    ));
    View::new(Place::Webhooks, "Webhook deliveries")
        .crumb(super::PATH, "Webhooks")
        .lead("Each event on its way to each endpoint, from the newest to the oldest; kept for 30 days.")
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookDeliveryId>,
    visit: Visit<Overseer>,
) -> Answer {
    let (delivery, event, attempts) = app.webhook_delivery(&visit.caller, id).await?;
    let endpoint = app.webhook_endpoint(&visit.caller, delivery.endpoint_id).await?.endpoint;
    let now = app.clock().now();
    let application = match delivery.application_id {
        Some(application) => Cell::link(format!("/applications/{application}"), application.to_string()),
        None => Cell::nothing("none"),
    };
    let mut all =
        vec![("To", Cell::link(format!("{}/{}", super::PATH, endpoint.id), endpoint.url.to_string()))];
    all.extend(facts(&delivery, now));
    all.push(("About the application", application));
    let view = head(&visit, &delivery)
        .section(Section::facts(all))
        .section(Section::table(history(&attempts)).heading("Attempts"));
    let view = match event {
        Some(event) => {
            let data = serde_json::to_string_pretty(&event.data).unwrap_or_default();
            view.section(Section::copy(data).heading("What it says"))
        }
        None => view,
    };
    view.show(&app, &visit).await
}

/// What there is to say of any delivery.
pub(in crate::console) fn facts(delivery: &WebhookDelivery, now: Instant) -> Vec<(&'static str, Cell)> {
    vec![
        ("Happened", Cell::time(delivery.created_at)),
        ("Next attempt", delivery.next_attempt_at.map_or(Cell::nothing("none"), |at| Cell::ago(at, now))),
        ("Finished", Cell::maybe_time(delivery.finished_at, "not yet")),
        ("Id of the event", Cell::Copy(delivery.event_id.to_string())),
    ]
}

fn head(guest: &Guest, delivery: &WebhookDelivery) -> View {
    let at = |part: &str| format!("{PATH}/{}/{part}", delivery.id);
    let view = View::new(Place::Webhooks, &delivery.event_type)
        .crumb(super::PATH, "Webhooks")
        .crumb(PATH, "Deliveries")
        .badge(words::delivery(delivery.state));
    match delivery.state {
        DeliveryState::Pending => view
            .action(Action::post(guest, at("replay"), "Try now"))
            .action(Action::post(guest, at("cancel"), "Give up").danger()),
        DeliveryState::Delivered | DeliveryState::Exhausted | DeliveryState::Canceled => {
            view.action(Action::post(guest, at("replay"), "Send again"))
        }
    }
}

pub(in crate::console) fn history(attempts: &[DeliveryAttempt]) -> Table {
    let rows = attempts.iter().map(|it| {
        vec![
            Cell::text(it.number.to_string()),
            Cell::time(it.at),
            last(it.code, it.error.as_deref()),
            Cell::text(edge::words!("{count} ms", count = it.took.as_millis())),
            if it.body.is_empty() { Cell::nothing("nothing") } else { Cell::Code(it.body.clone()) },
        ]
    });
    let columns = ["Attempt", "When", "Answer", "Took", "What was said"];
    Table::new("Attempts", &columns, rows.collect(), "It was not tried yet.")
}

async fn replay(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookDeliveryId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.replay_webhook_delivery(&visit.caller, id).await?;
    go_to(&format!("{PATH}/{id}"), Notice::Replayed)
}

async fn cancel(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookDeliveryId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.cancel_webhook_delivery(&visit.caller, id).await?;
    go_to(&format!("{PATH}/{id}"), Notice::Canceled)
}
