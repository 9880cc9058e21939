//! The own management API, `/api/v1`. The OpenAPI document is made from the handlers.

mod account;
pub(crate) mod applications;
mod audit;
pub(crate) mod credentials;
mod developers;
mod mails;
mod page;
pub(crate) mod partners;
mod reply;
mod tokens;
mod wire;

use axum::Router;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::state::State;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Keywright management API",
        description = "Partners, developers, applications, APIs, plans, subscriptions and credentials.\n\nSend an administrators' API token or a developer's session as `Authorization: Bearer …`. Lists come in pages: follow `next_cursor`. Updates need `If-Match` with the `ETag` that you read. Creates take an `Idempotency-Key`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    modifiers(&Bearer),
    security(("bearer" = [])),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description =
            Some("An API token (`kw_pat_…`) or the secret of a session (`kw_ses_…`).".to_owned());
        openapi.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(http));
    }
}

fn described() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(account::routes())
        .merge(developers::routes())
        .merge(partners::routes())
        .merge(applications::routes())
        .merge(credentials::routes())
        .merge(tokens::routes())
        .merge(audit::routes())
        .merge(mails::routes())
}

/// All routes of the API.
pub(crate) fn router(state: State) -> Router {
    described().split_for_parts().0.with_state(state)
}

/// The OpenAPI 3.1 document of the API, as JSON.
pub fn openapi_json() -> String {
    described().into_openapi().to_pretty_json().unwrap_or_default()
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
