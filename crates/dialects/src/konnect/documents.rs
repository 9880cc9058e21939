//! `/api/v2/products/{productId}/documents`: what is written about a product.

use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::{Document, DocumentId};
use serde_json::{Value, json};

use super::caller::Guest;
use super::error::Refusal;
use super::map::Ids;
use super::query::Listing;
use super::wire::stamp;
use super::{Doors, nodes};
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors.get("/api/v2/products/{productId}/documents", "Konnect: list the documents of a product", list).get(
        "/api/v2/products/{productId}/documents/{documentId}",
        "Konnect: get a document",
        get,
    )
}

const TREE: &str = "application/vnd.konnect.document-tree+json";
const NODES: &str = "application/vnd.konnect.document-nodes+json";

/// Whether a media type is asked for by its name.
fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|range| {
        let name = range.split(';').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case(kind)
    })
}

async fn list(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    ids: Ids,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let listing = Listing::read(query.as_deref(), &[])?;
    let documents = state.app.documents(&caller, ids.id("productId")?).await?;
    if accepts(&headers, TREE) {
        let roots: Vec<&Document> = documents.iter().filter(|it| it.parent_id.is_none()).collect();
        let body = listing.cut(roots, |root| tree(root, &documents));
        return Ok(typed(TREE, body.into_response()));
    }
    let show = |document: Document| {
        json!({
            "id": document.id.0,
            "parent_document_id": document.parent_id.map(|id| id.0),
            "slug": document.slug,
            "title": document.title.as_str(),
            "metadata": {},
            "created_at": stamp(document.meta.created_at),
            "updated_at": stamp(document.meta.updated_at),
        })
    };
    Ok(listing.cut(documents, show).into_response())
}

/// A page with those below it. There are no circles: the rule that writes pages sees to it.
fn tree(document: &Document, all: &[Document]) -> Value {
    let below = |parent: DocumentId| all.iter().filter(move |it| it.parent_id == Some(parent));
    json!({
        "id": document.id.0,
        "parent_document_id": document.parent_id.map(|id| id.0),
        "slug": document.slug,
        "title": document.title.as_str(),
        "metadata": {},
        "children": below(document.id).map(|child| tree(child, all)).collect::<Vec<_>>(),
    })
}

async fn get(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    ids: Ids,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let wanted = ids.text("documentId");
    let document = state.app.document_of(&caller, ids.id("productId")?, wanted).await?;
    let as_nodes = accepts(&headers, NODES);
    let content = if as_nodes { nodes::parse(&document.body) } else { Value::from(document.body.as_str()) };
    let body = Json(json!({
        "id": document.id.0,
        "parent_document_id": document.parent_id.map(|id| id.0),
        "slug": document.slug,
        "title": document.title.as_str(),
        "content": content,
    }));
    Ok(if as_nodes { typed(NODES, body.into_response()) } else { body.into_response() })
}

fn typed(kind: &'static str, mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
