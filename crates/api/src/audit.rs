//! `/api/v1/audit`: who did what to what, when, from where.

use std::sync::Arc;

use app::{App, AuditFilter, AuditLine as Line};
use axum::Json as Reply;
use axum::extract::State as Shared;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::{Id, Time};
use edge::extract::{Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

/// One change, or one attempt worth remembering.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLine {
    /// Its number: without gaps, in the order of commits.
    #[schema(minimum = 1)]
    seq: i64,
    at: Time,
    /// Who did it.
    actor: AuditActor,
    /// From which address, as far as it is known.
    address: Option<String>,
    /// In the course of which request: the `X-Request-Id` of its answer.
    request_id: Uuid,
    /// What happened, as `noun.verb`.
    #[schema(example = "partner.updated")]
    action: String,
    /// To what.
    target: AuditTarget,
    /// The application that it belongs to.
    application_id: Option<Uuid>,
    /// The partner that it belongs to.
    partner_id: Option<Uuid>,
    /// What changed, without secrets.
    #[schema(value_type = Object)]
    details: Value,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// `token`, `developer`, `administrator`, `operator` (somebody at the command line), `system` or `anonymous`.
    #[schema(example = "developer")]
    kind: String,
    /// Which one; null where there is only one.
    id: Option<Uuid>,
}

/// What something was done to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditTarget {
    #[schema(example = "partner")]
    kind: String,
    id: Uuid,
}

impl From<Line> for AuditLine {
    fn from(line: Line) -> Self {
        Self {
            seq: line.seq,
            at: line.at.into(),
            actor: AuditActor { kind: line.actor_kind, id: line.actor_id },
            address: line.address,
            request_id: line.request_id,
            action: line.action,
            target: AuditTarget { kind: line.target_kind, id: line.target_id },
            application_id: line.application_id,
            partner_id: line.partner_id,
            details: line.details,
        }
    }
}

/// Which audit lines.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditList {
    /// By this actor.
    #[param(value_type = Option<Uuid>)]
    actor_id: Option<Id>,
    /// With this action, such as `partner.updated`.
    action: Option<String>,
    /// About this thing.
    #[param(value_type = Option<Uuid>)]
    target_id: Option<Id>,
    /// About things of this kind, such as `partner`.
    target_kind: Option<String>,
    /// About this application or what belongs to it.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<Id>,
    /// About this partner or what belongs to it.
    #[param(value_type = Option<Uuid>)]
    partner_id: Option<Id>,
    /// In the course of this request.
    #[param(value_type = Option<Uuid>)]
    request_id: Option<Id>,
    /// Not before this moment.
    since: Option<Time>,
    /// Before this moment.
    until: Option<Time>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

impl From<AuditList> for AuditFilter {
    fn from(query: AuditList) -> Self {
        Self {
            actor_id: query.actor_id.map(Id::into),
            action: query.action,
            target_id: query.target_id.map(Id::into),
            target_kind: query.target_kind,
            application_id: query.application_id.map(Id::into),
            partner_id: query.partner_id.map(Id::into),
            request_id: query.request_id.map(Id::into),
            since: query.since.map(|time| time.0),
            until: query.until.map(|time| time.0),
        }
    }
}

/// List audit lines
///
/// From the newest to the oldest. Administrators only.
#[utoipa::path(get, path = "/api/v1/audit", tag = "Audit", params(AuditList),
    responses((status = 200, description = "A page of audit lines", body = List<AuditLine>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<AuditList>,
) -> Result<Reply<List<AuditLine>>, Problem> {
    let paging = Paging::read(app.keys(), "audit", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.audit_lines(&caller, &query.into(), paging.request()).await?))
}
