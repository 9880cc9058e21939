//! `/console/requests`: what people ask of third parties' gateways.

use std::sync::Arc;

use app::{App, RequestFilter, every};
use axum::extract::State as Shared;

use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::view::{Filter, Section, View};
use crate::visit::{Overseer, Visit};
use crate::{Pages, requests};

const PATH: &str = "/console/requests";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "What people ask of gateways", show)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["status", "gateway"])?;
    let status = requests::wanted(&visit);
    let gateway_id = visit.query.given("gateway").and_then(|id| id.parse().ok());
    let filter = RequestFilter { status, gateway_id, ..RequestFilter::default() };
    let page = app.request_list(&visit.caller, filter, listing.request()).await?;
    let gateways = every(|page| app.gateways(&visit.caller, page)).await?;
    let gateways = gateways
        .into_iter()
        .map(|it| Choice::new(it.id.to_string(), &it.name).chosen(gateway_id == Some(it.id)));
    let all = std::iter::once(Choice::new("", "All").chosen(gateway_id.is_none()));
    let fields = vec![
        requests::status_field(status),
        Field::select("gateway", "Gateway", all.chain(gateways).collect()),
    ];
    let table = requests::table(&app, &page.items, true)
        .await?
        .empty("Nobody has asked anything of a gateway yet.")
        .filter(Filter::new(PATH, fields, listing.is_filtered()))
        .pages(listing.pages(page.next));
    View::new(Place::Requests, "Requests")
        .lead("What people ask of third parties’ gateways, and how far it has come.")
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}
