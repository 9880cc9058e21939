//! `/console`: an administrator's first page: what waits, what is about to end, how much there is of everything.

use std::sync::Arc;
use std::time::Duration;

use app::{App, Counts, CredentialFilter, DeveloperFilter, PageRequest, SubscriptionFilter, ToName};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use domain::DeveloperState;

use crate::cell::Cell;
use crate::chart::Chart;
use crate::frame::{Frame, Place};
use crate::refused::{Answer, Refused};
use crate::usage::Counted;
use crate::view::Table;
use crate::visit::{For, Guest, Overseer, SignedIn, Visit};
use crate::{Pages, framed, moment, subscriptions};
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console", "An administrator’s first page", show)
}

/// Credentials that end within this are worth a look.
const SOON: Duration = Duration::from_secs(30 * 24 * 3_600);

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    counts: Counts,
    /// No call was let through yet.
    is_new: bool,
    /// A gateway has asked this node.
    asked: bool,
    waiting: Table,
    waiting_developers: usize,
    ending: Table,
    calls: Chart,
    refused: Table,
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<SignedIn>) -> Answer {
    // Who signs in without saying where to comes here, and some are at home elsewhere.
    if visit.caller.is_approver() || visit.caller.provider().is_some() {
        return Ok(Redirect::to(visit.home()).into_response());
    }
    Overseer::admit(&visit)?;
    let caller = &visit.caller;
    let counts = app.counts(caller).await?;
    let filter = SubscriptionFilter { undecided: true, ..SubscriptionFilter::default() };
    let waiting = app.subscriptions(caller, filter, PageRequest::first(5)).await?.items;
    let waiting = subscriptions::table(&app, &waiting, true).await?.empty("Nothing waits for you.");
    let filter = DeveloperFilter { state: Some(DeveloperState::Pending), ..DeveloperFilter::default() };
    let waiting_developers = app.developers(caller, &filter, PageRequest::first(100)).await?.items.len();
    let (calls, refused) = Counted::last_day(&app, &visit).await?;
    let page = Overview {
        frame: Frame::around(&app, &visit, Place::Home).await?,
        is_new: visit.runs_it_all() && !app.was_any_call_allowed(caller).await?,
        asked: app.calls().all().any(|(.., count)| count > 0),
        counts,
        waiting,
        waiting_developers,
        ending: ending(&app, &visit).await?,
        calls,
        refused,
    };
    Ok(framed(StatusCode::OK, &page))
}

/// Credentials that still work, and soon will not.
async fn ending(app: &App, guest: &Guest) -> Result<Table, Refused> {
    let now = app.clock().now();
    let filter = CredentialFilter { expires_before: Some(now + SOON), ..CredentialFilter::default() };
    let found = app.credentials(&guest.caller, filter, PageRequest::first(50)).await?.items;
    let ending: Vec<_> = found.into_iter().filter(|it| it.status(now).is_usable()).take(5).collect();
    let applications = ending.iter().map(|it| it.application_id).collect();
    let names = app.names(ToName { applications, ..ToName::default() }).await?;
    let rows = ending.iter().map(|it| {
        vec![
            Cell::link_with(
                format!("/credentials/{}", it.id),
                &it.name,
                Words::said(names.of(it.application_id)),
            ),
            it.expires_at
                .map_or(Cell::nothing("never"), |at| Cell::Time(at.to_string(), moment::from_now(at, now))),
        ]
    });
    Ok(Table::new(
        "Credentials that end soon",
        &["Credential", "Ends"],
        rows.collect(),
        "None ends within 30 days.",
    ))
}
