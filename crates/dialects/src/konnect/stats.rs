//! `/api/v2/stats`: how much was called, of one's own applications. What gateways ask is counted; how long the answers
//! took and how large they were, they do not say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use app::{Names, ToName, UsageCount, UsageDimension, UsageFilter, UsageStep};
use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{ApiVersionId, ApplicationId, Instant};
use serde_json::{Map, Value, json};

use super::Doors;
use super::body::Body;
use super::caller::Developer;
use super::error::Refusal;
use super::stats_query::{Dimension, Filter, Metric, Query, Values};
use super::wire::stamp;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors.get("/api/v2/stats/config", "Konnect: which statistics there are", config).post(
        "/api/v2/stats",
        "Konnect: statistics",
        query,
    )
}

/// The most values that are told apart of a dimension.
const MAX_VALUES: usize = 50;

/// There are some for private portals only: a public one has no applications.
async fn config(Shared(state): Shared<State>, Developer(_): Developer) -> Result<Json<Value>, Refusal> {
    if state.app.portal().await?.is_public {
        return Ok(Json(json!({ "analytics": null })));
    }
    let kept = u64::try_from(UsageStep::Hour.kept().as_millis()).unwrap_or(u64::MAX);
    Ok(Json(json!({ "analytics": { "percentiles": false, "retention_ms": kept } })))
}

async fn query(
    Shared(state): Shared<State>,
    Developer(caller): Developer,
    Body(mut fields): Body,
) -> Result<Json<Value>, Refusal> {
    let query = Query::read(&mut fields);
    fields.close()?;
    let query = query.ok_or_else(Refusal::malformed)?;
    if state.app.portal().await?.is_public {
        let detail = "You do not have permission to perform this action";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", detail));
    }
    let step = step(&query, state.app.clock().now());
    let filter = UsageFilter {
        step,
        since: step.began(query.start()),
        until: query.end(),
        application_id: None,
        api_version_id: None,
        plan_id: None,
        visible_to: None,
        owned_by: None,
    };
    let counts = state.app.own_usage(&caller, filter, &told_apart(&query)).await;
    let counts = counts.map_err(|error| match error {
        app::Error::Invalid(invalid) => Refusal::named(&invalid, |_| "start_ms"),
        other => other.into(),
    })?;
    let sums = sums(&query, &counts);
    let names = names(&state, &sums).await?;
    Ok(Json(answer(&query, sums, &names, &format!("portal-api-{}", caller.request_id))))
}

/// How finely is looked: as finely as spans are asked for; without such, as finely as it is still known.
fn step(query: &Query, now: Instant) -> UsageStep {
    let length = |step: UsageStep| i64::try_from(step.length().as_millis()).unwrap_or(i64::MAX);
    if query.has(Dimension::Time) {
        let fits = |step: &UsageStep| query.granularity_ms % length(*step) == 0;
        return UsageStep::ALL.into_iter().rev().find(fits).unwrap_or(UsageStep::Minute);
    }
    let is_known = |step: &UsageStep| query.start() >= now - step.kept();
    UsageStep::ALL.into_iter().find(is_known).unwrap_or(UsageStep::Day)
}

/// What is told apart where it is counted: what is asked for, and what is filtered by.
fn told_apart(query: &Query) -> Vec<UsageDimension> {
    let asked = query.dimensions.iter().copied();
    let filtered = query.filters.iter().map(|filter| filter.dimension);
    let ours: BTreeSet<UsageDimension> = asked
        .chain(filtered)
        .map(|dimension| match dimension {
            Dimension::ApiProductVersion => UsageDimension::ApiVersion,
            Dimension::Application => UsageDimension::Application,
            Dimension::StatusCode | Dimension::StatusCodeGrouped => UsageDimension::Status,
            Dimension::Time => UsageDimension::Time,
        })
        .collect();
    ours.into_iter().collect()
}

/// By what a record differs from the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    began_ms: i64,
    application: Option<ApplicationId>,
    version: Option<ApiVersionId>,
    status: Option<u16>,
    group: Option<String>,
}

impl Key {
    fn of(query: &Query, count: &UsageCount) -> Self {
        let has = |dimension| query.has(dimension);
        let began = count.began_at.filter(|_| has(Dimension::Time));
        Self {
            began_ms: began.map_or(query.start_ms, |at| {
                (at.micros() / 1_000).div_euclid(query.granularity_ms) * query.granularity_ms
            }),
            application: count.application_id.filter(|_| has(Dimension::Application)),
            version: count.api_version_id.filter(|_| has(Dimension::ApiProductVersion)),
            status: count.status.filter(|_| has(Dimension::StatusCode)),
            group: count.status.filter(|_| has(Dimension::StatusCodeGrouped)).map(group),
        }
    }

