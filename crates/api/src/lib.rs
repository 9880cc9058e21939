//! The own management API, `/api/v1`. The OpenAPI document is made from the handlers.

mod account;
mod administrator_invitations;
mod administrators;
mod api_clients;
mod api_versions;
mod apis;
pub mod applications;
mod approval_flows;
mod approval_policies;
mod approvals;
mod audit;
mod auth_strategies;
mod certificates;
mod client_settings;
mod clients;
mod consents;
pub mod credentials;
mod developers;
mod docs;
mod document;
mod documents;
mod event_types;
mod events;
mod external_tokens;
mod gateways;
mod groups;
mod identity_providers;
mod invitations;
mod linked_identities;
mod mails;
mod operation_scopes;
pub mod partners;
mod plans;
mod portal;
mod refused_calls;
mod reply;
mod requests;
mod routes;
mod scopes;
mod signing_keys;
mod specifications;
mod subscriptions;
mod token_definitions;
mod tokens;
mod usage;
mod webhook_deliveries;
mod webhook_endpoints;
mod wire;

use axum::Router;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use edge::RouteInfo;
use edge::state::State;

fn described() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .merge(account::routes())
        .merge(consents::routes())
        .merge(administrators::routes())
        .merge(administrator_invitations::routes())
        .merge(developers::routes())
        .merge(partners::routes())
        .merge(applications::routes())
        .merge(invitations::routes())
        .merge(credentials::routes())
        .merge(certificates::routes())
        .merge(clients::routes())
        .merge(api_clients::routes())
        .merge(scopes::routes())
        .merge(token_definitions::routes())
        .merge(signing_keys::routes())
        .merge(tokens::routes())
        .merge(usage::routes())
        .merge(refused_calls::routes())
        .merge(audit::routes())
        .merge(mails::routes())
        .merge(docs::routes())
        .merge(auth_strategies::routes())
        .merge(plans::routes())
        .merge(apis::routes())
        .merge(api_versions::routes())
        .merge(specifications::routes())
        .merge(documents::routes())
        .merge(subscriptions::routes())
        .merge(portal::routes())
        .merge(identity_providers::routes())
        .merge(linked_identities::routes())
        .merge(webhook_endpoints::routes())
        .merge(webhook_deliveries::routes())
        .merge(events::routes())
        .merge(event_types::routes())
        .merge(gateways::routes())
        .merge(groups::routes())
        .merge(external_tokens::routes())
        .merge(requests::routes())
        .merge(approvals::routes())
        .merge(approval_flows::routes())
        .merge(approval_policies::routes())
}

/// All routes of the API.
pub fn router(state: State) -> Router {
    described().split_for_parts().0.with_state(state)
}

/// The OpenAPI 3.1 document of the API, as JSON.
pub fn openapi_json() -> String {
    document::complete(described().into_openapi()).to_pretty_json().unwrap_or_default()
}

/// What all routes of the API do.
pub fn routes() -> Vec<RouteInfo> {
    let document = serde_json::to_value(described().into_openapi()).unwrap_or_default();
    let paths = document.get("paths").and_then(|paths| paths.as_object());
    paths
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
        .collect()
}
