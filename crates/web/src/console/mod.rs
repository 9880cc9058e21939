//! Pages of administrators. What they share with developers is in the folder of the noun.

mod administrator_invitations;
mod administrators;
mod api;
mod api_clients;
mod api_version;
mod approvals;
mod audit;
mod audit_csv;
mod auth_bridges;
mod auth_strategies;
mod developers;
mod gateways;
mod identity_providers;
mod mails;
mod overview;
mod own_gateway;
mod plans;
mod requests;
mod scopes;
mod settings;
mod signing_keys;
mod specification;
mod token_definitions;
mod token_form;
mod tokens;
mod webhooks;

use super::Pages;

pub(super) use api_version::below as below_version;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = overview::routes(pages);
    let pages = approvals::routes(pages);
    let pages = developers::routes(pages);
    let pages = api::routes(pages);
    let pages = api_version::routes(pages);
    let pages = specification::routes(pages);
    let pages = token_form::routes(pages);
    let pages = plans::routes(pages);
    let pages = requests::routes(pages);
    let pages = auth_strategies::routes(pages);
    let pages = auth_bridges::routes(pages);
    let pages = gateways::routes(pages);
    let pages = audit::routes(pages);
    let pages = audit_csv::routes(pages);
    let pages = mails::routes(pages);
    let pages = api_clients::routes(pages);
    let pages = scopes::routes(pages);
    let pages = token_definitions::routes(pages);
    let pages = signing_keys::routes(pages);
    let pages = webhooks::routes(pages);
    let pages = settings::routes(pages);
    let pages = identity_providers::routes(pages);
    let pages = administrators::routes(pages);
    let pages = administrator_invitations::routes(pages);
    let pages = own_gateway::routes(pages);
    tokens::routes(pages)
}
