//! `/api/v1/api-versions/{id}/specification` and `…/operations`: what the operations of a version are.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{ApiVersionId, openapi};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::api_versions::ApiVersion;
use super::reply;
use super::routes::routes;
use edge::extract::{IfMatch, Path, Query, Text, Who};
use edge::page::List;
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get, put, delete))
        .layer(DefaultBodyLimit::max(openapi::MAX_SPECIFICATION))
        .routes(routes!(operations))
        .routes(routes!(adopt_scopes))
}

/// What is known of a specification beside its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Specification {
    /// The title it gives itself.
    title: String,
    /// The format it says it is in.
    #[schema(example = "openapi 3.1.0")]
    format: String,
    /// How many operations it describes.
    operations: usize,
    /// SHA-256 of the text, in hexadecimal.
    sha256: String,
}

impl From<domain::SpecificationSummary> for Specification {
    fn from(summary: domain::SpecificationSummary) -> Self {
        let domain::SpecificationSummary { title, format, operations, sha256 } = summary;
        Self { title, format, operations, sha256 }
    }
}

/// One operation of an API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Operation {
    /// In capitals.
    method: String,
    /// The path template.
    #[schema(example = "/orders/{id}")]
    path: String,
    /// `operationId`, if it has one.
    operation_id: Option<String>,
    /// A line for people.
    summary: Option<String>,
    /// The groups it is in.
    tags: Vec<String>,
    /// Whether it is on its way out.
    deprecated: bool,
    /// What its first way of authenticating by tokens demands of one.
    scopes: Vec<String>,
}

impl From<openapi::Operation> for Operation {
    fn from(operation: openapi::Operation) -> Self {
        let openapi::Operation { method, path, operation_id, summary, tags, deprecated, scopes } = operation;
        Self { method, path, operation_id, summary, tags, deprecated, scopes }
    }
}

/// How a specification is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Left out: `as_put`.
    #[serde(default)]
    #[param(inline)]
    view: View,
}

/// What is shown of a specification.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum View {
    #[default]
    AsPut,
    ForCallers,
}

/// Get the specification of an API version
///
/// The text as it was put; or, with `view=for_callers`, as JSON, and with the authorization server where the API takes its
/// tokens: a security scheme `keywright` with its addresses and the scopes that are asked for.
#[utoipa::path(get, path = "/api/v1/api-versions/{id}/specification", tag = "Specifications",
    params(("id" = Uuid, Path), Wanted),
    responses((status = 200, description = "The specification",
        content((Object = "application/json"), (String = "application/yaml"))), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let text = match wanted.view {
        View::AsPut => app.specification(&caller, id).await?,
        View::ForCallers => app.specification_for_callers(&caller, id).await?.to_string(),
    };
    let (kind, disposition) = if openapi::is_json(&text) {
        ("application/json", "attachment; filename=\"openapi.json\"")
    } else {
        ("application/yaml", "attachment; filename=\"openapi.yaml\"")
    };
    // Foreign text: whoever follows a link to it saves it and does not open it in our name.
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], text).into_response())
}

/// Put the specification of an API version
///
/// Administrators only. OpenAPI 3.x or 2.0, as JSON or YAML, up to 5 MiB; it takes the place of the one before.
#[utoipa::path(put, path = "/api/v1/api-versions/{id}/specification", tag = "Specifications",
    request_body(content((Object = "application/json"), (String = "application/yaml"))),
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag of the version that you read, or *")),
    responses((status = 200, description = "The API version as it is now", body = ApiVersion), Problems))]
async fn put(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    IfMatch(version): IfMatch,
    Text(text): Text,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApiVersion>(app.set_specification(&caller, id, version, Some(text)).await?))
}

/// Delete the specification of an API version
///
/// Administrators only.
#[utoipa::path(delete, path = "/api/v1/api-versions/{id}/specification", tag = "Specifications",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag of the version that you read, or *")),
    responses((status = 200, description = "The API version as it is now", body = ApiVersion), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    IfMatch(version): IfMatch,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApiVersion>(app.set_specification(&caller, id, version, None).await?))
}

/// List the operations of an API version
///
/// As its specification describes them, all on one page; none if it has no specification.
#[utoipa::path(get, path = "/api/v1/api-versions/{id}/operations", tag = "Specifications",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "All operations", body = List<Operation>), Problems))]
async fn operations(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
) -> Result<Reply<List<Operation>>, Problem> {
    let operations = app.operations(&caller, id).await?;
    Ok(Reply(List { items: operations.into_iter().map(Operation::from).collect(), next_cursor: None }))
}

/// Take over the scopes that a specification demands
///
/// Administrators only. What the specification demands of tokens, operation by operation, becomes the version's
/// `operation_scopes`, in the place of what was there. Paths of the specification come after the version's path prefixes,
/// unless they begin with one.
#[utoipa::path(post, path = "/api/v1/api-versions/{id}/adopt-operation-scopes", tag = "Specifications",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag of the version that you read, or *")),
    responses((status = 200, description = "The API version as it is now", body = ApiVersion), Problems))]
async fn adopt_scopes(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    IfMatch(version): IfMatch,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApiVersion>(app.adopt_operation_scopes(&caller, id, version).await?))
}
