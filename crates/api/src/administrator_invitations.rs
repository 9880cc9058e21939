//! `/api/v1/administrator-invitations`: a mail address is asked to run this installation. It is accepted on the page that
//! the mail leads to, and nowhere else.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::AdministratorInvitationId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::administrators::AdministratorRole;
use super::invitations::InvitationStatus;
use super::reply;
use super::routes::routes;
use super::wire::{Id, Time};
use edge::extract::{Create, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get))
        .routes(routes!(resend))
        .routes(routes!(withdraw))
}

/// Whoever reads mail at an address may choose a password and run this installation, once. The link is in the mail alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdministratorInvitation {
    id: Uuid,
    /// Who is invited, and signs in by it later.
    email: String,
    role: AdministratorRole,
    /// Of a provider.
    gateway_id: Option<Uuid>,
    status: InvitationStatus,
    expires_at: Time,
    /// Who that became.
    administrator_id: Option<Uuid>,
    created_at: Time,
    updated_at: Time,
}

/// What an invitation shows depends on the time, so it is made with one.
fn shown(it: domain::AdministratorInvitation, now: domain::Instant) -> AdministratorInvitation {
    AdministratorInvitation {
        id: it.id.0,
        role: it.role.into(),
        gateway_id: it.role.gateway().map(|id| id.0),
        status: it.status(now).into(),
        expires_at: it.expires_at.into(),
        administrator_id: it.administrator_id.map(|id| id.0),
        created_at: it.meta.created_at.into(),
        updated_at: it.meta.updated_at.into(),
        email: it.email.to_string(),
    }
}

/// Somebody to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdministratorInvitation {
    /// Where the link goes.
    #[schema(example = "ada@example.com")]
    email: String,
    role: AdministratorRole,
    /// Of a provider, and only of one.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    gateway_id: Option<Id>,
}

/// Which part of the list.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdministratorInvitationList {
    /// Only those that nobody answered yet, in time or not.
    open: Option<bool>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// List the invitations of administrators
///
/// Ended ones included. Administrators and auditors only.
#[utoipa::path(get, path = "/api/v1/administrator-invitations", tag = "Administrators",
    operation_id = "list_invitations",
    params(AdministratorInvitationList),
    responses((status = 200, description = "A page of invitations", body = List<AdministratorInvitation>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<AdministratorInvitationList>,
) -> Result<Reply<List<AdministratorInvitation>>, Problem> {
    let list = "administrator-invitations";
    let paging = Paging::read(app.keys(), list, &query, query.cursor.as_deref(), query.limit)?;
    let open = query.open.unwrap_or(false);
    let page = app.administrator_invitations(&caller, open, paging.request()).await?;
    let now = app.clock().now();
    Ok(paging.reply_with(page, |invitation| shown(invitation, now)))
}

/// Invite an administrator
///
/// Administrators only. A link goes to the address; it works once and for 48 hours, and whoever opens it chooses the
/// password. A token needs the scope `*:write` and must not end, since whoever is made may do everything.
#[utoipa::path(post, path = "/api/v1/administrator-invitations", tag = "Administrators",
    operation_id = "invite",
    request_body = NewAdministratorInvitation,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new invitation", body = AdministratorInvitation), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewAdministratorInvitation>,
) -> Result<Response, Problem> {
    let role = body.role.of(body.gateway_id);
    let created = app.invite_administrator(&caller, &body.email, role).await?;
    let now = app.clock().now();
    Ok(reply::created("/api/v1/administrator-invitations", created, |created| shown(created.value, now)))
}

/// Get an invitation of an administrator
///
/// Administrators and auditors only.
#[utoipa::path(get, path = "/api/v1/administrator-invitations/{id}", tag = "Administrators",
    operation_id = "get_invitation",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The invitation", body = AdministratorInvitation), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorInvitationId>,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    let invitation = app.administrator_invitation(&caller, id).await?;
    Ok(reply::one_with(invitation, |invitation| shown(invitation, now)))
}

/// Send an invitation of an administrator again
///
/// Administrators only. Another link goes to the address and the 48 hours begin anew; the last link is worth nothing
/// from now on.
#[utoipa::path(post, path = "/api/v1/administrator-invitations/{id}/resend", tag = "Administrators",
    operation_id = "resend_invitation",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The invitation as it is now", body = AdministratorInvitation), Problems))]
async fn resend(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorInvitationId>,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    let invitation = app.resend_administrator_invitation(&caller, id).await?;
    Ok(reply::one_with(invitation, |invitation| shown(invitation, now)))
}

/// Withdraw an invitation of an administrator
///
/// Administrators only. Its link is worth nothing from now on.
#[utoipa::path(post, path = "/api/v1/administrator-invitations/{id}/withdraw", tag = "Administrators",
    operation_id = "withdraw_invitation",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The invitation as it is now", body = AdministratorInvitation), Problems))]
async fn withdraw(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AdministratorInvitationId>,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    let invitation = app.withdraw_administrator_invitation(&caller, id).await?;
    Ok(reply::one_with(invitation, |invitation| shown(invitation, now)))
}
