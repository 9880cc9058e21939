//! `/api/v1/applications`: what calls APIs, and who works on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{App, ApplicationFilter, Created};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApplicationDraft, ApplicationId, AuthStrategyId, DeveloperId, Invalid, PartnerId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given, words};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(transfer))
        .routes(routes!(set_member, remove_member))
}

words! {
    /// What a member may do with an application.
    ApplicationMemberRole = domain::ApplicationRole {
        "OWNER" = Owner,
        "DEVELOPER" = Developer,
        "READ_ONLY" = ReadOnly,
    }
}

words! {
    /// Whether its calls are let through.
    ApplicationState = domain::ApplicationState {
        "active" = Active,
        "suspended" = Suspended,
    }
}

/// Whose an application is: exactly one of the two is given.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Owner {
    /// A partner: its owners manage the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    partner: Option<PartnerId>,
    /// One developer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    developer: Option<DeveloperId>,
}

impl From<domain::Owner> for Owner {
    fn from(owner: domain::Owner) -> Self {
        Self { partner: owner.partner(), developer: owner.developer() }
    }
}

impl TryFrom<Owner> for domain::Owner {
    type Error = Invalid;

    fn try_from(owner: Owner) -> Result<Self, Invalid> {
        match (owner.partner, owner.developer) {
            (Some(partner), None) => Ok(Self::Partner(partner)),
            (None, Some(developer)) => Ok(Self::Developer(developer)),
            _ => Err(Invalid::field("owner", "invalid", "must name either a partner or a developer")),
        }
    }
}

/// What calls APIs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Application {
    id: Uuid,
    name: String,
    description: String,
    /// What another system knows it by, unique over all applications; null: its id.
    reference: Option<String>,
    /// Where people are sent back to after they have signed in elsewhere for it.
    redirect_uri: Option<String>,
    owner: Owner,
    /// How it authenticates; fixed when it is made.
    auth_strategy_id: Uuid,
    state: ApplicationState,
    /// The developers who work on it, by id, besides those who may as members of its partner.
    members: BTreeMap<Uuid, ApplicationMemberRole>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Application> for Application {
    fn from(application: domain::Application) -> Self {
        Self {
            id: application.id.0,
            name: application.name.to_string(),
            description: application.description.as_str().to_owned(),
            reference: application.reference,
            redirect_uri: application.redirect_uri,
            owner: application.owner.into(),
            auth_strategy_id: application.auth_strategy_id.0,
            state: application.state.into(),
            members: application.members.into_iter().map(|(id, role)| (id.0, role.into())).collect(),
            created_at: application.meta.created_at.into(),
            updated_at: application.meta.updated_at.into(),
        }
    }
}

/// An application that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedApplication {
    #[serde(flatten)]
    application: Application,
    /// If its auth strategy has made it an OAuth client, whose id is its `reference`: the client's secret. Keep it now: it
    /// is never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl From<Created<domain::Application>> for CreatedApplication {
    fn from(created: Created<domain::Application>) -> Self {
        let client_secret = created.secret.map(|secret| secret.expose().to_owned());
        Self { application: created.value.into(), client_secret }
    }
}

/// Which applications.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationList {
    /// The name holds this, whatever its case.
    name_contains: Option<String>,
    /// They belong to this partner.
    #[param(value_type = Option<Uuid>)]
    partner_id: Option<PartnerId>,
    /// They belong to this developer.
    #[param(value_type = Option<Uuid>)]
    developer_id: Option<DeveloperId>,
    /// This developer is a member.
    #[param(value_type = Option<Uuid>)]
    member: Option<DeveloperId>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// An application to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApplication {
    /// Unique among its owner's applications.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// Left out by a developer: the developer's own.
    #[serde(default)]
    owner: Option<Owner>,
    /// Left out: the default strategy.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    auth_strategy_id: Option<AuthStrategyId>,
    /// What another system knows it by; left out: its id.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    reference: Option<String>,
    /// Where people are sent back to after they have signed in elsewhere for it.
    #[serde(default)]
    #[schema(max_length = 2000, example = "https://shop.example.com/back")]
    redirect_uri: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    description: Option<String>,
    /// Null: it is known by its id.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(min_length = 1, max_length = 255)]
    reference: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(max_length = 2000, example = "https://shop.example.com/back")]
    redirect_uri: Option<Option<String>>,
}

impl ApplicationChange {
    fn apply(self, draft: &mut ApplicationDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.description, self.description);
        set_if_given(&mut draft.reference, self.reference);
        set_if_given(&mut draft.redirect_uri, self.redirect_uri);
    }
}

/// The new owner.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationTransfer {
    owner: Owner,
}

/// A member's role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationMembership {
    role: ApplicationMemberRole,
}

