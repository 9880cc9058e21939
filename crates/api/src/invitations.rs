//! `/api/v1/invitations`, and those of `/api/v1/partners/{id}` and `/api/v1/applications/{id}`: a mail address is asked
//! to join.

use std::sync::Arc;

use app::{App, InvitationFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{ApplicationId, InvitationId, Membership, PartnerId, PartnerRole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::applications::ApplicationMemberRole;
use super::partners::PartnerMemberRole;
use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Create, Json, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(of_partner, to_partner))
        .routes(routes!(of_application, to_application))
        .routes(routes!(get))
        .routes(routes!(withdraw))
        .routes(routes!(accept))
}

words! {
    /// What an invitation is worth now.
    InvitationStatus = domain::InvitationStatus {
        "open" = Open,
        "accepted" = Accepted,
        "withdrawn" = Withdrawn,
        "expired" = Expired,
    }
}

/// Whoever reads mail at an address may join a partner or an application, once. The link is in the mail alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    id: Uuid,
    /// Who is invited: nobody with another address can accept.
    email: String,
    /// To this partner, if it is one.
    partner_id: Option<Uuid>,
    /// To this application, if it is one.
    application_id: Option<Uuid>,
    /// As what. Partners have no `DEVELOPER`.
    role: ApplicationMemberRole,
    status: InvitationStatus,
    expires_at: Time,
    /// The developer who accepted it.
    accepted_by: Option<Uuid>,
    created_at: Time,
    updated_at: Time,
}

/// What an invitation shows depends on the time, so it is made with one.
fn shown(invitation: domain::Invitation, now: domain::Instant) -> Invitation {
    let role = match invitation.to {
        Membership::Partner(_, PartnerRole::Owner) => ApplicationMemberRole::Owner,
        Membership::Partner(_, PartnerRole::ReadOnly) => ApplicationMemberRole::ReadOnly,
        Membership::Application(_, role) => role.into(),
    };
    Invitation {
        id: invitation.id.0,
        partner_id: invitation.to.partner().map(|id| id.0),
        application_id: invitation.to.application().map(|id| id.0),
        role,
        status: invitation.status(now).into(),
        expires_at: invitation.expires_at.into(),
        accepted_by: invitation.accepted_by.map(|id| id.0),
        created_at: invitation.meta.created_at.into(),
        updated_at: invitation.meta.updated_at.into(),
        email: invitation.email.to_string(),
    }
}

/// Somebody to be invited to a partner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPartnerInvitation {
    /// Where the link goes.
    #[schema(example = "ada@example.com")]
    email: String,
    role: PartnerMemberRole,
}

/// Somebody to be invited to an application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApplicationInvitation {
    /// Where the link goes.
    #[schema(example = "ada@example.com")]
    email: String,
    role: ApplicationMemberRole,
}

/// The secret out of the mail. The role is the one that was invited to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    token: String,
}

/// Which part of the list.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationList {
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

async fn list(
    app: &App,
    caller: &app::Caller,
    filter: InvitationFilter,
    of: Uuid,
    query: &InvitationList,
) -> Result<Reply<List<Invitation>>, Problem> {
    let paging = Paging::read(app.keys(), "invitations", &of, query.cursor.as_deref(), query.limit)?;
    let page = app.invitations(caller, filter, paging.request()).await?;
    let now = app.clock().now();
    Ok(paging.reply_with(page, |invitation| shown(invitation, now)))
}

async fn invite(app: &App, caller: &app::Caller, email: &str, to: Membership) -> Result<Response, Problem> {
    let created = app.invite(caller, email, to).await?;
    let now = app.clock().now();
    Ok(reply::created("/api/v1/invitations", created, |created| shown(created.value, now)))
}

/// List the invitations to a partner
///
/// Ended ones included. For administrators and the partner's owners.
#[utoipa::path(get, path = "/api/v1/partners/{id}/invitations", tag = "Invitations",
    params(("id" = Uuid, Path), InvitationList),
    responses((status = 200, description = "A page of invitations", body = List<Invitation>), Problems))]
async fn of_partner(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<PartnerId>,
    Query(query): Query<InvitationList>,
) -> Result<Reply<List<Invitation>>, Problem> {
    list(&app, &caller, InvitationFilter::Partner(id), id.0, &query).await
}

/// Invite somebody to a partner
///
/// A link goes to the address; it works once and for 7 days, for a signed-in developer with exactly this address.
#[utoipa::path(post, path = "/api/v1/partners/{id}/invitations", tag = "Invitations",
    request_body = NewPartnerInvitation,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new invitation", body = Invitation), Problems))]
async fn to_partner(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PartnerId>,
    Create { caller, body }: Create<NewPartnerInvitation>,
) -> Result<Response, Problem> {
    invite(&app, &caller, &body.email, Membership::Partner(id, body.role.into())).await
}

/// List the invitations to an application
///
/// Ended ones included. For administrators and the application's owners.
#[utoipa::path(get, path = "/api/v1/applications/{id}/invitations", tag = "Invitations",
    params(("id" = Uuid, Path), InvitationList),
    responses((status = 200, description = "A page of invitations", body = List<Invitation>), Problems))]
async fn of_application(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
    Query(query): Query<InvitationList>,
) -> Result<Reply<List<Invitation>>, Problem> {
    list(&app, &caller, InvitationFilter::Application(id), id.0, &query).await
}

/// Invite somebody to an application
///
/// A link goes to the address; it works once and for 7 days, for a signed-in developer with exactly this address.
#[utoipa::path(post, path = "/api/v1/applications/{id}/invitations", tag = "Invitations",
    request_body = NewApplicationInvitation,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new invitation", body = Invitation), Problems))]
async fn to_application(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Create { caller, body }: Create<NewApplicationInvitation>,
) -> Result<Response, Problem> {
    invite(&app, &caller, &body.email, Membership::Application(id, body.role.into())).await
}

/// Get an invitation
#[utoipa::path(get, path = "/api/v1/invitations/{id}", tag = "Invitations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The invitation", body = Invitation), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<InvitationId>,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    Ok(reply::one_with(app.invitation(&caller, id).await?, |invitation| shown(invitation, now)))
}

/// Withdraw an invitation
///
/// Its link is worth nothing from now on.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/withdraw", tag = "Invitations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The invitation as it is now", body = Invitation), Problems))]
async fn withdraw(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<InvitationId>,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    Ok(reply::one_with(app.withdraw_invitation(&caller, id).await?, |invitation| shown(invitation, now)))
}

/// Accept an invitation
///
/// For a signed-in developer whose proven address is exactly the one that was invited. To anybody else the token is as
/// unknown as a wrong one; one that was used, withdrawn or is too old is gone.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "Invitations", request_body = Acceptance,
    responses((status = 200, description = "The invitation as it is now", body = Invitation), Problems))]
async fn accept(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Json(acceptance): Json<Acceptance>,
) -> Result<Response, Problem> {
    let now = app.clock().now();
    let accepted = app.accept_invitation(&caller, &acceptance.token).await?;
    Ok(reply::one_with(accepted, |invitation| shown(invitation, now)))
}
