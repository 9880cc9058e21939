//! `/api/v1/requests`: what people ask of third parties' gateways, how far it has come, and what happened on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{App, RequestFilter, RequestStory};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApiId, ApplicationId, GatewayId, PlanId, RequestContext, RequestId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::groups::GroupMember;
use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Create, Json, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, delete)).routes(routes!(retry))
}

words! {
    /// What is asked for.
    RequestKind = domain::RequestKind {
        "create" = Create,
        "increase" = Increase,
        "decrease" = Decrease,
        "update" = Update,
        "delete" = Delete,
        "subscribe" = Subscribe,
        "unsubscribe" = Unsubscribe,
    }
}

words! {
    /// How far it has come.
    RequestStatus = domain::RequestStatus {
        "new" = New,
        "approval_pending" = ApprovalPending,
        "approved" = Approved,
        "waiting_third_party" = WaitingThirdParty,
        "delivery_unsuccessful" = DeliveryUnsuccessful,
        "completed" = Completed,
        "failed" = Failed,
        "rejected" = Rejected,
    }
}

words! {
    /// What happened.
    TraceKind = domain::TraceKind {
        "asked" = Asked,
        "approval_asked" = ApprovalAsked,
        "approved" = Approved,
        "rejected" = Rejected,
        "delivered" = Delivered,
        "undelivered" = Undelivered,
        "retried" = Retried,
        "reminded" = Reminded,
        "completed" = Completed,
        "refused" = Refused,
        "failed" = Failed,
    }
}

/// What somebody asks of a gateway. It goes its own way with each API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Request {
    id: Uuid,
    kind: RequestKind,
    /// As a whole: completed if it is with every API, otherwise what is worst.
    status: RequestStatus,
    requester: GroupMember,
    application_id: Uuid,
    /// None: no gateway provisions these APIs, an administrator answers.
    gateway_id: Option<Uuid>,
    /// The application's name, as it was asked for.
    name: Option<String>,
    description: Option<String>,
    redirect_uris: Option<Vec<String>>,
    /// What else was asked and answered.
    custom: BTreeMap<String, String>,
    /// The package, an API, and the plan of a subscription.
    package: Option<Uuid>,
    plan: Option<Uuid>,
    states: Vec<RequestState>,
    created_at: Time,
    updated_at: Time,
}

/// How far a request has come with one API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestState {
    id: Uuid,
    /// Under which id the gateway is told, and answers. It gives nobody a right.
    event_id: Uuid,
    /// None: it is about the application itself.
    api_id: Option<Uuid>,
    status: RequestStatus,
}

/// A request with what happened to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TracedRequest {
    #[serde(flatten)]
    request: Request,
    /// The approval that it needed, if it needed one.
    approval_id: Option<Uuid>,
    /// From the oldest to the newest.
    trace: Vec<TraceEntry>,
}

/// Something that happened to a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TraceEntry {
    id: Uuid,
    at: Time,
    /// With which state of it.
    state_id: Uuid,
    kind: TraceKind,
    /// The HTTP status that the gateway answered with, if it did.
    code: Option<u16>,
    /// Why, or what went wrong.
    reason: String,
}

impl From<domain::Request> for Request {
    fn from(request: domain::Request) -> Self {
        let (package, plan) = request.context.package.map(|(api, plan)| (api.0, plan.0)).unzip();
        Self {
            id: request.id.0,
            kind: request.kind.into(),
            status: request.status().into(),
            requester: request.requester.into(),
            application_id: request.application_id.0,
            gateway_id: request.gateway_id.map(|id| id.0),
            name: request.context.name,
            description: request.context.description,
            redirect_uris: request.context.redirect_uris,
            custom: request.context.custom,
            package,
            plan,
            states: request.states.iter().map(RequestState::from).collect(),
            created_at: request.meta.created_at.into(),
            updated_at: request.meta.updated_at.into(),
        }
    }
}

impl From<&domain::RequestState> for RequestState {
    fn from(state: &domain::RequestState) -> Self {
        Self {
            id: state.id,
            event_id: state.event_id,
            api_id: state.api_id.map(|id| id.0),
            status: state.status.into(),
        }
    }
}

