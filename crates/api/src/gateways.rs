//! `/api/v1/gateways`: third parties that provision, which APIs are theirs, and who answers for them.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ApiId, GatewayDraft, GatewayId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayJson, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(link, unlink))
        .routes(routes!(users, create_user))
}

/// A third party's gateway. What is asked for its APIs is told to it, and it answers by call-back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gateway {
    id: Uuid,
    name: String,
    /// In one line.
    summary: String,
    description: String,
    /// Where it stands in the life of an API, such as `production`.
    stage: String,
    /// What it calls itself.
    external_ref: String,
    /// Where mails go that ask it for something.
    mail_to: Option<String>,
    /// The APIs that it provisions. An API belongs to at most one gateway.
    apis: Vec<GatewayApi>,
    created_at: Time,
    updated_at: Time,
}

/// An API that a gateway provisions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GatewayApi {
    id: Uuid,
    /// What the gateway calls it.
    external_ref: Option<String>,
}

impl From<domain::Gateway> for Gateway {
    fn from(gateway: domain::Gateway) -> Self {
        let api = |(id, external_ref): (ApiId, Option<String>)| GatewayApi { id: id.0, external_ref };
        Self {
            id: gateway.id.0,
            name: gateway.name.to_string(),
            summary: gateway.summary.as_str().to_owned(),
            description: gateway.description.as_str().to_owned(),
            stage: gateway.stage.as_str().to_owned(),
            external_ref: gateway.external_ref.as_str().to_owned(),
            mail_to: gateway.mail_to.map(|to| to.to_string()),
            apis: gateway.apis.into_iter().map(api).collect(),
            created_at: gateway.meta.created_at.into(),
            updated_at: gateway.meta.updated_at.into(),
        }
    }
}

/// A new gateway.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGateway {
    /// Unique over all gateways.
    #[schema(max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    summary: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    stage: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    external_ref: String,
    #[serde(default)]
    #[schema(example = "gateway@example.com")]
    mail_to: Option<String>,
}

/// What is to be changed about a gateway.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 256)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    summary: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    stage: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    external_ref: Option<String>,
    /// Null: none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, example = "gateway@example.com")]
    mail_to: Option<Option<String>>,
}

/// What a gateway calls an API.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiLink {
    /// What the gateway calls it; what was known stays, if this is left out.
    #[serde(default)]
    #[schema(max_length = 256)]
    external_ref: Option<String>,
}

/// A technical user of a gateway, who answers what it is asked and can do nothing else.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TechnicalUser {
    id: Uuid,
    email: String,
    gateway_id: Option<Uuid>,
    created_at: Time,
}

impl From<domain::Administrator> for TechnicalUser {
    fn from(user: domain::Administrator) -> Self {
        let gateway_id = user.role.gateway().map(|id| id.0);
        let created_at = user.meta.created_at.into();
        Self { id: user.id.0, email: user.email.to_string(), gateway_id, created_at }
    }
}

/// A new technical user. The password is chosen here, and is what the gateway sends with Basic.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTechnicalUser {
    #[schema(example = "gateway@example.com")]
    email: String,
    #[schema(min_length = 15, max_length = 1024, example = "seven violet umbrellas at noon")]
    password: String,
}

/// List gateways
///
/// Technical users of a gateway see their own.
#[utoipa::path(get, path = "/api/v1/gateways", tag = "Gateways", params(PageQuery),
    responses((status = 200, description = "A page of gateways", body = List<Gateway>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<Gateway>>, Problem> {
    let paging = Paging::read(app.keys(), "gateways", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.gateways(&caller, paging.request()).await?))
}

/// Create a gateway
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/gateways", tag = "Gateways", request_body = NewGateway,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new gateway", body = Gateway), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewGateway>,
) -> Result<Response, Problem> {
    let NewGateway { name, summary, description, stage, external_ref, mail_to } = body;
    let draft = GatewayDraft { name, summary, description, stage, external_ref, mail_to };
    let created = app.create_gateway(&caller, draft).await?;
    Ok(reply::created("/api/v1/gateways", created, |created| Gateway::from(created.value)))
}

