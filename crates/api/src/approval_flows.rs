//! `/api/v1/approval-flows`: people who approve, step by step.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApprovalFlowDraft, ApprovalFlowId, GroupId, Person};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::groups::GroupMember;
use super::reply;
use super::routes::routes;
use super::wire::{Time, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

/// People who approve, step by step. A policy names it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalFlow {
    id: Uuid,
    name: String,
    description: String,
    /// In their order.
    steps: Vec<ApprovalStep>,
    created_at: Time,
    updated_at: Time,
}

/// One step of a flow.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalStep {
    /// Who may decide.
    #[schema(min_items = 1, max_items = 20)]
    approvers: Vec<Approver>,
    /// Whether all of them must say yes; otherwise the first one decides. An empty group never approves.
    #[serde(default)]
    everyone: bool,
}

/// Somebody who may decide.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Approver {
    /// Somebody who uses APIs.
    Developer(Uuid),
    /// Somebody who runs this installation.
    Administrator(Uuid),
    /// Whoever is in a group when it is decided.
    Group(Uuid),
}

impl From<domain::Approver> for Approver {
    fn from(approver: domain::Approver) -> Self {
        match approver {
            domain::Approver::Person(Person::Developer(id)) => Self::Developer(id.0),
            domain::Approver::Person(Person::Administrator(id)) => Self::Administrator(id.0),
            domain::Approver::Group(id) => Self::Group(id.0),
        }
    }
}

impl From<Approver> for domain::Approver {
    fn from(approver: Approver) -> Self {
        match approver {
            Approver::Developer(id) => Self::Person(GroupMember::Developer(id).into()),
            Approver::Administrator(id) => Self::Person(GroupMember::Administrator(id).into()),
            Approver::Group(id) => Self::Group(GroupId(id)),
        }
    }
}

impl From<domain::FlowStep> for ApprovalStep {
    fn from(step: domain::FlowStep) -> Self {
        let approvers = step.approvers.into_iter().map(Approver::from).collect();
        Self { approvers, everyone: step.everyone }
    }
}

impl From<ApprovalStep> for domain::FlowStep {
    fn from(step: ApprovalStep) -> Self {
        let approvers = step.approvers.into_iter().map(domain::Approver::from).collect();
        Self { approvers, everyone: step.everyone }
    }
}

impl From<domain::ApprovalFlow> for ApprovalFlow {
    fn from(flow: domain::ApprovalFlow) -> Self {
        Self {
            id: flow.id.0,
            name: flow.name.to_string(),
            description: flow.description.as_str().to_owned(),
            steps: flow.steps.into_iter().map(ApprovalStep::from).collect(),
            created_at: flow.meta.created_at.into(),
            updated_at: flow.meta.updated_at.into(),
        }
    }
}

/// A new flow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApprovalFlow {
    /// Unique over all flows.
    #[schema(max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    #[schema(min_items = 1, max_items = 20)]
    steps: Vec<ApprovalStep>,
}

/// What is to be changed about a flow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalFlowChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 256)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, min_items = 1, max_items = 20)]
    steps: Option<Vec<ApprovalStep>>,
}

/// List approval flows
///
/// Administrators only, as everything about them.
#[utoipa::path(get, path = "/api/v1/approval-flows", tag = "Approvals", params(PageQuery),
    operation_id = "list_flows",
    responses((status = 200, description = "A page of flows", body = List<ApprovalFlow>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<ApprovalFlow>>, Problem> {
    let paging = Paging::read(app.keys(), "approval-flows", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.approval_flow_list(&caller, paging.request()).await?))
}

/// Create an approval flow
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/approval-flows", tag = "Approvals", request_body = NewApprovalFlow,
    operation_id = "create_flow",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new flow", body = ApprovalFlow), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewApprovalFlow>,
) -> Result<Response, Problem> {
    let steps = body.steps.into_iter().map(domain::FlowStep::from).collect();
    let draft = ApprovalFlowDraft { name: body.name, description: body.description, steps };
    let created = app.create_approval_flow(&caller, draft).await?;
    Ok(reply::created("/api/v1/approval-flows", created, |created| ApprovalFlow::from(created.value)))
}

/// Get an approval flow
#[utoipa::path(get, path = "/api/v1/approval-flows/{id}", tag = "Approvals", params(("id" = Uuid, Path)),
    operation_id = "get_flow",
    responses((status = 200, description = "The flow", body = ApprovalFlow), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApprovalFlowId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApprovalFlow>(app.approval_flow(&caller, id).await?))
}

/// Change an approval flow
///
/// What waits already goes on as it was asked.
#[utoipa::path(patch, path = "/api/v1/approval-flows/{id}", tag = "Approvals", request_body = ApprovalFlowChange,
    operation_id = "update_flow",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The flow as it is now", body = ApprovalFlow), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApprovalFlowId>,
    IfMatch(version): IfMatch,
    Json(change): Json<ApprovalFlowChange>,
) -> Result<Response, Problem> {
    let flow = app.approval_flow(&caller, id).await?;
    let mut draft = flow.draft();
    set_if_given(&mut draft.name, change.name);
    set_if_given(&mut draft.description, change.description);
    let steps = change.steps.map(|steps| steps.into_iter().map(domain::FlowStep::from).collect());
    set_if_given(&mut draft.steps, steps);
    // Never over what somebody else has changed since it was read here.
    let expected = version.or(Some(flow.meta.version));
    Ok(reply::one::<_, ApprovalFlow>(app.update_approval_flow(&caller, id, expected, draft).await?))
}

/// Delete an approval flow
///
/// Refused while a policy names it.
#[utoipa::path(delete, path = "/api/v1/approval-flows/{id}", tag = "Approvals",
    operation_id = "delete_flow",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApprovalFlowId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_approval_flow(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
