//! `/api/v1/subscriptions`: applications ask for API versions under plans, administrators decide.

use std::sync::Arc;

use app::{App, SubscriptionFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApiVersionId, ApplicationId, PlanId, SubscriptionId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Create, Json, MayJson, MayMatch, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, delete))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(revoke))
        .routes(routes!(change_plan))
}

words! {
    /// Whether calls are let through: only those of approved ones are.
    SubscriptionStatus = domain::SubscriptionStatus {
        "pending" = Pending,
        "approved" = Approved,
        "rejected" = Rejected,
        "revoked" = Revoked,
    }
}

/// The right of an application to call an API version, under a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Subscription {
    id: Uuid,
    application_id: Uuid,
    api_version_id: Uuid,
    plan_id: Uuid,
    /// A plan that the application wants instead and that waits for approval. Until then the present one goes on.
    requested_plan_id: Option<Uuid>,
    status: SubscriptionStatus,
    /// What the one who asked wrote.
    request_comment: String,
    /// What the one who decided wrote.
    response_comment: String,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Subscription> for Subscription {
    fn from(subscription: domain::Subscription) -> Self {
        Self {
            id: subscription.id.0,
            application_id: subscription.application_id.0,
            api_version_id: subscription.api_version_id.0,
            plan_id: subscription.plan_id.0,
            requested_plan_id: subscription.requested_plan_id.map(|id| id.0),
            status: subscription.status.into(),
            request_comment: subscription.request_comment.as_str().to_owned(),
            response_comment: subscription.response_comment.as_str().to_owned(),
            created_at: subscription.meta.created_at.into(),
            updated_at: subscription.meta.updated_at.into(),
        }
    }
}

/// Which subscriptions.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionList {
    /// Of this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<ApplicationId>,
    /// To this API version.
    #[param(value_type = Option<Uuid>)]
    api_version_id: Option<ApiVersionId>,
    /// Under this plan.
    #[param(value_type = Option<Uuid>)]
    plan_id: Option<PlanId>,
    /// In this status.
    status: Option<SubscriptionStatus>,
    /// `true`: only those that wait for a decision, on themselves or on another plan.
    undecided: Option<bool>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// A subscription that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubscription {
    #[schema(value_type = Uuid)]
    application_id: ApplicationId,
    #[schema(value_type = Uuid)]
    api_version_id: ApiVersionId,
    /// One of those that the version offers.
    #[schema(value_type = Uuid)]
    plan_id: PlanId,
    /// For the one who decides.
    #[serde(default)]
    #[schema(max_length = 4000)]
    comment: String,
}

/// What somebody who decides has to say about it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionDecision {
    /// For the one who asked.
    #[serde(default)]
    #[schema(max_length = 4000)]
    comment: String,
}

/// Another plan that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionPlanChange {
    /// One of those that the version offers.
    #[schema(value_type = Uuid)]
    plan_id: PlanId,
    /// For the one who decides.
    #[serde(default)]
    #[schema(max_length = 4000)]
    comment: String,
}

/// List subscriptions
///
/// All of them for administrators; for developers those of applications that they may see.
#[utoipa::path(get, path = "/api/v1/subscriptions", tag = "Subscriptions", params(SubscriptionList),
    responses((status = 200, description = "A page of subscriptions", body = List<Subscription>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<SubscriptionList>,
) -> Result<Reply<List<Subscription>>, Problem> {
    let paging = Paging::read(app.keys(), "subscriptions", &query, query.cursor.as_deref(), query.limit)?;
    let filter = SubscriptionFilter {
        application_id: query.application_id,
        api_version_id: query.api_version_id,
        plan_id: query.plan_id,
        status: query.status.map(domain::SubscriptionStatus::from),
        undecided: query.undecided.unwrap_or(false),
        visible_to: None,
    };
    Ok(paging.reply(app.subscriptions(&caller, filter, paging.request()).await?))
}

/// Subscribe an application to an API version
///
/// Approved at once if the plan needs no approval, or if an administrator asks; otherwise an administrator decides. An
/// application has at most one subscription to a version.
#[utoipa::path(post, path = "/api/v1/subscriptions", tag = "Subscriptions", request_body = NewSubscription,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new subscription", body = Subscription), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewSubscription>,
) -> Result<Response, Problem> {
    let NewSubscription { application_id, api_version_id, plan_id, comment } = body;
    let created = app.subscribe(&caller, application_id, api_version_id, plan_id, &comment).await?;
    Ok(reply::created("/api/v1/subscriptions", created, |created| Subscription::from(created.value)))
}

/// Get a subscription
#[utoipa::path(get, path = "/api/v1/subscriptions/{id}", tag = "Subscriptions", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The subscription", body = Subscription), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SubscriptionId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Subscription>(app.subscription(&caller, id).await?))
}

/// Delete a subscription
///
/// The application's calls of the version are refused from now on. One that an administrator has revoked is deleted by
/// administrators only: whoever asks anew would undo it.
#[utoipa::path(delete, path = "/api/v1/subscriptions/{id}", tag = "Subscriptions",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SubscriptionId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.unsubscribe(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Approve a subscription
///
/// Administrators only. It says yes to the subscription, or to the other plan that it wants; rejected and revoked ones
/// work again. Send `If-Match` to approve exactly what you have read.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/approve", tag = "Subscriptions",
    request_body = Option<SubscriptionDecision>,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The subscription as it is now", body = Subscription), Problems))]
async fn approve(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SubscriptionId>,
    MayMatch(version): MayMatch,
    MayJson(decision): MayJson<SubscriptionDecision>,
) -> Result<Response, Problem> {
    let subscription = app.approve_subscription(&caller, id, version, &decision.comment).await?;
    Ok(reply::one::<_, Subscription>(subscription))
}

/// Reject a subscription
///
/// Administrators only. It says no to the subscription, or to the other plan that it wants: then the present one goes
/// on.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/reject", tag = "Subscriptions",
    request_body = Option<SubscriptionDecision>,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The subscription as it is now", body = Subscription), Problems))]
async fn reject(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SubscriptionId>,
    MayMatch(version): MayMatch,
    MayJson(decision): MayJson<SubscriptionDecision>,
) -> Result<Response, Problem> {
    let subscription = app.reject_subscription(&caller, id, version, &decision.comment).await?;
    Ok(reply::one::<_, Subscription>(subscription))
}

/// Revoke a subscription
///
/// Administrators only. Its calls are refused from now on.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/revoke", tag = "Subscriptions",
    request_body = Option<SubscriptionDecision>,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The subscription as it is now", body = Subscription), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SubscriptionId>,
    MayMatch(version): MayMatch,
    MayJson(decision): MayJson<SubscriptionDecision>,
) -> Result<Response, Problem> {
    let subscription = app.revoke_subscription(&caller, id, version, &decision.comment).await?;
    Ok(reply::one::<_, Subscription>(subscription))
}

/// Change the plan of a subscription
///
/// If a developer asks for a plan that needs approval, the present one goes on until an administrator has decided.
#[utoipa::path(post, path = "/api/v1/subscriptions/{id}/change-plan", tag = "Subscriptions",
    request_body = SubscriptionPlanChange,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The subscription as it is now", body = Subscription), Problems))]
async fn change_plan(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SubscriptionId>,
    MayMatch(version): MayMatch,
    Json(change): Json<SubscriptionPlanChange>,
) -> Result<Response, Problem> {
    let SubscriptionPlanChange { plan_id, comment } = change;
    Ok(reply::one::<_, Subscription>(app.change_plan(&caller, id, version, plan_id, &comment).await?))
}
