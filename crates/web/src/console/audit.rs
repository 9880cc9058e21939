//! `/console/audit`: who did what to what.

use std::sync::Arc;

use app::{App, AuditFilter, AuditLine, Names};
use axum::extract::State as Shared;
use domain::parse_uuid;

use crate::cell::{Action, Cell};
use crate::field::Field;
use crate::frame::Place;
use crate::list::Listing;
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Overseer, Visit};
use crate::{Pages, audit_line, moment};
use edge::words;
use edge::words::Words;

const PATH: &str = "/console/audit";
/// What the log is narrowed down by.
const NAMES: [&str; 5] = ["action", "id", "request", "since", "until"];

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "The audit log", show)
}

/// What was asked for. What is no id finds nothing.
pub(super) fn filter(query: &Typed) -> AuditFilter {
    let id = |name: &str| query.given(name).map(|text| parse_uuid(text).unwrap_or_default());
    AuditFilter {
        action: query.given("action").map(str::to_owned),
        target_id: id("id"),
        request_id: id("request"),
        since: query.given("since").and_then(moment::start_of_day),
        until: query.given("until").and_then(moment::end_of_day),
        ..AuditFilter::default()
    }
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &NAMES)?;
    let page = app.audit_lines(&visit.caller, &filter(&visit.query), listing.request()).await?;
    let names = audit_line::names(&app, &page.items).await?;
    let rows = page.items.iter().map(|line| row(line, &names)).collect();
    let field = |name: &'static str, label: &'static str| Field::search(name, label, visit.query.text(name));
    let fields = vec![
        field("action", "Action, such as credential.revoked"),
        field("id", "Id of the thing"),
        field("request", "Id of the request"),
        Field::day("since", "From", visit.query.text("since")),
        Field::day("until", "To", visit.query.text("until")),
    ];
    let columns = ["What", "Who", "When", "To what", "Changed"];
    let table = Table::new("Audit log", &columns, rows, "Nothing has happened yet.")
        .pages(listing.pages(page.next))
        .filter(Filter::new(PATH, fields, listing.is_filtered()));
    let query = visit.here.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
    View::new(Place::Audit, "Audit log")
        .lead("Every change there was, written together with the change itself. Whoever mentions a request’s id finds it here.")
        .action(Action::see(format!("/console/audit.csv{query}"), "Download as CSV"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn row(line: &AuditLine, names: &Names) -> Vec<Cell> {
    let from = line.address.as_ref().map(|address| words!("from {address}", address)).unwrap_or_default();
    vec![
        Cell::Unbroken(vec![Cell::text(audit_line::action(&line.action)), Cell::quiet(line.action.clone())]),
        Cell::Stack(vec![Cell::text(audit_line::actor(line, names)), Cell::quiet(from)]),
        Cell::time(line.at),
        target(line),
        Cell::text(audit_line::changes(&line.details)),
    ]
}

/// What it was done to, with a link where it has a page.
fn target(line: &AuditLine) -> Cell {
    let id = line.target_id;
    let path = match line.target_kind.as_str() {
        "partner" => format!("/partners/{id}"),
        "developer" => format!("/console/developers/{id}"),
        "application" => format!("/applications/{id}"),
        "credential" => format!("/credentials/{id}"),
        "subscription" => format!("/subscriptions/{id}"),
        "api" => format!("/console/apis/{id}"),
        "api_version" => format!("/console/api-versions/{id}"),
        "plan" => format!("/console/plans/{id}"),
        "auth_strategy" => format!("/console/auth-strategies/{id}"),
        "client" => format!("/console/api-clients/{id}"),
        "scope" => format!("/console/scopes/{id}"),
        "token_definition" => format!("/console/token-definitions/{id}"),
        "signing_key" => format!("/console/signing-keys/{id}"),
        "webhook_endpoint" => format!("/console/webhooks/{id}"),
        "portal" => "/console/settings".to_owned(),
        _ => return Cell::text(Words::known(&line.target_kind.replace('_', " "))),
    };
    let gone = line.action.ends_with(".deleted");
    let words = audit_line::action(&line.target_kind);
    if gone { Cell::text(words) } else { Cell::link(path, words) }
}
