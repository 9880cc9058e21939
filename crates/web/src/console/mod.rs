//! Pages of administrators. What they share with developers is in the folder of the noun.

mod api;
mod api_version;
mod approvals;
mod audit;
mod audit_csv;
mod auth_bridges;
mod auth_strategies;
mod developers;
mod gateways;
mod mails;
mod overview;
mod plans;
mod requests;
mod specification;
mod token_form;
mod tokens;

use super::Pages;

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
    tokens::routes(pages)
}
