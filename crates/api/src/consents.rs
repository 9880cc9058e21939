//! `/api/v1/account/consents`: what somebody has allowed clients.

use std::sync::Arc;

use app::{App, ShownConsent};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::ConsentId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::Time;
use edge::extract::{Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(withdraw))
}

/// What somebody has allowed a client for good: they are not asked again for these scopes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Consent {
    id: Uuid,
    application_id: Uuid,
    /// What people call the application.
    application_name: String,
    /// What the client calls itself.
    client_id: String,
    /// To what.
    scopes: Vec<String>,
    created_at: Time,
    /// When it was last widened.
    updated_at: Time,
}

impl From<ShownConsent> for Consent {
    fn from(shown: ShownConsent) -> Self {
        let consent = shown.consent;
        Self {
            id: consent.id.0,
            application_id: consent.application_id.0,
            application_name: shown.application,
            client_id: shown.client_id,
            scopes: consent.scopes,
            created_at: consent.meta.created_at.into(),
            updated_at: consent.meta.updated_at.into(),
        }
    }
}

/// What you have allowed
///
/// The clients that may act for you, from the newest to the oldest. Developers only.
#[utoipa::path(get, path = "/api/v1/account/consents", tag = "Account", params(PageQuery),
    responses((status = 200, description = "A page of consents", body = List<Consent>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<Consent>>, Problem> {
    let paging = Paging::read(app.keys(), "consents", &query, query.cursor.as_deref(), query.limit)?;
    let page = app.consents(&caller, paging.request()).await?;
    Ok(paging.reply(page))
}

/// Withdraw what you have allowed
///
/// The client has to ask again, and every token that it has from you is worth nothing from now on.
#[utoipa::path(delete, path = "/api/v1/account/consents/{id}", tag = "Account", params(("id" = Uuid, Path)),
    responses((status = 204, description = "It is withdrawn"), Problems))]
async fn withdraw(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ConsentId>,
) -> Result<StatusCode, Problem> {
    app.withdraw_consent(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