/// Get a gateway
#[utoipa::path(get, path = "/api/v1/gateways/{id}", tag = "Gateways", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The gateway", body = Gateway), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GatewayId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Gateway>(app.gateway(&caller, id).await?))
}

/// Change a gateway
///
/// Administrators, and the gateway's own technical users.
#[utoipa::path(patch, path = "/api/v1/gateways/{id}", tag = "Gateways", request_body = GatewayChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read")),
    responses((status = 200, description = "The gateway as it is now", body = Gateway), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GatewayId>,
    IfMatch(version): IfMatch,
    Json(change): Json<GatewayChange>,
) -> Result<Response, Problem> {
    let edit = |draft: &mut GatewayDraft| {
        set_if_given(&mut draft.name, change.name);
        set_if_given(&mut draft.summary, change.summary);
        set_if_given(&mut draft.description, change.description);
        set_if_given(&mut draft.stage, change.stage);
        set_if_given(&mut draft.external_ref, change.external_ref);
        set_if_given(&mut draft.mail_to, change.mail_to);
    };
    Ok(reply::one::<_, Gateway>(app.update_gateway(&caller, id, version, edit).await?))
}

/// Delete a gateway
///
/// Administrators only. Its technical users go with it; its APIs are nobody's then. Refused while applications are
/// provisioned there.
#[utoipa::path(delete, path = "/api/v1/gateways/{id}", tag = "Gateways",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GatewayId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_gateway(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an API to a gateway
///
/// Administrators only. An API belongs to at most one gateway.
#[utoipa::path(put, path = "/api/v1/gateways/{id}/apis/{api_id}", tag = "Gateways",
    request_body = Option<ApiLink>, params(("id" = Uuid, Path), ("api_id" = Uuid, Path)),
    responses((status = 200, description = "The gateway as it is now", body = Gateway), Problems))]
async fn link(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, api)): Path<(GatewayId, ApiId)>,
    MayJson(link): MayJson<ApiLink>,
) -> Result<Response, Problem> {
    let gateway = app.link_apis(&caller, id, vec![(api, link.external_ref)]).await?;
    Ok(reply::one::<_, Gateway>(gateway))
}

/// Take an API from a gateway
///
/// Administrators only.
#[utoipa::path(delete, path = "/api/v1/gateways/{id}/apis/{api_id}", tag = "Gateways",
    params(("id" = Uuid, Path), ("api_id" = Uuid, Path)),
    responses((status = 204, description = "It is the gateway's no more"), Problems))]
async fn unlink(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path((id, api)): Path<(GatewayId, ApiId)>,
) -> Result<StatusCode, Problem> {
    app.unlink_apis(&caller, id, &[api]).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the technical users of a gateway
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/gateways/{id}/users", tag = "Gateways", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The technical users", body = Vec<TechnicalUser>), Problems))]
async fn users(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GatewayId>,
) -> Result<Reply<Vec<TechnicalUser>>, Problem> {
    let users = app.technical_users(&caller, id).await?;
    Ok(Reply(users.into_iter().map(TechnicalUser::from).collect()))
}

/// Create a technical user of a gateway
///
/// Administrators only. The gateway answers events with this login, by Basic.
#[utoipa::path(post, path = "/api/v1/gateways/{id}/users", tag = "Gateways", request_body = NewTechnicalUser,
    params(("id" = Uuid, Path)),
    responses((status = 201, description = "The new technical user", body = TechnicalUser), Problems))]
async fn create_user(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<GatewayId>,
    Json(user): Json<NewTechnicalUser>,
) -> Result<Response, Problem> {
    let user = app.create_technical_user(&caller, id, &user.email, &user.password).await?;
    Ok((StatusCode::CREATED, Reply(TechnicalUser::from(user))).into_response())
}
