//! `/rest/v1/approvals`: flows of people who approve, and what waits for them.

use std::sync::Arc;

use app::{App, Asked};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing;
use domain::{
    Approval, ApprovalFlow, ApprovalFlowDraft, ApprovalFlowId, ApprovalId, ApprovalState, Approver, FlowStep,
    Person, RequestKind, Stage, StageKind,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::{Listed, PageQuery};
use super::wire::{Done, Made};
use super::{Doors, map, wire};

const PATH: &str = "/rest/v1/approvals";

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .portal(
            "/rest/v1/approvals",
            &[("GET", "List approval flows"), ("POST", "Make an approval flow")],
            &routing::get(boxed(flows)).post(boxed(create_flow)),
        )
        .portal(
            "/rest/v1/approvals/{id}",
            &[("GET", "Get a flow"), ("PUT", "Change a flow"), ("DELETE", "Delete a flow")],
            &routing::get(boxed(flow)).put(boxed(put_flow)).delete(boxed(delete_flow)),
        )
        .portal(
            "/rest/v1/approvals/request",
            &[("GET", "List what waits for one's approval")],
            &routing::get(boxed(waiting)),
        )
        .portal("/rest/v1/approvals/request/{id}", &[("GET", "Get an approval")], &routing::get(boxed(one)))
        .portal(
            "/rest/v1/approvals/request/{id}/{verb}",
            &[("PUT", "Approve or reject a request")],
            &routing::put(boxed(decide)),
        )
        .portal(
            "/rest/v1/approvals/request/approve",
            &[("PUT", "Approve several requests")],
            &routing::put(boxed(approve_all)),
        )
        .portal(
            "/rest/v1/approvals/request/reject",
            &[("PUT", "Reject several requests")],
            &routing::put(boxed(reject_all)),
        )
        .portal(
            "/rest/v1/approvals/request/external/{link}/{verb}",
            &[("PUT", "Approve or reject a request from outside, by link")],
            &routing::put(boxed(decide_outside)),
        )
        .portal("/rest/v1/approvals/instance", &[("GET", "List approvals")], &routing::get(boxed(instances)))
        .portal(
            "/rest/v1/approvals/instance/{id}/trace",
            &[("GET", "Who said what")],
            &routing::get(boxed(trace)),
        )
        .portal(
            "/rest/v1/approvals/instance/{id}/logs",
            &[("GET", "Who said what")],
            &routing::get(boxed(trace)),
        )
}