fn traced(RequestStory { request, approval, .. }: RequestStory) -> Response {
    let mut trace: Vec<TraceEntry> = Vec::new();
    for state in &request.states {
        trace.extend(state.trace.iter().map(|it| TraceEntry {
            id: it.id,
            at: it.at.into(),
            state_id: state.id,
            kind: it.kind.into(),
            code: it.code,
            reason: it.reason.clone(),
        }));
    }
    // Ids are given one after the other.
    trace.sort_by_key(|entry| (entry.at.0, entry.id));
    let approval_id = approval.map(|id| id.0);
    reply::one_with(request, |request| TracedRequest { request: request.into(), approval_id, trace })
}

/// Which requests.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestList {
    /// Of this kind.
    kind: Option<RequestKind>,
    /// In this status as a whole.
    status: Option<RequestStatus>,
    /// For this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<ApplicationId>,
    /// That this gateway has to do.
    #[param(value_type = Option<Uuid>)]
    gateway_id: Option<GatewayId>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// Something that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    kind: RequestKind,
    /// For which application; left out where a new one is asked for.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    application: Option<ApplicationId>,
    /// Which APIs: those that a new application may call, and those that an existing one gets or gives up.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 50)]
    apis: Vec<ApiId>,
    /// The name of the new application, or another one.
    #[serde(default)]
    #[schema(max_length = 256)]
    name: Option<String>,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: Option<String>,
    /// Where the application's users come back to, when they signed in at the gateway.
    #[serde(default)]
    #[schema(max_items = 50)]
    redirect_uris: Option<Vec<String>>,
    /// What else the gateway wants to know.
    #[serde(default)]
    custom: BTreeMap<String, String>,
    /// What is subscribed to: an API, with `plan`.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    package: Option<ApiId>,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    plan: Option<PlanId>,
}

/// Which state of a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateToRetry {
    /// The id of one of its states.
    state: Uuid,
}

/// List requests
///
/// One's own; all of them for administrators.
#[utoipa::path(get, path = "/api/v1/requests", tag = "Requests", params(RequestList),
    responses((status = 200, description = "A page of requests", body = List<Request>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<RequestList>,
) -> Result<Reply<List<Request>>, Problem> {
    let paging = Paging::read(app.keys(), "requests", &query, query.cursor.as_deref(), query.limit)?;
    let filter = RequestFilter {
        kind: query.kind.map(domain::RequestKind::from),
        status: query.status.map(domain::RequestStatus::from),
        application_id: query.application_id,
        gateway_id: query.gateway_id,
        ..RequestFilter::default()
    };
    Ok(paging.reply(app.request_list(&caller, filter, paging.request()).await?))
}

/// Ask for something
///
/// People only, not their tools. Where a policy wants approval, approvers are asked; otherwise the gateway is told at
/// once. A new application is there from the beginning, and calls when the gateway has answered.
#[utoipa::path(post, path = "/api/v1/requests", tag = "Requests", request_body = NewRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new request", body = Request), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewRequest>,
) -> Result<Response, Problem> {
    let context = RequestContext {
        name: body.name,
        description: body.description,
        redirect_uris: body.redirect_uris,
        custom: body.custom,
        package: body.package.zip(body.plan),
    };
    let (kind, application, apis) = (body.kind.into(), body.application, body.apis);
    let created = app.make_request(&caller, app::NewRequest { kind, context, application, apis }).await?;
    Ok(reply::created("/api/v1/requests", created, |created| Request::from(created.value)))
}

/// Get a request with what happened to it
#[utoipa::path(get, path = "/api/v1/requests/{id}", tag = "Requests", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The request", body = TracedRequest), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<RequestId>,
) -> Result<Response, Problem> {
    Ok(traced(app.request_story(&caller, id).await?))
}

/// Have the gateway told again
///
/// Of one state, with the same event. It is told again by itself, too, for three days.
#[utoipa::path(post, path = "/api/v1/requests/{id}/retry", tag = "Requests", request_body = StateToRetry,
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The request as it is now", body = TracedRequest), Problems))]
async fn retry(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<RequestId>,
    Json(body): Json<StateToRetry>,
) -> Result<Response, Problem> {
    app.retry_request(&caller, id, body.state).await?;
    Ok(traced(app.request_story(&caller, id).await?))
}

/// Take a request back
///
/// Only while it waits for approval: after that the gateway knows of it.
#[utoipa::path(delete, path = "/api/v1/requests/{id}", tag = "Requests", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<RequestId>,
) -> Result<StatusCode, Problem> {
    app.delete_request(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
