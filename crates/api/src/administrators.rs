//! `/api/v1/administrators`: the people who run this installation, and what each may do.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{AdministratorId, GatewayId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Id, Time};
use edge::extract::{Create, IfMatch, Json, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update))
        .routes(routes!(disable))
        .routes(routes!(enable))
        .routes(routes!(remove_factor))
}

/// Somebody who runs this installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Administrator {
    id: Uuid,
    email: String,
    role: AdministratorRole,
    /// Of a provider.
    gateway_id: Option<Uuid>,
    /// When they were shut out; null: they may sign in.
    disabled_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// What somebody may do: an `administrator` everything; an `approver` decides on what waits and sees what it is about; an
/// `auditor` sees everything but secrets and changes nothing; a `provider` is the technical user of one gateway.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdministratorRole {
    Administrator,
    Approver,
    Auditor,
    Provider,
}

impl From<domain::AdministratorRole> for AdministratorRole {
    fn from(role: domain::AdministratorRole) -> Self {
        match role {
            domain::AdministratorRole::Administrator => Self::Administrator,
            domain::AdministratorRole::Approver => Self::Approver,
            domain::AdministratorRole::Auditor => Self::Auditor,
            domain::AdministratorRole::Provider { .. } => Self::Provider,
        }
    }
}

impl AdministratorRole {
    pub(crate) fn of(self, gateway: Option<Id>) -> Result<domain::AdministratorRole, domain::Invalid> {
        let word = match self {
            Self::Administrator => "administrator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Provider => "provider",
        };
        domain::AdministratorRole::parse(word, gateway.map(|id| GatewayId(id.into())))
    }
}

impl From<domain::Administrator> for Administrator {
    fn from(it: domain::Administrator) -> Self {
        Self {
            id: it.id.0,
            email: it.email.to_string(),
            role: it.role.into(),
            gateway_id: it.role.gateway().map(|id| id.0),
            disabled_at: it.disabled_at.map(Time::from),
            created_at: it.meta.created_at.into(),
            updated_at: it.meta.updated_at.into(),
        }
    }
}

/// Somebody new.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdministrator {
    #[schema(example = "ada@example.com")]
    email: String,
    /// The first one. Hand it over by a way that nobody else reads.
    #[schema(min_length = 15, max_length = 1024, example = "seven violet umbrellas at noon")]
    password: String,
    role: AdministratorRole,
    /// Of a provider, and only of one.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    gateway_id: Option<Id>,
}

/// Another role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdministratorChange {
    role: AdministratorRole,
    /// Of a provider, and only of one.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    gateway_id: Option<Id>,
}

/// List administrators
///
/// Administrators and auditors only. Technical users of gateways are among them.
#[utoipa::path(get, path = "/api/v1/administrators", tag = "Administrators", params(PageQuery),
    responses((status = 200, description = "A page of administrators", body = List<Administrator>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<Administrator>>, Problem> {
    let paging = Paging::read(app.keys(), "administrators", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.administrators(&caller, paging.request()).await?))
}

/// Create an administrator
///
/// Administrators only. A token needs the scope `*:write` and must not end, since whoever is made may do everything.
#[utoipa::path(post, path = "/api/v1/administrators", tag = "Administrators", request_body = NewAdministrator,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new administrator", body = Administrator), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewAdministrator>,
) -> Result<Response, Problem> {
    let NewAdministrator { email, password, role, gateway_id } = body;
    let role = role.of(gateway_id);
    let created = app.create_administrator_as(&caller, &email, &password, role).await?;
    Ok(reply::created("/api/v1/administrators", created, |created| Administrator::from(created.value)))
}

/// Get an administrator
///
/// Administrators and auditors only.
#[utoipa::path(get, path = "/api/v1/administrators/{id}", tag = "Administrators", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The administrator", body = Administrator), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Administrator>(app.administrator(&caller, id).await?))
}

/// Give an administrator another role
///
/// Administrators only, and not to themselves. One who may do everything must remain.
#[utoipa::path(patch, path = "/api/v1/administrators/{id}", tag = "Administrators",
    request_body = AdministratorChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The administrator as it is now", body = Administrator), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorId>,
    IfMatch(version): IfMatch,
    Json(change): Json<AdministratorChange>,
) -> Result<Response, Problem> {
    let role = change.role.of(change.gateway_id);
    Ok(reply::one::<_, Administrator>(app.change_administrator_role(&caller, id, version, role).await?))
}

/// Shut an administrator out
///
/// Administrators only, and not themselves. They are signed out at once. One who may do everything must remain.
#[utoipa::path(post, path = "/api/v1/administrators/{id}/disable", tag = "Administrators",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The administrator as it is now", body = Administrator), Problems))]
async fn disable(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Administrator>(app.set_administrator_enabled(&caller, id, None, false).await?))
}

/// Let an administrator in again
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/administrators/{id}/enable", tag = "Administrators",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The administrator as it is now", body = Administrator), Problems))]
async fn enable(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Administrator>(app.set_administrator_enabled(&caller, id, None, true).await?))
}

/// Remove the second factor of an administrator
///
/// Administrators only: for somebody who has lost the phone and the recovery codes. Passkeys go with it. They are
/// told by mail.
#[utoipa::path(delete, path = "/api/v1/administrators/{id}/factor", tag = "Administrators",
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is gone"), Problems))]
async fn remove_factor(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorId>,
) -> Result<StatusCode, Problem> {
    app.remove_administrator_factor(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