    /// What it is called in a dimension. What nobody knows is called nothing.
    fn value(&self, dimension: Dimension, names: &Names) -> String {
        let named = |id: Option<uuid::Uuid>| id.map(|id| names.of(id).to_owned());
        let value = match dimension {
            Dimension::Application => named(self.application.map(Into::into)),
            Dimension::ApiProductVersion => named(self.version.map(Into::into)),
            Dimension::StatusCode => self.status.map(|status| status.to_string()),
            Dimension::StatusCodeGrouped => self.group.clone(),
            Dimension::Time => None,
        };
        value.unwrap_or_default()
    }
}

fn group(status: u16) -> String {
    format!("{}XX", status / 100)
}

fn fits(filter: &Filter, count: &UsageCount) -> bool {
    let is_one = match &filter.values {
        Values::Ids(ids) => {
            let id: Option<uuid::Uuid> = match filter.dimension {
                Dimension::Application => count.application_id.map(Into::into),
                _ => count.api_version_id.map(Into::into),
            };
            id.is_some_and(|id| ids.contains(&id))
        }
        Values::Statuses(statuses) => count.status.is_some_and(|status| statuses.contains(&status)),
        Values::Groups(groups) => count.status.is_some_and(|status| groups.contains(&group(status))),
    };
    is_one != filter.is_not
}

fn sums(query: &Query, counts: &[UsageCount]) -> BTreeMap<Key, u64> {
    let mut sums = BTreeMap::new();
    for count in counts.iter().filter(|count| query.filters.iter().all(|filter| fits(filter, count))) {
        *sums.entry(Key::of(query, count)).or_default() += count.calls;
    }
    sums
}

async fn names(state: &State, sums: &BTreeMap<Key, u64>) -> Result<Names, Refusal> {
    let applications: BTreeSet<ApplicationId> = sums.keys().filter_map(|key| key.application).collect();
    let versions: BTreeSet<ApiVersionId> = sums.keys().filter_map(|key| key.version).collect();
    let wanted = ToName {
        applications: applications.into_iter().collect(),
        versions: versions.into_iter().collect(),
        ..ToName::default()
    };
    Ok(state.app.names(wanted).await?)
}

/// The values of a dimension that are shown: of too many, those with the most calls.
fn shown(dimension: Dimension, sums: &BTreeMap<Key, u64>, names: &Names) -> (Vec<String>, bool) {
    let mut calls: HashMap<String, u64> = HashMap::new();
    for (key, count) in sums {
        *calls.entry(key.value(dimension, names)).or_default() += count;
    }
    let mut values: Vec<(String, u64)> = calls.into_iter().collect();
    values.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    let is_cut = values.len() > MAX_VALUES;
    values.truncate(MAX_VALUES);
    let mut values: Vec<String> = values.into_iter().map(|(value, _)| value).collect();
    values.sort();
    (values, is_cut)
}

fn answer(query: &Query, mut sums: BTreeMap<Key, u64>, names: &Names, id: &str) -> Value {
    let mut dimensions = Map::new();
    let mut truncated = false;
    for dimension in query.dimensions.iter().copied().filter(|it| *it != Dimension::Time) {
        let (values, is_cut) = shown(dimension, &sums, names);
        sums.retain(|key, _| values.contains(&key.value(dimension, names)));
        truncated |= is_cut;
        dimensions.insert(dimension.word().to_owned(), json!(values));
    }
    // Of nothing there is a sum as well.
    if query.dimensions.is_empty() && sums.is_empty() {
        sums.insert(Key { began_ms: query.start_ms, ..Key::default() }, 0);
    }
    let granularity =
        if query.has(Dimension::Time) { query.granularity_ms } else { query.end_ms - query.start_ms };
    let records: Vec<Value> = sums
        .iter()
        .map(|(key, calls)| {
            let mut event = Map::new();
            for dimension in query.dimensions.iter().filter(|it| **it != Dimension::Time) {
                event.insert(dimension.word().to_owned(), key.value(*dimension, names).into());
            }
            event.insert(query.metric.word().to_owned(), query.metric.of(*calls, granularity));
            json!({ "event": event, "timestamp": stamp(Instant::from_micros(key.began_ms.saturating_mul(1_000))) })
        })
        .collect();
    let unit = match query.metric {
        Metric::RequestCount => "count",
        Metric::RequestPerMinute => "count/minute",
    };
    json!({
        "meta": {
            "dimensions": dimensions,
            "metric_names": [query.metric.word()],
            "metric_units": { query.metric.word(): unit },
            "start_ms": query.start_ms,
            "end_ms": query.end_ms,
            "granularity": granularity,
            "truncated": truncated,
            "query_id": id,
        },
        "records": records,
    })
}
