//! `/api/v1/apis`: what is offered, under a name. Its versions are what is called.

use std::sync::Arc;

use app::{ApiFilter, App};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApiDraft, ApiId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

/// What is offered, under a name. Its versions are what is called.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Api {
    id: Uuid,
    name: String,
    description: String,
    /// Words to find it by.
    tags: Vec<String>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Api> for Api {
    fn from(api: domain::Api) -> Self {
        Self {
            id: api.id.0,
            name: api.name.to_string(),
            description: api.description.as_str().to_owned(),
            tags: api.tags,
            created_at: api.meta.created_at.into(),
            updated_at: api.meta.updated_at.into(),
        }
    }
}

/// Which APIs.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiList {
    /// The name holds this, whatever its case.
    name_contains: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// An API to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApi {
    /// Unique over all APIs, look-alikes included.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    /// Words to find it by.
    #[serde(default)]
    #[schema(max_items = 50)]
    tags: Vec<String>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    description: Option<String>,
    /// All tags that it is to have.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false)]
    tags: Option<Vec<String>>,
}

impl ApiChange {
    fn apply(self, draft: &mut ApiDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.description, self.description);
        set_if_given(&mut draft.tags, self.tags);
    }
}

/// List APIs
///
/// All of them for administrators; for developers those with a version that they may see.
#[utoipa::path(get, path = "/api/v1/apis", tag = "APIs", params(ApiList),
    responses((status = 200, description = "A page of APIs", body = List<Api>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<ApiList>,
) -> Result<Reply<List<Api>>, Problem> {
    let paging = Paging::read(app.keys(), "apis", &query, query.cursor.as_deref(), query.limit)?;
    let filter = ApiFilter { name_contains: query.name_contains, visible_to: None };
    Ok(paging.reply(app.apis(&caller, filter, paging.request()).await?))
}

/// Create an API
///
/// Administrators only. It can be called once it has a version.
#[utoipa::path(post, path = "/api/v1/apis", tag = "APIs", request_body = NewApi,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new API", body = Api), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewApi>,
) -> Result<Response, Problem> {
    let NewApi { name, description, tags } = body;
    let created = app.create_api(&caller, ApiDraft { name, description, tags }).await?;
    Ok(reply::created("/api/v1/apis", created, |created| Api::from(created.value)))
}

/// Get an API
#[utoipa::path(get, path = "/api/v1/apis/{id}", tag = "APIs", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The API", body = Api), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Api>(app.api(&caller, id).await?))
}

/// Change an API
///
/// Administrators only.
#[utoipa::path(patch, path = "/api/v1/apis/{id}", tag = "APIs", request_body = ApiChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The API as it is now", body = Api), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiId>,
    IfMatch(version): IfMatch,
    Json(change): Json<ApiChange>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Api>(app.update_api(&caller, id, version, |draft| change.apply(draft)).await?))
}

/// Delete an API
///
/// Administrators only. Its versions must be deleted first.
#[utoipa::path(delete, path = "/api/v1/apis/{id}", tag = "APIs",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_api(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
