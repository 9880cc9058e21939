//! `/api/v1/approval-policies`: what needs approval, and by whom. There is one policy at most for each scope.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApprovalFlowId, ApprovalPolicyId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Json, MayMatch, Path, Who};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, put, delete))
}

words! {
    /// What a policy is about: new applications at third parties' gateways, or accounts of those who register.
    PolicyScope = domain::PolicyScope {
        "applications" = Applications,
        "accounts" = Accounts,
    }
}

/// What needs approval, and by whom.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalPolicy {
    scope: PolicyScope,
    /// Whether more APIs for an existing application need it, too.
    for_increase: bool,
    /// In their order; without any nobody has to approve.
    steps: Vec<PolicyStep>,
    created_at: Time,
    updated_at: Time,
}

/// A step of a policy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum PolicyStep {
    /// People decide.
    Flow {
        /// In this flow.
        #[schema(value_type = Uuid)]
        flow_id: ApprovalFlowId,
    },
    /// An outside system decides: it is told by webhook (`approval.external_requested`).
    External {
        /// Within so many seconds; nothing in time is no.
        #[schema(minimum = 1, maximum = 31_536_000)]
        expires_s: u64,
    },
    /// Whoever registers proves the address. For accounts only, as their first step.
    Email {
        /// Within so many seconds.
        #[schema(minimum = 60, maximum = 2_592_000)]
        expires_s: u64,
    },
}

impl From<domain::PolicyStep> for PolicyStep {
    fn from(step: domain::PolicyStep) -> Self {
        match step {
            domain::PolicyStep::Flow { flow_id } => Self::Flow { flow_id },
            domain::PolicyStep::External { expires_s } => Self::External { expires_s },
            domain::PolicyStep::Email { expires_s } => Self::Email { expires_s },
        }
    }
}

impl From<PolicyStep> for domain::PolicyStep {
    fn from(step: PolicyStep) -> Self {
        match step {
            PolicyStep::Flow { flow_id } => Self::Flow { flow_id },
            PolicyStep::External { expires_s } => Self::External { expires_s },
            PolicyStep::Email { expires_s } => Self::Email { expires_s },
        }
    }
}

impl From<domain::ApprovalPolicy> for ApprovalPolicy {
    fn from(policy: domain::ApprovalPolicy) -> Self {
        Self {
            scope: policy.scope.into(),
            for_increase: policy.for_increase,
            steps: policy.steps.into_iter().map(PolicyStep::from).collect(),
            created_at: policy.meta.created_at.into(),
            updated_at: policy.meta.updated_at.into(),
        }
    }
}

/// What a policy is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApprovalPolicy {
    /// Whether more APIs for an existing application need approval, too.
    #[serde(default)]
    for_increase: bool,
    #[schema(max_items = 20)]
    steps: Vec<PolicyStep>,
}

/// The scope that a path names, for those who may know. Another word is the name of nothing.
fn scope(word: &str) -> Result<domain::PolicyScope, Problem> {
    match word {
        "applications" => Ok(domain::PolicyScope::Applications),
        "accounts" => Ok(domain::PolicyScope::Accounts),
        _ => Err(app::Error::NotFound(ApprovalPolicyId::KIND).into()),
    }
}

/// List approval policies
///
/// Administrators only, as everything about them. Where there is no policy for applications, nobody has to approve;
/// where there is none for accounts, `sign_up.approve_automatically` of the configuration decides.
#[utoipa::path(get, path = "/api/v1/approval-policies", tag = "Approvals",
    operation_id = "list_policies",
    responses((status = 200, description = "The policies that were set", body = Vec<ApprovalPolicy>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
) -> Result<Reply<Vec<ApprovalPolicy>>, Problem> {
    let mut policies = Vec::new();
    for scope in domain::PolicyScope::ALL {
        policies.extend(app.approval_policy(&caller, scope).await?.map(ApprovalPolicy::from));
    }
    Ok(Reply(policies))
}

/// Get an approval policy
#[utoipa::path(get, path = "/api/v1/approval-policies/{scope}", tag = "Approvals",
    operation_id = "get_policy", params(("scope" = PolicyScope, Path)),
    responses((status = 200, description = "The policy", body = ApprovalPolicy), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(word): Path<String>,
) -> Result<Response, Problem> {
    app.may_see_approvals(&caller)?;
    let policy = app.approval_policy(&caller, scope(&word)?).await?;
    let policy = policy.ok_or(app::Error::NotFound(ApprovalPolicyId::KIND))?;
    Ok(reply::one::<_, ApprovalPolicy>(policy))
}

/// Set an approval policy
///
/// What waits already goes on by the policy under which it was asked.
#[utoipa::path(put, path = "/api/v1/approval-policies/{scope}", tag = "Approvals", request_body = NewApprovalPolicy,
    operation_id = "put_policy",
    params(("scope" = PolicyScope, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The policy as it is now", body = ApprovalPolicy), Problems))]
async fn put(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(word): Path<String>,
    MayMatch(version): MayMatch,
    Json(policy): Json<NewApprovalPolicy>,
) -> Result<Response, Problem> {
    app.may_manage_approvals(&caller)?;
    let steps = policy.steps.into_iter().map(domain::PolicyStep::from).collect();
    let policy = app.set_approval_policy(&caller, scope(&word)?, version, steps, policy.for_increase).await?;
    Ok(reply::one::<_, ApprovalPolicy>(policy))
}

/// Remove an approval policy
///
/// Nobody has to approve from now on. What waits already goes on.
#[utoipa::path(delete, path = "/api/v1/approval-policies/{scope}", tag = "Approvals",
    operation_id = "delete_policy",
    params(("scope" = PolicyScope, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(word): Path<String>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.may_manage_approvals(&caller)?;
    app.delete_approval_policy(&caller, scope(&word)?, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
