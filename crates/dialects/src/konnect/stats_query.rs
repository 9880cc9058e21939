//! What is asked of the statistics.

use std::collections::HashSet;

use domain::Instant;
use serde_json::{Value, json};
use uuid::Uuid;

use super::body::Fields;
use super::error::{Source, Wrong};

/// All that Konnect measures.
const METRICS: [&str; 11] = [
    "REQUEST_COUNT",
    "REQUEST_PER_MINUTE",
    "RESPONSE_LATENCY_P99",
    "RESPONSE_LATENCY_P95",
    "RESPONSE_LATENCY_P50",
    "RESPONSE_SIZE_P99",
    "RESPONSE_SIZE_P95",
    "RESPONSE_SIZE_P50",
    "REQUEST_SIZE_P99",
    "REQUEST_SIZE_P95",
    "REQUEST_SIZE_P50",
];
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// More than any query needs.
const MAX_VALUES: usize = 1_000;
/// As much again.
const MAX_FILTERS: usize = 20;

/// What is measured here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    RequestCount,
    RequestPerMinute,
}

/// By what it is told apart, or filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dimension {
    ApiProductVersion,
    Application,
    StatusCode,
    StatusCodeGrouped,
    Time,
}

/// Some values of a dimension.
#[derive(Clone, Debug)]
pub(super) enum Values {
    Ids(HashSet<Uuid>),
    Statuses(HashSet<u16>),
    Groups(HashSet<String>),
}

/// Only these, or all but these.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) dimension: Dimension,
    pub(super) is_not: bool,
    pub(super) values: Values,
}

/// A query.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    pub(super) metric: Metric,
    pub(super) dimensions: Vec<Dimension>,
    pub(super) granularity_ms: i64,
    pub(super) filters: Vec<Filter>,
}

impl Metric {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::RequestCount => "REQUEST_COUNT",
            Self::RequestPerMinute => "REQUEST_PER_MINUTE",
        }
    }

    /// Its value for so many calls in a span.
    pub(super) fn of(self, calls: u64, span_ms: i64) -> Value {
        match self {
            Self::RequestCount => json!(calls),
            // Far below the number from which on a float is not exact.
            #[allow(clippy::cast_precision_loss)]
            Self::RequestPerMinute => json!(calls as f64 * 60_000.0 / span_ms.max(1) as f64),
        }
    }
}

impl Dimension {
    const ALL: [Self; 5] =
        [Self::ApiProductVersion, Self::Application, Self::StatusCode, Self::StatusCodeGrouped, Self::Time];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ApiProductVersion => "API_PRODUCT_VERSION",
            Self::Application => "APPLICATION",
            Self::StatusCode => "STATUS_CODE",
            Self::StatusCodeGrouped => "STATUS_CODE_GROUPED",
            Self::Time => "TIME",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.word() == word)
    }
}

fn wrong(field: impl Into<String>, rule: &'static str, reason: &str) -> Wrong {
    Wrong::new(Source::Body, field, rule, reason)
}

impl Query {
    pub(super) fn has(&self, dimension: Dimension) -> bool {
        self.dimensions.contains(&dimension)
    }

    pub(super) fn start(&self) -> Instant {
        Instant::from_micros(self.start_ms.saturating_mul(1_000))
    }

    /// The moment after its end, which is a part of it.
    pub(super) fn end(&self) -> Instant {
        Instant::from_micros(self.end_ms.saturating_add(1).saturating_mul(1_000))
    }

    /// Takes it out of a body. What is wrong is noted there; nothing comes back then.
    pub(super) fn read(fields: &mut Fields) -> Option<Self> {
        let start_ms = required(fields, "start_ms");
        let end_ms = required(fields, "end_ms");
        let granularity_ms = integer(fields, "granularity_ms");
        let metric = metric(fields);
        let (dimensions, filters) = (dimensions(fields), filters(fields));
        let (start_ms, end_ms, metric) = (start_ms?, end_ms?, metric?);
        let (dimensions, filters) = (dimensions?, filters?);
        if end_ms < start_ms {
            fields.refuse(wrong("end_ms", "invalid", "must not be before start_ms"));
            return None;
        }
        let granularity_ms = granularity_ms.unwrap_or(DAY_MS);
        if granularity_ms < MINUTE_MS || granularity_ms % MINUTE_MS != 0 {
            fields.refuse(wrong("granularity_ms", "invalid", "must be whole minutes, at least one"));
            return None;
        }
        Some(Self { start_ms, end_ms, metric, dimensions, granularity_ms, filters })
    }
}

fn required(fields: &mut Fields, name: &str) -> Option<i64> {
    if !fields.has(name) {
        fields.refuse(wrong(name, "required", "is a required field"));
        return None;
    }
    integer(fields, name)
}

fn integer(fields: &mut Fields, name: &str) -> Option<i64> {
    let value = fields.value(name)?;
    let number = value.as_i64();
    if number.is_none() {
        fields.refuse(wrong(name, "is_integer", "must be an integer"));
    }
    number
}

