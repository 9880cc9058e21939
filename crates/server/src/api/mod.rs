//! The own management API, `/api/v1`. The OpenAPI document is made from the handlers.

mod account;
pub(crate) mod applications;
mod audit;
pub(crate) mod credentials;
mod developers;
mod docs;
mod document;
mod mails;
mod page;
pub(crate) mod partners;
mod reply;
mod tokens;
mod wire;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::state::State;

fn described() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .merge(account::routes())
        .merge(developers::routes())
        .merge(partners::routes())
        .merge(applications::routes())
        .merge(credentials::routes())
        .merge(tokens::routes())
        .merge(audit::routes())
        .merge(mails::routes())
        .merge(docs::routes())
}

/// All routes of the API.
pub(crate) fn router(state: State) -> Router {
    described().split_for_parts().0.with_state(state)
}

/// The OpenAPI 3.1 document of the API, as JSON.
pub fn openapi_json() -> String {
    document::complete(described().into_openapi()).to_pretty_json().unwrap_or_default()
}

/// A route that is served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RouteInfo {
    /// The path, with its parameters in braces.
    pub path: String,
    /// In capitals.
    pub method: String,
    /// What it does.
    pub summary: String,
}

impl From<(&str, &str, &str)> for RouteInfo {
    /// Method, path and summary.
    fn from((method, path, summary): (&str, &str, &str)) -> Self {
        Self { path: path.to_owned(), method: method.to_owned(), summary: summary.to_owned() }
    }
}

/// All routes of the API, by path.
pub fn routes() -> Vec<RouteInfo> {
    let document = serde_json::to_value(described().into_openapi()).unwrap_or_default();
    let paths = document.get("paths").and_then(|paths| paths.as_object());
    let mut routes: Vec<RouteInfo> = paths
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            item.as_object().into_iter().flatten().map(move |operation| (path, operation))
        })
        .map(|(path, (method, operation))| RouteInfo {
            path: path.clone(),
            method: method.to_uppercase(),
            summary: operation.get("summary").and_then(|s| s.as_str()).unwrap_or_default().to_owned(),
        })
        .collect();
    routes.sort();
    routes
}