/// A flow, in and out. Examples of the vendor write `approver_type`, the schema `approverType`.
#[derive(Debug, Serialize, Deserialize)]
struct Flow {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Step {
    #[serde(default)]
    approver: Vec<Who>,
    #[serde(default, alias = "approverType")]
    approver_type: String,
    #[serde(default)]
    mode: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Who {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl From<ApprovalFlow> for Flow {
    fn from(flow: ApprovalFlow) -> Self {
        Self {
            id: Some(flow.id.to_string()),
            name: flow.name.to_string(),
            description: flow.description.as_str().to_owned(),
            steps: flow.steps.iter().map(Step::from).collect(),
        }
    }
}

impl From<&FlowStep> for Step {
    fn from(step: &FlowStep) -> Self {
        let id = |approver: &Approver| match approver {
            Approver::Person(person) => map::person_id(*person).to_string(),
            Approver::Group(id) => id.to_string(),
        };
        let is_group = step.approvers.iter().any(|approver| matches!(approver, Approver::Group(_)));
        Self {
            approver: step.approvers.iter().map(|approver| Who { id: id(approver), name: None }).collect(),
            approver_type: if is_group { "GROUP" } else { "USER" }.to_owned(),
            mode: if step.everyone { "EVERYONE" } else { "ANYONE" }.to_owned(),
        }
    }
}

async fn draft(app: &App, caller: &app::Caller, flow: &Flow) -> Result<ApprovalFlowDraft, Fault> {
    let mut steps = Vec::new();
    for (i, step) in flow.steps.iter().enumerate() {
        let mut approvers = Vec::new();
        for (j, who) in step.approver.iter().enumerate() {
            let field = format!("steps[{i}].approver[{j}]");
            approvers.push(match step.approver_type.as_str() {
                "GROUP" => {
                    let group = app.group(caller, map::id(&field, &who.id)?).await;
                    Approver::Group(group.map_err(|error| unknown(error, &field))?.id)
                }
                "USER" => {
                    let person = app.person(caller, map::id::<uuid::Uuid>(&field, &who.id)?).await;
                    Approver::Person(person.map_err(|error| unknown(error, &field))?)
                }
                _ => return Err(Fault::wrong(format!("steps[{i}].approver_type must be USER or GROUP"))),
            });
        }
        let everyone = match step.mode.as_str() {
            "EVERYONE" => true,
            "ANYONE" => false,
            _ => return Err(Fault::wrong(format!("steps[{i}].mode must be ANYONE or EVERYONE"))),
        };
        steps.push(FlowStep { approvers, everyone });
    }
    Ok(ApprovalFlowDraft { name: flow.name.clone(), description: flow.description.clone(), steps })
}

fn unknown(error: app::Error, field: &str) -> Fault {
    match error {
        app::Error::NotFound(_) => Fault::wrong(format!("{field} must be somebody who exists")),
        other => other.into(),
    }
}

fn unknown_approval() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "Unable to find the Approval")
}

fn flow_id(text: &str) -> Result<ApprovalFlowId, Fault> {
    text.parse().map_err(|_| unknown_approval())
}

fn approval_id(text: &str) -> Result<ApprovalId, Fault> {
    text.parse().map_err(|_| unknown_approval())
}

async fn flows(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Flow>>, Fault> {
    let slice = page.slice()?;
    let found = app.approval_flows(&caller, slice).await?;
    Ok(Json(Listed::linked(found, slice, PATH, "", Flow::from)))
}

async fn create_flow(
    Shared(app): Shared<Arc<App>>,
    sent: Sent<Flow>,
) -> Result<(StatusCode, Json<Made>), Fault> {
    app.may_manage_approvals(&sent.caller)?;
    let draft = draft(&app, &sent.caller, &sent.body).await?;
    let flow = app.create_approval_flow(&sent.caller, draft).await?.value;
    Ok((StatusCode::CREATED, Json(Made::new(PATH, flow.id.0))))
}

async fn flow(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Flow>, Fault> {
    Ok(Json(app.approval_flow(&caller, flow_id(&id)?).await?.into()))
}

async fn put_flow(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Flow>,
) -> Result<Json<Flow>, Fault> {
    app.may_manage_approvals(&sent.caller)?;
    let id = flow_id(&id)?;
    let draft = draft(&app, &sent.caller, &sent.body).await?;
    Ok(Json(app.update_approval_flow(&sent.caller, id, None, draft).await?.into()))
}

async fn delete_flow(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    app.delete_approval_flow(&caller, flow_id(&id)?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What waits for somebody. Here one approval is asked of all its approvers under one id; the vendor makes one for each.
fn shown(approval: &Approval, asked: &Asked) -> Value {
    let stage = approval.stages.get(approval.at);
    let (flow, group) = match stage.map(|stage| &stage.kind) {
        Some(StageKind::People { flow_id, step }) => {
            let group = step.approvers.iter().find_map(|approver| match approver {
                Approver::Group(id) => Some(*id),
                Approver::Person(_) => None,
            });
            (Some(*flow_id), group)
        }
        Some(StageKind::External { .. }) | None => (None, None),
    };
    let mut shown = json!({
        "id": approval.id,
        "flowId": flow,
        "stepId": stage.map(|stage| stage.id),
        "groupId": group,
        "status": status_word(approval.state),
        "created": wire::minute(approval.meta.created_at),
        "modified": wire::minute(approval.meta.updated_at),
    });
    match asked {
        Asked::Request(request) => {
            shown["owner"] = json!(map::person_id(request.requester));
            shown["type"] = json!(match request.kind {
                RequestKind::Increase => "APPLICATION_SCOPE_INCREASE_REQUEST",
                _ => "APPLICATION_CREATION_REQUEST",
            });
            shown["contextId"] = json!(request.application_id);
            shown["contextData"] = json!({
                "name": request.context.name,
                "appType": if request.context.package.is_some() { "SUBSCRIPTION" } else { "API" },
            });
            shown["user_request_id"] = json!(request.id);
        }
        Asked::Developer(developer) => {
            let name = developer.name.as_str();
            let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
            shown["owner"] = json!(developer.id);
            shown["type"] = json!("USER_ONBOARDING");
            shown["contextId"] = json!(developer.id);
            shown["contextData"] = json!({"firstName": first, "lastName": last, "email": developer.email});
        }
    }
    shown
}

fn status_word(state: ApprovalState) -> &'static str {
    match state {
        ApprovalState::Pending => "PENDING",
        ApprovalState::Approved => "APPROVED",
        ApprovalState::Rejected => "REJECTED",
    }
}

async fn waiting(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Value>>, Fault> {
    let slice = page.slice()?;
    let found = app.approvals(&caller, Some(ApprovalState::Pending), slice).await?;
    Ok(Json(Listed::linked(found, slice, &format!("{PATH}/request"), "", |(approval, asked)| {
        shown(&approval, &asked)
    })))
}

async fn one(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Value>, Fault> {
    let (approval, asked) = app.approval(&caller, approval_id(&id)?).await?;
    Ok(Json(shown(&approval, &asked)))
}

#[derive(Debug, Deserialize)]
struct Comments {
    #[serde(default)]
    comments: String,
}

/// Yes or no; every other word is no path.
fn yes(verb: &str) -> Result<bool, Fault> {
    match verb {
        "approve" => Ok(true),
        "reject" => Ok(false),
        _ => Err(unknown_approval()),
    }
}

fn decided(yes: bool) -> Json<Done> {
    Json(Done::new(if yes { "Request approved successfully" } else { "Request rejected successfully" }))
}

async fn decide(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path((id, verb)): Path<(String, String)>,
    Query(query): Query<Comments>,
) -> Result<Json<Done>, Fault> {
    let yes = yes(&verb)?;
    app.vote(&caller, approval_id(&id)?, yes, &query.comments).await?;
    Ok(decided(yes))
}

/// One after the other; the first that cannot be decided stops it, and says so.
async fn decide_all(
    app: &App,
    sent: Sent<Vec<String>>,
    yes: bool,
    comments: &str,
) -> Result<Json<Done>, Fault> {
    let ids = sent.body.iter().map(|id| approval_id(id)).collect::<Result<Vec<_>, Fault>>()?;
    if ids.is_empty() || ids.len() > 200 {
        return Err(Fault::wrong("the body must be a list of 1 to 200 ids"));
    }
    for id in ids {
        app.vote(&sent.caller, id, yes, comments).await?;
    }
    Ok(decided(yes))
}

async fn approve_all(
    Shared(app): Shared<Arc<App>>,
    Query(query): Query<Comments>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    decide_all(&app, sent, true, &query.comments).await
}

async fn reject_all(
    Shared(app): Shared<Arc<App>>,
    Query(query): Query<Comments>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    decide_all(&app, sent, false, &query.comments).await
}

async fn decide_outside(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path((link, verb)): Path<(String, String)>,
    Query(query): Query<Comments>,
) -> Result<Json<Done>, Fault> {
    let yes = yes(&verb)?;
    app.may_manage_approvals(&caller)?;
    let link = domain::parse_uuid(&link).ok_or_else(unknown_approval)?;
    app.answer_approval(&caller, link, yes, &query.comments).await?;
    Ok(decided(yes))
}

#[derive(Debug, Deserialize)]
struct StatusQuery {
    status: Option<String>,
}

async fn instances(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(query): Query<StatusQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Value>>, Fault> {
    app.may_manage_approvals(&caller)?;
    let slice = page.slice()?;
    let state = match query.status.as_deref() {
        None | Some("ALL") => None,
        Some("NOT_STARTED" | "SUSPENDED") => Some(ApprovalState::Pending),
        Some("COMPLETED" | "FLOW_COMPLETED") => Some(ApprovalState::Approved),
        Some("STOPPED" | "SKIPPED" | "FAILED") => Some(ApprovalState::Rejected),
        Some(_) => return Err(Fault::wrong("status is not one of the words that are described")),
    };
    let found = app.approvals(&caller, state, slice).await?;
    Ok(Json(Listed::linked(found, slice, &format!("{PATH}/instance"), "", |(approval, asked)| {
        let mut instance = shown(&approval, &asked);
        instance["correlation"] = json!(match &asked {
            Asked::Request(request) => request.states.first().map(|state| state.id),
            Asked::Developer(_) => None,
        });
        instance["status"] = json!(match approval.state {
            ApprovalState::Pending => "SUSPENDED",
            ApprovalState::Approved => "FLOW_COMPLETED",
            ApprovalState::Rejected => "STOPPED",
        });
        instance
    })))
}

/// Every step with what was said in it.
async fn trace(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Value>, Fault> {
    let (approval, asked) = app.approval(&caller, approval_id(&id)?).await?;
    let vote = |vote: &domain::Vote| {
        let who = match vote.person {
            Person::Developer(id) => id.0,
            Person::Administrator(id) => id.0,
        };
        let status = if vote.yes { "APPROVED" } else { "REJECTED" };
        json!({"approver": who, "status": status, "created": wire::minute(vote.at)})
    };
    let stage = |stage: &Stage| {
        let kind = match stage.kind {
            StageKind::People { .. } => "INTERNAL_APPROVAL",
            StageKind::External { .. } => "EXTERNAL_APPROVAL",
        };
        let votes: Vec<Value> = stage.votes.iter().map(vote).collect();
        // The link of an outside system is for that system only.
        json!({"type": kind, "decisions": votes, "expires": stage.expires_at.map(wire::minute)})
    };
    let mut shown = shown(&approval, &asked);
    shown["trace"] = approval.stages.iter().map(stage).collect();
    Ok(Json(shown))
}
