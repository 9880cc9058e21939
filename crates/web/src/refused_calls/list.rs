//! `/console/refused-calls`, `/applications/{id}/refused-calls`

use std::sync::Arc;

use app::{App, RefusedCall, RefusedCallFilter, ToName};
use axum::extract::State as Shared;
use domain::{ApplicationId, parse_uuid};

use crate::Pages;
use crate::applications::{Shown, Tab};
use crate::cell::Cell;
use crate::field::Field;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::{Answer, Refused};
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Guest, Overseer, Person, Visit};
use edge::extract::Path;
use edge::words::Words;

const PATH: &str = "/console/refused-calls";
const KEPT: &str = "Kept for seven days, without queries and without what the calls carried. A flood is kept in part only; usage counts all of it.";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Refused calls", all).get(
        "/applications/{id}/refused-calls",
        "Refused calls of an application",
        of_application,
    )
}

async fn all(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let table = table(&app, &visit, PATH.to_owned(), RefusedCallFilter::default()).await?;
    View::new(Place::RefusedCalls, "Refused calls")
        .lead("Why was this refused? Whoever got a refusal has its request id; here is what Keywright knows of it.")
        .section(Section::table(table).text(KEPT))
        .show(&app, &visit)
        .await
}

async fn of_application(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    visit: Visit<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let filter = RefusedCallFilter { application_id: Some(id), ..RefusedCallFilter::default() };
    let table = table(&app, &visit, format!("{}/refused-calls", shown.path()), filter).await?;
    shown
        .head(&visit, Tab::Usage)
        .section(Section::table(table).heading("Refused calls").text(KEPT))
        .show(&app, &visit)
        .await
}

/// A page of them, narrowed down by what was typed. What is no id finds nothing.
async fn table(app: &App, guest: &Guest, path: String, filter: RefusedCallFilter) -> Result<Table, Refused> {
    let listing = Listing::read(app, guest, path.clone(), &["request", "reason"])?;
    let filter = RefusedCallFilter {
        id: guest.query.given("request").map(|text| parse_uuid(text).unwrap_or_default()),
        reason: guest.query.given("reason").map(str::to_owned),
        ..filter
    };
    let with_application = filter.application_id.is_none();
    let page = app.refused_calls(&guest.caller, filter, listing.request()).await?;
    let names = app
        .names(ToName {
            applications: page.items.iter().filter_map(|call| call.application_id).collect(),
            versions: page.items.iter().filter_map(|call| call.api_version_id).collect(),
            ..ToName::default()
        })
        .await?;
    let row = |call: &RefusedCall| {
        let why =
            app.calls().why(&call.reason).map_or_else(|| Words::said(&call.reason), |why| Words::known(&why));
        let what = format!("{} {}{}", call.method, call.host, call.path);
        let mut cells = vec![
            Cell::link_with(format!("/refused-calls/{}", call.id), why, &call.reason),
            Cell::Stack(vec![
                call.api_version_id
                    .map_or(Cell::nothing("No API of this desk"), |id| Cell::text(Words::said(names.of(id)))),
                Cell::quiet(what),
            ]),
        ];
        if with_application {
            cells.push(
                call.application_id
                    .map_or(Cell::nothing("not known"), |id| Cell::text(Words::said(names.of(id)))),
            );
        }
        cells.push(Cell::time(call.at));
        cells
    };
    let columns: &[&str] = if with_application {
        &["Why", "What was called", "Application", "When"]
    } else {
        &["Why", "What was called", "When"]
    };
    let fields = vec![
        Field::search("request", "Request id", guest.query.text("request")),
        Field::search("reason", "Reason, such as subscription_missing", guest.query.text("reason")),
    ];
    let rows = page.items.iter().map(row).collect();
    Ok(Table::new("Refused calls", columns, rows, "No call was refused in the last seven days.")
        .pages(listing.pages(page.next))
        .filter(Filter::new(path, fields, listing.is_filtered())))
}
