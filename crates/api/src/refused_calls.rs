//! `/api/v1/refused-calls`: calls that gateways were told to refuse, and why.

use std::sync::Arc;

use app::{App, RefusedCall as Call, RefusedCallFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use domain::{ApiVersionId, ApplicationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::{Id, Time};
use edge::extract::{Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// A call that a gateway was told to refuse.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedCall {
    /// The `X-Keywright-Request-Id` of the answer.
    id: Uuid,
    at: Time,
    /// What the gateway was answered.
    status: u16,
    /// Why: a code that stays as it is.
    #[schema(example = "subscription_missing")]
    reason: String,
    /// Why, for people.
    detail: Option<String>,
    /// Whose credential it carried, as far as it is known.
    application_id: Option<Uuid>,
    /// What was called, if anything is published there.
    api_version_id: Option<Uuid>,
    /// As the gateway told it; empty if it told none.
    method: String,
    host: String,
    /// Without the query.
    path: String,
    /// Where it came from, as far as the gateway is believed.
    address: Option<String>,
}

impl RefusedCall {
    fn new(app: &App, call: Call) -> Self {
        Self {
            id: call.id,
            at: call.at.into(),
            status: call.status,
            detail: app.calls().why(&call.reason),
            reason: call.reason,
            application_id: call.application_id.map(Into::into),
            api_version_id: call.api_version_id.map(Into::into),
            method: call.method,
            host: call.host,
            path: call.path,
            address: call.address,
        }
    }
}

/// Which refused calls.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusedCallList {
    /// With credentials of this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<ApplicationId>,
    /// Of this API version.
    #[param(value_type = Option<Uuid>)]
    api_version_id: Option<ApiVersionId>,
    /// For this reason, such as `subscription_missing`.
    reason: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// List refused calls
///
/// From the newest to the oldest, a second behind: all of them for administrators; for developers those with credentials
/// of applications that they may see. They are kept for seven days, at most 200 of a second and 100,000 in all.
#[utoipa::path(get, path = "/api/v1/refused-calls", tag = "Refused calls", params(RefusedCallList),
    responses((status = 200, description = "A page of refused calls", body = List<RefusedCall>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<RefusedCallList>,
) -> Result<Reply<List<RefusedCall>>, Problem> {
    let paging = Paging::read(app.keys(), "refused-calls", &query, query.cursor.as_deref(), query.limit)?;
    let filter = RefusedCallFilter {
        application_id: query.application_id,
        api_version_id: query.api_version_id,
        reason: query.reason,
        ..RefusedCallFilter::default()
    };
    let page = app.refused_calls(&caller, filter, paging.request()).await?;
    let items = page.items.into_iter().map(|call| RefusedCall::new(&app, call)).collect();
    Ok(paging.reply(app::Page { items, next: page.next }))
}

/// Get a refused call
///
/// By the request id that the refusal named.
#[utoipa::path(get, path = "/api/v1/refused-calls/{id}", tag = "Refused calls", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The refused call", body = RefusedCall), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<Id>,
) -> Result<Reply<RefusedCall>, Problem> {
    let call = app.refused_call(&caller, id.into()).await?;
    Ok(Reply(RefusedCall::new(&app, call)))
}