/// List applications
///
/// All of them for administrators; for developers their own, those that they are members of, and those of their
/// partners.
#[utoipa::path(get, path = "/api/v1/applications", tag = "Applications", params(ApplicationList),
    responses((status = 200, description = "A page of applications", body = List<Application>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<ApplicationList>,
) -> Result<Reply<List<Application>>, Problem> {
    let paging = Paging::read(app.keys(), "applications", &query, query.cursor.as_deref(), query.limit)?;
    let owner = match (query.partner_id, query.developer_id) {
        (Some(_), Some(_)) => {
            return Err(
                Invalid::field("developer_id", "conflict", "cannot be combined with partner_id").into()
            );
        }
        (partner, developer) => {
            partner.map(domain::Owner::Partner).or(developer.map(domain::Owner::Developer))
        }
    };
    let filter = ApplicationFilter {
        name_contains: query.name_contains,
        owner,
        member: query.member,
        ..ApplicationFilter::default()
    };
    Ok(paging.reply(app.applications(&caller, filter, paging.request()).await?))
}

/// Create an application
///
/// Developers make their own, and their partner's if they are its owners. If the auth strategy makes clients, the
/// application is one as well, here or, by way of a bridge, at another authorization server.
#[utoipa::path(post, path = "/api/v1/applications", tag = "Applications", request_body = NewApplication,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new application", body = CreatedApplication), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewApplication>,
) -> Result<Response, Problem> {
    let owner = body.owner.map(domain::Owner::try_from).transpose()?;
    let draft = ApplicationDraft {
        name: body.name,
        description: body.description,
        reference: body.reference,
        redirect_uri: body.redirect_uri,
        shares_name: false,
    };
    let created = app.create_application(&caller, draft, owner, body.auth_strategy_id).await?;
    Ok(reply::created("/api/v1/applications", created, CreatedApplication::from))
}

/// Get an application
#[utoipa::path(get, path = "/api/v1/applications/{id}", tag = "Applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The application", body = Application), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Application>(app.application(&caller, id).await?))
}

/// Change an application
#[utoipa::path(patch, path = "/api/v1/applications/{id}", tag = "Applications", request_body = ApplicationChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The application as it is now", body = Application), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
    IfMatch(version): IfMatch,
    Json(change): Json<ApplicationChange>,
) -> Result<Response, Problem> {
    let application = app.update_application(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(reply::one::<_, Application>(application))
}

/// Delete an application
///
/// Its credentials and subscriptions go with it; its calls are refused from now on.
#[utoipa::path(delete, path = "/api/v1/applications/{id}", tag = "Applications",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_application(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Suspend an application
///
/// Administrators only. Its calls are refused until it is resumed; nothing of it is lost.
#[utoipa::path(post, path = "/api/v1/applications/{id}/suspend", tag = "Applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The application as it is now", body = Application), Problems))]
async fn suspend(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
) -> Result<Response, Problem> {
    let state = domain::ApplicationState::Suspended;
    Ok(reply::one::<_, Application>(app.set_application_state(&caller, id, state).await?))
}

/// Resume an application
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/applications/{id}/resume", tag = "Applications", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The application as it is now", body = Application), Problems))]
async fn resume(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
) -> Result<Response, Problem> {
    let state = domain::ApplicationState::Active;
    Ok(reply::one::<_, Application>(app.set_application_state(&caller, id, state).await?))
}

/// Transfer an application
///
/// To another owner, with its credentials, subscriptions and members. A developer must be an owner here and there.
#[utoipa::path(post, path = "/api/v1/applications/{id}/transfer", tag = "Applications",
    request_body = ApplicationTransfer, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The application as it is now", body = Application), Problems))]
async fn transfer(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApplicationId>,
    Json(body): Json<ApplicationTransfer>,
) -> Result<Response, Problem> {
    let owner = domain::Owner::try_from(body.owner)?;
    Ok(reply::one::<_, Application>(app.transfer_application(&caller, id, owner).await?))
}

/// Add a member, or change the role
///
/// The developer must have registered and proven the address.
#[utoipa::path(put, path = "/api/v1/applications/{id}/members/{developer_id}", tag = "Applications",
    request_body = ApplicationMembership, params(("id" = Uuid, Path), ("developer_id" = Uuid, Path)),
    responses((status = 200, description = "The application as it is now", body = Application), Problems))]
async fn set_member(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, developer)): Path<(ApplicationId, DeveloperId)>,
    Json(membership): Json<ApplicationMembership>,
) -> Result<Response, Problem> {
    let application = app.set_application_member(&caller, id, developer, membership.role.into()).await?;
    Ok(reply::one::<_, Application>(application))
}

/// Remove a member
#[utoipa::path(delete, path = "/api/v1/applications/{id}/members/{developer_id}", tag = "Applications",
    params(("id" = Uuid, Path), ("developer_id" = Uuid, Path)),
    responses((status = 200, description = "The application as it is now", body = Application), Problems))]
async fn remove_member(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, developer)): Path<(ApplicationId, DeveloperId)>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Application>(app.remove_application_member(&caller, id, developer).await?))
}
