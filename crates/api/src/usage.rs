//! `/api/v1/usage`: how often what was called, by whom, and how it was answered.

use std::sync::Arc;
use std::time::Duration;

use app::{App, UsageCount, UsageDimension, UsageFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use domain::{ApiVersionId, ApplicationId, Invalid, PlanId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Query, Who};
use edge::page::List;
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

words! {
    /// How long the spans are: minutes are kept for two days, hours for three months, days (of UTC) for five years.
    UsageStep = app::UsageStep {
        "minute" = Minute,
        "hour" = Hour,
        "day" = Day,
    }
}

/// How many calls there were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// When the span began, if spans are told apart.
    began_at: Option<Time>,
    /// Who called; null if it is not known or not told apart.
    application_id: Option<Uuid>,
    /// What was called; null if nothing is published there, or if it is not told apart.
    api_version_id: Option<Uuid>,
    /// Under which plan.
    plan_id: Option<Uuid>,
    /// What the gateway was answered.
    status: Option<u16>,
    /// Why: `allowed`, or the code of a refusal.
    reason: Option<String>,
    calls: u64,
}

impl From<UsageCount> for Usage {
    fn from(count: UsageCount) -> Self {
        Self {
            began_at: count.began_at.map(Time::from),
            application_id: count.application_id.map(Into::into),
            api_version_id: count.api_version_id.map(Into::into),
            plan_id: count.plan_id.map(Into::into),
            status: count.status,
            reason: count.reason,
            calls: count.calls,
        }
    }
}

/// Which counts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsageQuery {
    /// In spans that begin at this time or later; a day before `until` if left out.
    since: Option<Time>,
    /// In spans that begin before this time; until now if left out.
    until: Option<Time>,
    /// How long the spans are; `hour` if left out.
    #[param(inline)]
    step: Option<UsageStep>,
    /// What is told apart, in this order, with commas between: any of `time`, `application`, `api_version`, `plan`,
    /// `status`, `reason`; `time` if left out.
    #[param(example = "time,application")]
    by: Option<String>,
    /// Of this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<ApplicationId>,
    /// Of this API version.
    #[param(value_type = Option<Uuid>)]
    api_version_id: Option<ApiVersionId>,
    /// Under this plan.
    #[param(value_type = Option<Uuid>)]
    plan_id: Option<PlanId>,
}

fn dimensions(text: &str) -> Result<Vec<UsageDimension>, Invalid> {
    let one = |word: &str| match word {
        "time" => Some(UsageDimension::Time),
        "application" => Some(UsageDimension::Application),
        "api_version" => Some(UsageDimension::ApiVersion),
        "plan" => Some(UsageDimension::Plan),
        "status" => Some(UsageDimension::Status),
        "reason" => Some(UsageDimension::Reason),
        _ => None,
    };
    let mut dimensions = Vec::new();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        match one(word) {
            Some(dimension) if !dimensions.contains(&dimension) => dimensions.push(dimension),
            _ => {
                let message = "must be some of time, application, api_version, plan, status, reason, each once, with \
                               commas between";
                return Err(Invalid::field("by", "unknown", message));
            }
        }
    }
    Ok(dimensions)
}

/// Count calls
///
/// As gateways asked about them: all of them for administrators; for developers those of applications that they may see.
/// Up to a second behind. All on one page.
#[utoipa::path(get, path = "/api/v1/usage", tag = "Usage", params(UsageQuery),
    responses((status = 200, description = "The counts", body = List<Usage>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<UsageQuery>,
) -> Result<Reply<List<Usage>>, Problem> {
    let until = query.until.map_or_else(|| app.clock().now(), |at| at.0);
    let filter = UsageFilter {
        step: query.step.map_or(app::UsageStep::Hour, Into::into),
        since: query.since.map_or_else(|| until - Duration::from_secs(86_400), |at| at.0),
        until,
        application_id: query.application_id,
        api_version_id: query.api_version_id,
        plan_id: query.plan_id,
        visible_to: None,
        owned_by: None,
    };
    let by = dimensions(query.by.as_deref().unwrap_or("time"))?;
    let counts = app.usage(&caller, filter, &by).await?;
    Ok(Reply(List { items: counts.into_iter().map(Usage::from).collect(), next_cursor: None }))
}
