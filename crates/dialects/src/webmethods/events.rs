//! `/rest/v1/events`: the audit log in the vendor's words, and what gateways report of calls.

use std::sync::Arc;
use std::time::Duration;

use app::{App, AuditFilter, AuditLine, PageRequest};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing;
use domain::Instant;
use serde::Deserialize;
use serde_json::{Value, json};

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::{Listed, PageQuery};
use super::{Doors, wire};

const PATH: &str = "/rest/v1/events";
/// So many lines of the days that are asked for are looked at, the newest; `/api/v1/audit` has no end.
const MAX_LINES: u64 = 2_000;

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .portal("/rest/v1/events", &[("GET", "List what happened")], &routing::get(boxed(list)))
        .portal("/rest/v1/events/{id}", &[("GET", "Get something that happened")], &routing::get(boxed(get)))
        .portal(
            "/rest/v1/events/transactions",
            &[("POST", "Report a call that a gateway let through")],
            &routing::post(boxed(transaction)),
        )
}

#[derive(Debug, Deserialize)]
struct EventsQuery {
    #[serde(rename = "type")]
    kinds: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Our `noun.verb` as their `NOUN_VERB_EVENT`.
fn kind(action: &str) -> String {
    format!("{}_EVENT", action.replace('.', "_").to_uppercase())
}

fn shown(line: &AuditLine) -> Value {
    json!({
        "id": line.seq.to_string(),
        "created": wire::minute(line.at),
        "documentType": "EVENTS",
        "type": kind(&line.action),
        "parameters": {
            "actor": {"type": line.actor_kind, "id": line.actor_id},
            "target": {"type": line.target_kind, "id": line.target_id},
            "application_id": line.application_id,
            "details": line.details,
            "source": "Keywright",
        },
    })
}

/// When a day begins.
fn day(text: Option<&str>, field: &str) -> Result<Option<Instant>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let began = Instant::parse(&format!("{text}T00:00:00Z")).filter(|_| text.len() == 10);
    began.map(Some).ok_or_else(|| Fault::wrong(format!("{field} must be like 2026-01-31")))
}

async fn list(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(query): Query<EventsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Value>>, Fault> {
    let slice = page.slice()?;
    let (from, to) = (day(query.from.as_deref(), "from")?, day(query.to.as_deref(), "to")?);
    let until = to.map(|to| to + Duration::from_secs(86_400));
    let filter = AuditFilter { since: from, until, ..AuditFilter::default() };
    let lines = app.audit_lines(&caller, &filter, PageRequest::first(MAX_LINES)).await?.items;
    let kinds: Option<Vec<&str>> = query.kinds.as_deref().map(|kinds| kinds.split(',').collect());
    let is_wanted =
        |line: &&AuditLine| kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind(&line.action).as_str()));
    let wanted: Vec<&AuditLine> = lines.iter().filter(is_wanted).collect();
    let count = wanted.len() as u64;
    let skip = usize::try_from(slice.page.saturating_mul(slice.limit)).unwrap_or(usize::MAX);
    let take = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let items = wanted.into_iter().skip(skip).take(take).map(shown).collect();
    let found = app::Sliced { items, count };
    Ok(Json(Listed::linked(found, slice, PATH, "", |event| event)))
}

async fn get(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Value>, Fault> {
    let unknown = || Fault::new(StatusCode::NOT_FOUND, "Unable to find the Event");
    let seq: u64 = id.parse().map_err(|_| unknown())?;
    // Lines are numbered: the one before the next is the one.
    let after = Some(uuid::Uuid::from_u128(u128::from(seq) + 1));
    let found = app.audit_lines(&caller, &AuditFilter::default(), PageRequest { after, limit: 1 }).await?;
    let line = found.items.first().filter(|line| line.seq.to_string() == id).ok_or_else(unknown)?;
    Ok(Json(shown(line)))
}

/// A call, in the gateway's words. Whom and what it is about is looked at; the rest is kept as it is.
#[derive(Debug, Deserialize)]
struct Transaction {
    #[serde(rename = "apiId")]
    api_id: Option<String>,
    #[serde(rename = "applicationId")]
    application_id: Option<String>,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

async fn transaction(Shared(app): Shared<Arc<App>>, sent: Sent<Transaction>) -> Result<StatusCode, Fault> {
    let Transaction { api_id, application_id, rest } = sent.body;
    // Gateways know APIs and applications that we do not: what is no id of ours is kept with the rest.
    let api = api_id.as_deref().and_then(|id| id.parse().ok());
    let application = application_id.as_deref().and_then(|id| id.parse().ok());
    let mut call = rest;
    call.insert("apiId".to_owned(), json!(api_id));
    call.insert("applicationId".to_owned(), json!(application_id));
    app.report_usage(&sent.caller, application, api, Value::Object(call)).await?;
    Ok(StatusCode::ACCEPTED)
}
