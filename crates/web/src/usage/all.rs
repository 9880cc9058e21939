//! `/console/usage`: all calls.

use std::sync::Arc;

use app::{App, ToName, UsageCount, UsageDimension};
use axum::extract::State as Shared;

use super::{Counted, Range};
use crate::Pages;
use crate::cell::Cell;
use crate::frame::Place;
use crate::refused::{Answer, Refused};
use crate::view::{Section, Table, View};
use crate::visit::{Overseer, Visit};
use edge::words::Words;

const PATH: &str = "/console/usage";
/// Only those that call most are listed.
const MOST: usize = 20;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "All calls", show).get("/console/usage.csv", "All calls, as CSV", download)
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let counted = Counted::read(&app, &visit, Range::of(&visit), |_| {}).await?;
    let by_application = app.usage(&visit.caller, counted.filter(), &[UsageDimension::Application]).await?;
    let by_version = app
        .usage(&visit.caller, counted.filter(), &[UsageDimension::ApiVersion, UsageDimension::Plan])
        .await?;
    let view = counted.onto(&app, View::new(Place::Usage, "Usage"), PATH);
    let tables = [
        ("By application", applications(&app, by_application).await?),
        ("By API", versions(&app, by_version).await?),
    ];
    let view = tables.into_iter().fold(view, |view, (heading, table)| match table {
        Some(table) => view.section(Section::table(table).heading(heading)),
        None => view,
    });
    view.show(&app, &visit).await
}

/// The applications that call most; `None` if there was no call.
pub(super) async fn applications(app: &App, mut counts: Vec<UsageCount>) -> Result<Option<Table>, Refused> {
    most(&mut counts);
    let applications = counts.iter().filter_map(|it| it.application_id).collect();
    let names = app.names(ToName { applications, ..ToName::default() }).await?;
    let rows = counts.iter().map(|it| {
        let who = match it.application_id {
            Some(id) => Cell::link(format!("/applications/{id}"), Words::said(names.of(id))),
            None => Cell::nothing("not known"),
        };
        vec![who, Cell::text(it.calls.to_string())]
    });
    let table = Table::new("Calls by application", &["Application", "Calls"], rows.collect(), "None.");
    Ok((!counts.is_empty()).then_some(table))
}

async fn versions(app: &App, mut counts: Vec<UsageCount>) -> Result<Option<Table>, Refused> {
    most(&mut counts);
    let wanted = ToName {
        versions: counts.iter().filter_map(|it| it.api_version_id).collect(),
        plans: counts.iter().filter_map(|it| it.plan_id).collect(),
        ..ToName::default()
    };
    let names = app.names(wanted).await?;
    let rows = counts.iter().map(|it| {
        let what = match it.api_version_id {
            Some(id) => Cell::link(format!("/console/api-versions/{id}/usage"), Words::said(names.of(id))),
            None => Cell::nothing("nothing that is published"),
        };
        let plan = it.plan_id.map_or(Cell::dash(), |id| Cell::text(Words::said(names.of(id))));
        vec![what, plan, Cell::text(it.calls.to_string())]
    });
    let table = Table::new("Calls by API", &["API", "Plan", "Calls"], rows.collect(), "None.");
    Ok((!counts.is_empty()).then_some(table))
}

fn most(counts: &mut Vec<UsageCount>) {
    counts.sort_by_key(|it| std::cmp::Reverse(it.calls));
    counts.truncate(MOST);
}

async fn download(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    Ok(Counted::read(&app, &visit, Range::of(&visit), |_| {}).await?.csv())
}
