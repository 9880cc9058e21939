//! `/api/v1/plans`: the limits that a subscription buys.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{PlanDraft, PlanId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, present, set_if_given, words};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

words! {
    /// A span of time that limits are counted over. Days and months are those of UTC.
    Period = domain::Period {
        "second" = Second,
        "minute" = Minute,
        "hour" = Hour,
        "day" = Day,
        "month" = Month,
    }
}

/// So many requests in so much time.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    #[schema(minimum = 1, example = 1000)]
    requests: u64,
    per: Period,
}

impl From<domain::Limit> for Limit {
    fn from(limit: domain::Limit) -> Self {
        Self { requests: limit.requests, per: limit.per.into() }
    }
}

impl From<Limit> for domain::Limit {
    fn from(limit: Limit) -> Self {
        Self { requests: limit.requests, per: limit.per.into() }
    }
}

/// Limits, counted per application, that a subscription buys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plan {
    id: Uuid,
    name: String,
    description: String,
    /// All of them hold; empty: there is no limit.
    limits: Vec<Limit>,
    /// Whether an administrator has to approve subscriptions under it.
    needs_approval: bool,
    /// Whether new API versions offer it without being told.
    offered_by_default: bool,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Plan> for Plan {
    fn from(plan: domain::Plan) -> Self {
        Self {
            id: plan.id.0,
            name: plan.name.to_string(),
            description: plan.description.as_str().to_owned(),
            limits: plan.limits.into_iter().map(Limit::from).collect(),
            needs_approval: plan.needs_approval,
            offered_by_default: plan.offered_by_default,
            created_at: plan.meta.created_at.into(),
            updated_at: plan.meta.updated_at.into(),
        }
    }
}

/// A plan to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPlan {
    /// Unique over all plans, look-alikes included.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// At most one for each period; empty: no limit.
    #[serde(default)]
    #[schema(max_items = 5)]
    limits: Vec<Limit>,
    /// Whether an administrator has to approve subscriptions under it.
    #[serde(default)]
    needs_approval: bool,
    /// Whether new API versions offer it without being told.
    #[serde(default)]
    offered_by_default: bool,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    description: Option<String>,
    /// All limits that it is to have.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 5, nullable = false)]
    limits: Option<Vec<Limit>>,
    /// For subscriptions that are asked for from now on.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    needs_approval: Option<bool>,
    /// For API versions that are made from now on.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    offered_by_default: Option<bool>,
}

impl PlanChange {
    fn apply(self, draft: &mut PlanDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.description, self.description);
        set_if_given(&mut draft.limits, self.limits.map(domain_limits));
        set_if_given(&mut draft.needs_approval, self.needs_approval);
        set_if_given(&mut draft.offered_by_default, self.offered_by_default);
    }
}

fn domain_limits(limits: Vec<Limit>) -> Vec<domain::Limit> {
    limits.into_iter().map(domain::Limit::from).collect()
}

/// List plans
#[utoipa::path(get, path = "/api/v1/plans", tag = "Plans", params(PageQuery),
    responses((status = 200, description = "A page of plans", body = List<Plan>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<Plan>>, Problem> {
    let paging = Paging::read(app.keys(), "plans", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.plans(&caller, paging.request()).await?))
}

/// Create a plan
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/plans", tag = "Plans", request_body = NewPlan,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new plan", body = Plan), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewPlan>,
) -> Result<Response, Problem> {
    let NewPlan { name, description, limits, needs_approval, offered_by_default } = body;
    let limits = domain_limits(limits);
    let draft = PlanDraft { name, description, limits, needs_approval, offered_by_default };
    let created = app.create_plan(&caller, draft).await?;
    Ok(reply::created("/api/v1/plans", created, |created| Plan::from(created.value)))
}

/// Get a plan
#[utoipa::path(get, path = "/api/v1/plans/{id}", tag = "Plans", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The plan", body = Plan), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PlanId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Plan>(app.plan(&caller, id).await?))
}

/// Change a plan
///
/// Administrators only.
#[utoipa::path(patch, path = "/api/v1/plans/{id}", tag = "Plans", request_body = PlanChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The plan as it is now", body = Plan), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PlanId>,
    IfMatch(version): IfMatch,
    Json(change): Json<PlanChange>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Plan>(app.update_plan(&caller, id, version, |draft| change.apply(draft)).await?))
}

/// Delete a plan
///
/// Administrators only. API versions stop to offer it; subscriptions under it must be moved or ended first.
#[utoipa::path(delete, path = "/api/v1/plans/{id}", tag = "Plans",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PlanId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_plan(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
