//! `/api/v1/openapi.json`, and the page for people that is made from it: `/api/v1/docs`.

mod openapi;
mod page;
mod prose;
mod shape;

use std::sync::LazyLock;

use askama::Template;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

use edge::assets;
use edge::problem::Problem;
use edge::state::State;
use page::Page;

use super::routes::routes;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(document)).routes(routes!(docs))
}

static DOCUMENT: LazyLock<String> = LazyLock::new(super::openapi_json);
static PAGE: LazyLock<Option<Page>> = LazyLock::new(|| {
    let read =
        serde_json::from_str(&DOCUMENT).inspect_err(|error| tracing::error!(%error, "no documentation"));
    read.ok().map(|document| Page::new(&document))
});

/// The page, as the template sees it.
#[derive(Template)]
#[template(path = "docs.html")]
struct Docs<'a> {
    page: &'a Page,
    stylesheet: &'a str,
    public_url: &'a str,
    requests_per_minute: u32,
    body_kib: usize,
}

/// Get this description
///
/// The OpenAPI 3.1 document of this API.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "Documentation", security(()),
    responses((status = 200, description = "The document", body = Object, content_type = "application/json")))]
async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

/// Read this description
///
/// A page for people, made from the document.
#[utoipa::path(get, path = "/api/v1/docs", tag = "Documentation", security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
async fn docs(Shared(state): Shared<State>) -> Result<Html<String>, Problem> {
    let page = PAGE.as_ref().ok_or_else(Problem::internal)?;
    let docs = Docs {
        page,
        stylesheet: assets::DOCS.path(),
        public_url: &state.options.public_url,
        requests_per_minute: state.options.token_requests_per_minute,
        body_kib: state.options.body_bytes / 1024,
    };
    docs.render().map(Html).map_err(|_| Problem::internal())
}
