//! `/api/v1/approvals`: what waits for somebody to say yes or no, and what was said.

use std::sync::Arc;

use app::{App, Asked};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{ApprovalId, StageKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::approval_flows::Approver;
use super::groups::GroupMember;
use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{MayJson, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(approve))
        .routes(routes!(reject))
}

words! {
    /// What came of it.
    ApprovalState = domain::ApprovalState {
        "pending" = Pending,
        "approved" = Approved,
        "rejected" = Rejected,
    }
}

/// Something that waits, or waited, for people to decide.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approval {
    id: Uuid,
    state: ApprovalState,
    /// The request that is decided on, if it is one.
    request_id: Option<Uuid>,
    /// Whose account is decided on, if it is one.
    developer_id: Option<Uuid>,
    /// What the last one said.
    comment: String,
    /// What has to be decided, in order.
    stages: Vec<ApprovalStage>,
    created_at: Time,
    updated_at: Time,
}

/// One thing that has to be decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalStage {
    /// Whether it is being decided now.
    current: bool,
    /// Whether an outside system decides, and not people.
    external: bool,
    /// The people who decide.
    approvers: Vec<Approver>,
    /// Whether all of them must say yes; otherwise the first one decides.
    everyone: bool,
    votes: Vec<ApprovalVote>,
    /// From when on nothing is no.
    expires_at: Option<Time>,
}

/// What somebody said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalVote {
    person: GroupMember,
    yes: bool,
    at: Time,
}

impl From<(domain::Approval, Asked)> for Approval {
    fn from((approval, asked): (domain::Approval, Asked)) -> Self {
        let (request_id, developer_id) = match &asked {
            Asked::Request(request) => (Some(request.id.0), None),
            Asked::Developer(developer) => (None, Some(developer.id.0)),
        };
        let current = approval.stage().map(|stage| stage.id);
        let stage = |stage: domain::Stage| {
            let (external, approvers, everyone) = match stage.kind {
                StageKind::People { step, .. } => {
                    (false, step.approvers.into_iter().map(Approver::from).collect(), step.everyone)
                }
                StageKind::External { .. } => (true, Vec::new(), false),
            };
            let vote = |vote: domain::Vote| ApprovalVote {
                person: vote.person.into(),
                yes: vote.yes,
                at: vote.at.into(),
            };
            ApprovalStage {
                current: current == Some(stage.id),
                external,
                approvers,
                everyone,
                votes: stage.votes.into_iter().map(vote).collect(),
                expires_at: stage.expires_at.map(Time::from),
            }
        };
        Self {
            id: approval.id.0,
            state: approval.state.into(),
            request_id,
            developer_id,
            comment: approval.comment.as_str().to_owned(),
            created_at: approval.meta.created_at.into(),
            updated_at: approval.meta.updated_at.into(),
            stages: approval.stages.into_iter().map(stage).collect(),
        }
    }
}

fn shown(approval: domain::Approval, asked: Asked) -> Response {
    reply::one_with(approval, |approval| Approval::from((approval, asked)))
}

/// Which approvals.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalList {
    /// In this state.
    state: Option<ApprovalState>,
    /// `true`, or left out by developers: what waits for the caller to decide.
    theirs: Option<bool>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// What somebody who decides has to say about it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalDecision {
    /// For the one who asked.
    #[serde(default)]
    #[schema(max_length = 4000)]
    comment: String,
}

/// List approvals
///
/// What waits for the caller to decide; all of them for administrators.
#[utoipa::path(get, path = "/api/v1/approvals", tag = "Approvals", params(ApprovalList),
    responses((status = 200, description = "A page of approvals", body = List<Approval>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<ApprovalList>,
) -> Result<Reply<List<Approval>>, Problem> {
    let paging = Paging::read(app.keys(), "approvals", &query, query.cursor.as_deref(), query.limit)?;
    let theirs = query.theirs.unwrap_or(caller.developer().is_some());
    let state = query.state.map(domain::ApprovalState::from);
    Ok(paging.reply(app.approval_list(&caller, state, theirs, paging.request()).await?))
}

/// Get an approval
///
/// For those who may decide it now, and for administrators.
#[utoipa::path(get, path = "/api/v1/approvals/{id}", tag = "Approvals", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The approval", body = Approval), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApprovalId>,
) -> Result<Response, Problem> {
    let (approval, asked) = app.approval(&caller, id).await?;
    Ok(shown(approval, asked))
}

async fn decide(
    app: &App,
    caller: &app::Caller,
    id: ApprovalId,
    yes: bool,
    decision: ApprovalDecision,
) -> Result<Response, Problem> {
    let (_, asked) = app.approval(caller, id).await?;
    Ok(shown(app.vote(caller, id, yes, &decision.comment).await?, asked))
}

/// Say yes
///
/// For those who may decide it now: an administrator who is no approver is not among them.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/approve", tag = "Approvals",
    request_body = Option<ApprovalDecision>, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The approval as it is now", body = Approval), Problems))]
async fn approve(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApprovalId>,
    MayJson(decision): MayJson<ApprovalDecision>,
) -> Result<Response, Problem> {
    decide(&app, &caller, id, true, decision).await
}

/// Say no
///
/// One no is enough, also where everyone has to say yes. Who asked is told, and the other approvers.
#[utoipa::path(post, path = "/api/v1/approvals/{id}/reject", tag = "Approvals",
    request_body = Option<ApprovalDecision>, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The approval as it is now", body = Approval), Problems))]
async fn reject(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApprovalId>,
    MayJson(decision): MayJson<ApprovalDecision>,
) -> Result<Response, Problem> {
    decide(&app, &caller, id, false, decision).await
}
