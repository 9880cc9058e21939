//! `/console/own-gateway`: what the technical user of a gateway sees: its APIs, what is asked of it, what it was told.

use std::sync::Arc;

use app::{App, PageRequest, RequestFilter, ToName, WebhookDeliveryFilter};
use axum::extract::State as Shared;
use domain::{Gateway, WebhookDeliveryId};

use super::webhooks::deliveries;
use crate::cell::Cell;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::{Answer, Refused};
use crate::view::{Section, Table, View};
use crate::visit::{Provider, Visit};
use crate::{Pages, requests};
use edge::extract::Path;
use edge::words::Words;

pub(super) const PATH: &str = "/console/own-gateway";
/// What was sent to it.
const DELIVERIES: &str = "/console/own-gateway/deliveries";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "The gateway of a technical user", show)
        .get(DELIVERIES, "What a gateway was told", list)
        .get("/console/own-gateway/deliveries/{id}", "What a gateway was told once", show_delivery)
}

async fn own(app: &App, visit: &Visit<Provider>) -> Result<Gateway, Refused> {
    let id = visit.caller.provider().ok_or_else(Refused::not_found)?;
    Ok(app.gateway(&visit.caller, id).await?)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Provider>) -> Answer {
    let gateway = own(&app, &visit).await?;
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.request_list(&visit.caller, RequestFilter::default(), listing.request()).await?;
    let asked = requests::table(&app, &page.items, true)
        .await?
        .empty("Nobody has asked anything of this gateway yet.")
        .pages(listing.pages(page.next));
    let latest = WebhookDeliveryFilter::default();
    let latest = app.webhook_deliveries(&visit.caller, &latest, PageRequest::first(10)).await?.items;
    let told = deliveries::table_below(DELIVERIES, &latest, app.clock().now());
    let names = ToName { apis: gateway.apis.keys().copied().collect(), ..ToName::default() };
    let names = app.names(names).await?;
    let apis = gateway.apis.iter().map(|(id, external)| {
        vec![
            Cell::text(Words::said(names.of(*id))),
            external.clone().map_or(Cell::dash(), Cell::Code),
            Cell::Copy(id.to_string()),
        ]
    });
    let apis = Table::new(
        "APIs",
        &["API", "You call it", "Id"],
        apis.collect(),
        "No API belongs to this gateway yet.",
    );
    View::new(Place::OwnGateway, &gateway.name)
        .section(Section::facts(vec![
            ("Summary", Cell::text(&gateway.summary)),
            ("Stage", Cell::text(&gateway.stage)),
            ("Mails go to", gateway.mail_to.as_ref().map_or_else(Cell::dash, Cell::text)),
            ("Id", Cell::Copy(gateway.id.to_string())),
        ]))
        .section(Section::table(apis).heading("APIs"))
        .section(Section::table(asked).heading("Requests"))
        .section(
            Section::table(told)
                .heading("Latest deliveries")
                .action(crate::cell::Action::see(DELIVERIES, "All of them")),
        )
        .show(&app, &visit)
        .await
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Provider>) -> Answer {
    let gateway = own(&app, &visit).await?;
    let listing = Listing::read(&app, &visit, DELIVERIES, &[])?;
    let all = WebhookDeliveryFilter::default();
    let page = app.webhook_deliveries(&visit.caller, &all, listing.request()).await?;
    let table = deliveries::table_below(DELIVERIES, &page.items, app.clock().now());
    View::new(Place::OwnGateway, "Deliveries")
        .crumb(PATH, &gateway.name)
        .section(Section::table(table.pages(listing.pages(page.next))))
        .show(&app, &visit)
        .await
}

async fn show_delivery(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookDeliveryId>,
    visit: Visit<Provider>,
) -> Answer {
    let gateway = own(&app, &visit).await?;
    let (delivery, event, attempts) = app.webhook_delivery(&visit.caller, id).await?;
    let now = app.clock().now();
    let view = View::new(Place::OwnGateway, &delivery.event_type)
        .crumb(PATH, &gateway.name)
        .crumb(DELIVERIES, "Deliveries")
        .badge(super::webhooks::delivery_in_words(delivery.state))
        .section(Section::facts(deliveries::facts(&delivery, now)))
        .section(Section::table(deliveries::history(&attempts)).heading("Attempts"));
    let view = match event {
        Some(event) => {
            let data = serde_json::to_string_pretty(&event.data).unwrap_or_default();
            view.section(Section::copy(data).heading("What it says"))
        }
        None => view,
    };
    view.show(&app, &visit).await
}
