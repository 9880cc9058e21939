//! `/api/v1/documents` and `/api/v1/apis/{id}/documents`: what is written about an API beside its specification.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{ApiId, DocumentDraft, DocumentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Who};
use edge::page::List;
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list_of_api, create))
        .routes(routes!(get, update, delete))
        // JSON may write a character in six bytes.
        .layer(DefaultBodyLimit::max(6 * domain::MAX_DOCUMENT + 16 * 1024))
}

/// A page about an API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Document {
    id: Uuid,
    api_id: Uuid,
    /// The page that it stands below.
    parent_id: Option<Uuid>,
    /// Its name in addresses, unique within the API.
    slug: String,
    title: String,
    /// Pages with the same parent are ordered by this, then by age.
    position: i64,
    /// The text, in Markdown.
    body: String,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Document> for Document {
    fn from(document: domain::Document) -> Self {
        Self {
            id: document.id.0,
            api_id: document.api_id.0,
            parent_id: document.parent_id.map(|id| id.0),
            slug: document.slug,
            title: document.title.to_string(),
            position: document.position,
            body: document.body,
            created_at: document.meta.created_at.into(),
            updated_at: document.meta.updated_at.into(),
        }
    }
}

/// A page about an API without its text, as in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentSummary {
    id: Uuid,
    api_id: Uuid,
    /// The page that it stands below.
    parent_id: Option<Uuid>,
    /// Its name in addresses, unique within the API.
    slug: String,
    title: String,
    /// Pages with the same parent are ordered by this, then by age.
    position: i64,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::Document> for DocumentSummary {
    fn from(document: domain::Document) -> Self {
        Self {
            id: document.id.0,
            api_id: document.api_id.0,
            parent_id: document.parent_id.map(|id| id.0),
            slug: document.slug,
            title: document.title.to_string(),
            position: document.position,
            created_at: document.meta.created_at.into(),
            updated_at: document.meta.updated_at.into(),
        }
    }
}

/// A page to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDocument {
    /// Small letters, digits and hyphens.
    #[schema(min_length = 1, max_length = 100, example = "getting-started")]
    slug: String,
    #[schema(min_length = 1, max_length = 256)]
    title: String,
    /// The text, in Markdown, up to 200 KiB.
    #[serde(default)]
    body: String,
    /// The page of the same API that it stands below; left out: none.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<DocumentId>,
    /// Pages with the same parent are ordered by this, then by age.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    position: i64,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 100, nullable = false, example = "getting-started")]
    slug: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    title: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// Null: it stands below none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<Uuid>)]
    parent_id: Option<Option<DocumentId>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(minimum = 0, maximum = 1_000_000, nullable = false)]
    position: Option<i64>,
}

impl DocumentChange {
    fn apply(self, draft: &mut DocumentDraft) {
        set_if_given(&mut draft.slug, self.slug);
        set_if_given(&mut draft.title, self.title);
        set_if_given(&mut draft.body, self.body);
        set_if_given(&mut draft.parent_id, self.parent_id);
        set_if_given(&mut draft.position, self.position);
    }
}

/// List the documents of an API
///
/// Without their texts, all on one page, siblings in their order.
#[utoipa::path(get, path = "/api/v1/apis/{id}/documents", tag = "Documents", params(("id" = Uuid, Path)),
    responses((status = 200, description = "All documents", body = List<DocumentSummary>), Problems))]
async fn list_of_api(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiId>,
) -> Result<Reply<List<DocumentSummary>>, Problem> {
    let documents = app.documents(&caller, id).await?;
    Ok(Reply(List { items: documents.into_iter().map(Into::into).collect(), next_cursor: None }))
}

/// Create a document about an API
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/apis/{id}/documents", tag = "Documents", request_body = NewDocument,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new document", body = Document), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    Create { caller, body }: Create<NewDocument>,
) -> Result<Response, Problem> {
    let NewDocument { slug, title, body, parent_id, position } = body;
    let draft = DocumentDraft { parent_id, slug, title, position, body };
    let created = app.create_document(&caller, id, draft).await?;
    Ok(reply::created("/api/v1/documents", created, |created| Document::from(created.value)))
}

/// Get a document
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "Documents", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The document", body = Document), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DocumentId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Document>(app.document(&caller, id).await?))
}

/// Change a document
///
/// Administrators only.
#[utoipa::path(patch, path = "/api/v1/documents/{id}", tag = "Documents", request_body = DocumentChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The document as it is now", body = Document), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DocumentId>,
    IfMatch(version): IfMatch,
    Json(change): Json<DocumentChange>,
) -> Result<Response, Problem> {
    let document = app.update_document(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(reply::one::<_, Document>(document))
}

/// Delete a document
///
/// Administrators only. No other may stand below it.
#[utoipa::path(delete, path = "/api/v1/documents/{id}", tag = "Documents",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<DocumentId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_document(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