fn metric(fields: &mut Fields) -> Option<Metric> {
    if !fields.has("metrics") {
        fields.refuse(wrong("metrics", "required", "is a required field"));
        return None;
    }
    let refusal = match fields.texts("metrics")?.as_slice() {
        [word] if word == Metric::RequestCount.word() => return Some(Metric::RequestCount),
        [word] if word == Metric::RequestPerMinute.word() => return Some(Metric::RequestPerMinute),
        [word] if METRICS.contains(&word.as_str()) => wrong("metrics[0]", "invalid", "is not measured here"),
        [_] => Wrong::choice(Source::Body, "metrics[0]", &METRICS),
        [] => wrong("metrics", "min_items", "must have at least 1 items").minimum(1),
        _ => wrong("metrics", "max_items", "must not have more than 1 items").maximum(1),
    };
    fields.refuse(refusal);
    None
}

fn dimensions(fields: &mut Fields) -> Option<Vec<Dimension>> {
    let words = fields.texts("dimensions").unwrap_or_default();
    let mut fine = true;
    if words.len() > 2 {
        fields.refuse(wrong("dimensions", "max_items", "must not have more than 2 items").maximum(2));
        fine = false;
    }
    let mut dimensions = Vec::new();
    for (i, word) in words.iter().enumerate() {
        match Dimension::of(word) {
            Some(dimension) if dimensions.contains(&dimension) => {}
            Some(dimension) => dimensions.push(dimension),
            None => {
                let choices = Dimension::ALL.map(Dimension::word);
                fields.refuse(Wrong::choice(Source::Body, format!("dimensions[{i}]"), &choices));
                fine = false;
            }
        }
    }
    fine.then_some(dimensions)
}

fn filters(fields: &mut Fields) -> Option<Vec<Filter>> {
    let items = match fields.value("filter") {
        None => return Some(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => {
            fields.refuse(wrong("filter", "is_array", "must be an array"));
            return None;
        }
    };
    if items.len() > MAX_FILTERS {
        let wrong = wrong("filter", "max_items", "must not have more than 20 items");
        fields.refuse(wrong.maximum(MAX_FILTERS as u64));
        return None;
    }
    let mut filters = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        match filter(&format!("filter[{i}]"), item) {
            Ok(filter) => filters.push(filter),
            Err(wrong) => {
                fields.refuse(wrong);
                return None;
            }
        }
    }
    Some(filters)
}

fn filter(field: &str, item: Value) -> Result<Filter, Wrong> {
    let Value::Object(mut item) = item else { return Err(wrong(field, "is_object", "must be an object")) };
    let mut text = |name: &str| match item.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(wrong(format!("{field}.{name}"), "is_string", "must be a string")),
        None => Err(wrong(format!("{field}.{name}"), "required", "is a required field")),
    };
    let (dimension, kind) = (text("dimension")?, text("type")?);
    let dimension = Dimension::of(&dimension).filter(|it| *it != Dimension::Time).ok_or_else(|| {
        let choices = ["API_PRODUCT_VERSION", "APPLICATION", "STATUS_CODE", "STATUS_CODE_GROUPED"];
        Wrong::choice(Source::Body, format!("{field}.dimension"), &choices)
    })?;
    let is_not = match kind.as_str() {
        "IN" => false,
        "NOT_IN" => true,
        _ => return Err(Wrong::choice(Source::Body, format!("{field}.type"), &["IN", "NOT_IN"])),
    };
    let values = item.remove("values");
    let values = values.ok_or_else(|| wrong(format!("{field}.values"), "required", "is a required field"))?;
    if let Some(name) = item.keys().next() {
        let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        return Err(wrong(format!("{field}.{name}"), "unknown_property", "is not a known property"));
    }
    Ok(Filter { dimension, is_not, values: read_values(&format!("{field}.values"), dimension, &values)? })
}

fn read_values(field: &str, dimension: Dimension, values: &Value) -> Result<Values, Wrong> {
    let items = values.as_array().ok_or_else(|| wrong(field, "is_array", "must be an array"))?;
    if items.len() > MAX_VALUES {
        let wrong = wrong(field, "max_items", "must not have more than 1000 items");
        return Err(wrong.maximum(MAX_VALUES as u64));
    }
    let at = |i: usize| format!("{field}[{i}]");
    match dimension {
        Dimension::Application | Dimension::ApiProductVersion | Dimension::Time => {
            let id = |(i, item): (usize, &Value)| {
                let id = item.as_str().and_then(domain::parse_uuid);
                id.ok_or_else(|| wrong(at(i), "is_uuid", "must be a UUID"))
            };
            Ok(Values::Ids(items.iter().enumerate().map(id).collect::<Result<_, _>>()?))
        }
        Dimension::StatusCode => {
            let status = |(i, item): (usize, &Value)| {
                let status = item.as_u64().and_then(|it| u16::try_from(it).ok());
                let status = status.filter(|status| (100..=999).contains(status));
                status.ok_or_else(|| wrong(at(i), "is_integer", "must be an integer from 100 to 999"))
            };
            Ok(Values::Statuses(items.iter().enumerate().map(status).collect::<Result<_, _>>()?))
        }
        Dimension::StatusCodeGrouped => {
            let group = |(i, item): (usize, &Value)| {
                let is_group = |text: &&str| {
                    text.len() == 3 && text.ends_with("XX") && text.as_bytes()[0].is_ascii_digit()
                };
                let group = item.as_str().filter(is_group).map(ToOwned::to_owned);
                group.ok_or_else(|| wrong(at(i), "matches_regex", "must be a digit and XX, such as 2XX"))
            };
            Ok(Values::Groups(items.iter().enumerate().map(group).collect::<Result<_, _>>()?))
        }
    }
}
