//! `/api/v1/developers`: people with a login, as administrators see them. They register themselves: nobody makes one.

use std::sync::Arc;

use app::{App, DeveloperFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{DeveloperCommand, DeveloperId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::account::Session;
use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{MayMatch, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, delete))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(revoke))
        .routes(routes!(sessions, end_sessions))
        .routes(routes!(remove_factor))
}

words! {
    /// What a developer may do at all: `unverified` until the address is proven, `pending` until an administrator has
    /// looked, `approved` to sign in; `rejected` and `revoked` by an administrator.
    DeveloperState = domain::DeveloperState {
        "unverified" = Unverified,
        "pending" = Pending,
        "approved" = Approved,
        "rejected" = Rejected,
        "revoked" = Revoked,
    }
}

/// A person with a login.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Developer {
    id: Uuid,
    email: String,
    name: String,
    state: DeveloperState,
    /// When they proved that they read mail at this address.
    verified_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Developer> for Developer {
    fn from(developer: domain::Developer) -> Self {
        Self {
            id: developer.id.0,
            email: developer.email.to_string(),
            name: developer.name.to_string(),
            state: developer.state.into(),
            verified_at: developer.verified_at.map(Time),
            created_at: developer.meta.created_at.into(),
            updated_at: developer.meta.updated_at.into(),
        }
    }
}

/// Which developers.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeveloperList {
    /// The name or the address holds this, whatever its case.
    text: Option<String>,
    /// The account is in this state.
    #[param(inline)]
    state: Option<DeveloperState>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// List developers
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/developers", tag = "Developers", params(DeveloperList),
    responses((status = 200, description = "A page of developers", body = List<Developer>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<DeveloperList>,
) -> Result<Reply<List<Developer>>, Problem> {
    let paging = Paging::read(app.keys(), "developers", &query, query.cursor.as_deref(), query.limit)?;
    let filter = DeveloperFilter { text: query.text, state: query.state.map(Into::into) };
    Ok(paging.reply(app.developers(&caller, &filter, paging.request()).await?))
}

/// Get a developer
///
/// Administrators any, developers themselves.
#[utoipa::path(get, path = "/api/v1/developers/{id}", tag = "Developers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The developer", body = Developer), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Developer>(app.developer(&caller, id).await?))
}

/// Delete a developer
///
/// Administrators any, developers themselves. Memberships and sessions end; the developer's own applications go with
/// their credentials and subscriptions.
#[utoipa::path(delete, path = "/api/v1/developers/{id}", tag = "Developers",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "The account is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_developer(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Approve a developer
///
/// Administrators only. From `pending`, `rejected` or `revoked`; the developer is told by mail.
#[utoipa::path(post, path = "/api/v1/developers/{id}/approve", tag = "Developers",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The developer as it is now", body = Developer), Problems))]
async fn approve(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
    MayMatch(version): MayMatch,
) -> Result<Response, Problem> {
    let developer = app.review_developer(&caller, id, version, DeveloperCommand::Approve).await?;
    Ok(reply::one::<_, Developer>(developer))
}

/// Reject a developer
///
/// Administrators only. From `pending`.
#[utoipa::path(post, path = "/api/v1/developers/{id}/reject", tag = "Developers",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The developer as it is now", body = Developer), Problems))]
async fn reject(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
    MayMatch(version): MayMatch,
) -> Result<Response, Problem> {
    let developer = app.review_developer(&caller, id, version, DeveloperCommand::Reject).await?;
    Ok(reply::one::<_, Developer>(developer))
}

/// Shut a developer out
///
/// Administrators only. From `approved`; all sessions end at once, and calls by the developer's own applications are
/// refused. Applications of partners go on.
#[utoipa::path(post, path = "/api/v1/developers/{id}/revoke", tag = "Developers",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The developer as it is now", body = Developer), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
    MayMatch(version): MayMatch,
) -> Result<Response, Problem> {
    let developer = app.review_developer(&caller, id, version, DeveloperCommand::Revoke).await?;
    Ok(reply::one::<_, Developer>(developer))
}

/// List the sessions of a developer
///
/// Administrators only; developers see their own at `/api/v1/account/sessions`.
#[utoipa::path(get, path = "/api/v1/developers/{id}/sessions", tag = "Developers", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The sessions that have not ended", body = List<Session>), Problems))]
async fn sessions(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
) -> Result<Reply<List<Session>>, Problem> {
    Ok(Session::list(app.developer_sessions(&caller, id).await?, &caller))
}

/// Sign a developer out everywhere
///
/// Administrators only.
#[utoipa::path(delete, path = "/api/v1/developers/{id}/sessions", tag = "Developers", params(("id" = Uuid, Path)),
    responses((status = 204, description = "No session is left"), Problems))]
async fn end_sessions(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
) -> Result<StatusCode, Problem> {
    app.end_developer_sessions(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove the second factor of a developer
///
/// Administrators only: for somebody who has lost the phone and the recovery codes. Passkeys go with it. They are
/// told by mail.
#[utoipa::path(delete, path = "/api/v1/developers/{id}/factor", tag = "Developers",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is gone"), Problems))]
async fn remove_factor(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DeveloperId>,
) -> Result<StatusCode, Problem> {
    app.remove_developer_factor(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
