//! `/console/webhooks`: where events are sent to, and how that goes.

mod change;
mod create;
mod delete;
pub(super) mod deliveries;
mod one;
mod replay;
mod secret;
mod settings;
mod words;

pub(super) use words::delivery as delivery_in_words;

use std::sync::Arc;

use app::{App, Created, Error, WebhookEndpointFilter, every};
use axum::extract::State as Shared;
use domain::{Gateway, GatewayId, WebhookEndpoint};

use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::{Answer, Refused};
use crate::reveal::Revealed;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Guest, Overseer, Visit};
use edge::words::Words;

const PATH: &str = "/console/webhooks";
const NEW: &str = "/console/webhooks/new";

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = pages.get(PATH, "Webhook endpoints", list);
    let pages = create::routes(pages);
    let pages = one::routes(pages);
    let pages = change::routes(pages);
    let pages = secret::routes(pages);
    let pages = replay::routes(pages);
    let pages = delete::routes(pages);
    deliveries::routes(pages)
}

/// All gateways.
async fn gateways(app: &App, guest: &Guest) -> Result<Vec<Gateway>, Refused> {
    Ok(every(|page| app.gateways(&guest.caller, page)).await?)
}

/// Whose events an endpoint gets.
fn whose(gateways: &[Gateway], id: Option<GatewayId>) -> Words {
    let Some(id) = id else { return "The whole installation".into() };
    gateways
        .iter()
        .find(|it| it.id == id)
        .map_or_else(|| Words::from("(deleted)"), |it| Words::said(it.name.to_string()))
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["state"])?;
    let state = visit.query.text("state");
    let enabled = match state {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    };
    let filter = WebhookEndpointFilter { enabled, ..WebhookEndpointFilter::default() };
    let page = app.webhook_endpoints(&visit.caller, &filter, listing.request()).await?;
    let gateways = gateways(&app, &visit).await?;
    let rows = page.items.iter().map(|it| {
        let (tone, word) = words::state(it);
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), it.url.to_string(), &it.description),
            Cell::text(whose(&gateways, it.gateway_id)),
            it.event_types.as_ref().map_or(Cell::nothing("all"), |types| Cell::tags(types)),
            Cell::badge((tone, word)),
        ]
    });
    let choice = |value: &str, label: &'static str| Choice::new(value, label).chosen(value == state);
    let states = vec![choice("", "Any"), choice("on", "Switched on"), choice("off", "Switched off")];
    let columns = ["Address", "Events of", "Types", "State"];
    let empty = "There is no endpoint yet. An endpoint is told of what happens here: a key was issued, somebody asks for access.";
    let table = Table::new("Webhook endpoints", &columns, rows.collect(), empty)
        .empty_action(Action::link(NEW, "Create the first endpoint"))
        .pages(listing.pages(page.next))
        .filter(Filter::new(PATH, vec![Field::select("state", "State", states)], listing.is_filtered()));
    View::new(Place::Webhooks, "Webhooks")
        .lead("Where events are sent to, signed, and tried again until they are taken or given up.")
        .action(Action::link(NEW, "New endpoint"))
        .action(Action::see(deliveries::PATH, "Deliveries"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

/// What all pages below an endpoint begin with.
fn below(endpoint: &WebhookEndpoint, title: impl Into<Words>) -> View {
    View::new(Place::Webhooks, title)
        .crumb(PATH, "Webhooks")
        .crumb(format!("{PATH}/{}", endpoint.id), endpoint.url.to_string())
}

/// Shows a signing secret, this once.
async fn told(app: &App, guest: &Guest, created: Created<WebhookEndpoint>, note: Option<Words>) -> Answer {
    let endpoint = created.value;
    let back = format!("{PATH}/{}", endpoint.id);
    let Some(secret) = created.secret else {
        return Err(Error::Internal("an endpoint without its secret".to_owned()).into());
    };
    let revealed = Revealed {
        title: "Your signing secret".into(),
        crumbs: vec![(PATH.to_owned(), "Webhooks".into()), (back.clone(), endpoint.url.to_string().into())],
        name: edge::words!("Signing secret of {endpoint}", endpoint = endpoint.url),
        beside: Vec::new(),
        secret: secret.expose().to_owned(),
        note,
        usage_heading: "".into(),
        usage: "".into(),
        call: String::new(),
        back,
    };
    revealed.show(app, guest, Place::Webhooks).await
}
