//! `/api/v1/tokens`: administrators' API tokens, with which tools call this API.

use std::sync::Arc;

use app::{App, Created};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{ApiTokenId, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::Time;
use edge::extract::{Create, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get)).routes(routes!(revoke))
}

/// A token with which an administrator's tool calls this API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiToken {
    id: Uuid,
    name: String,
    /// How the secret begins.
    prefix: String,
    /// How the secret ends.
    last4: String,
    /// What it opens: `RESOURCE:read` or `RESOURCE:write`, which includes reading; `*` stands for every resource.
    #[schema(example = json!(["partners:read", "applications:write"]))]
    scopes: Vec<String>,
    /// From when on it is worth nothing.
    expires_at: Option<Time>,
    /// When it was ended for good.
    revoked_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::ApiToken> for ApiToken {
    fn from(token: domain::ApiToken) -> Self {
        Self {
            id: token.id.0,
            name: token.name.to_string(),
            prefix: token.hint.prefix,
            last4: token.hint.last4,
            scopes: token.scopes.iter().map(ToString::to_string).collect(),
            expires_at: token.expires_at.map(Time),
            revoked_at: token.revoked_at.map(Time),
            created_at: token.meta.created_at.into(),
            updated_at: token.meta.updated_at.into(),
        }
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiToken {
    #[serde(flatten)]
    shown: ApiToken,
    /// The secret: send it as `Authorization: Bearer …`. It is shown now and never again.
    #[schema(example = "kw_pat_…")]
    token: String,
}

impl From<Created<domain::ApiToken>> for NewApiToken {
    fn from(created: Created<domain::ApiToken>) -> Self {
        let token = created.secret.as_ref().map(Secret::expose).unwrap_or_default().to_owned();
        Self { shown: created.value.into(), token }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiTokenDraft {
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// What it is to open; nothing that the token which makes it does not open itself.
    #[schema(min_items = 1, max_items = 50, example = json!(["partners:read", "applications:write"]))]
    scopes: Vec<String>,
    /// From when on it is to be worth nothing; never if left out.
    #[serde(default)]
    expires_at: Option<Time>,
}

/// List API tokens
///
/// Ended ones included, from the newest to the oldest. No secrets.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "Tokens", params(PageQuery),
    responses((status = 200, description = "A page of tokens", body = List<ApiToken>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<ApiToken>>, Problem> {
    let paging = Paging::read(app.keys(), "tokens", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.api_tokens(&caller, paging.request()).await?))
}

/// Create an API token
///
/// The answer holds the secret, which is never shown again.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "Tokens", request_body = ApiTokenDraft,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new token, with its secret", body = NewApiToken), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<ApiTokenDraft>,
) -> Result<Response, Problem> {
    let expires_at = body.expires_at.map(|time| time.0);
    let created = app.create_api_token(&caller, &body.name, &body.scopes, expires_at).await?;
    Ok(reply::created("/api/v1/tokens", created, NewApiToken::from))
}

/// Get an API token
#[utoipa::path(get, path = "/api/v1/tokens/{id}", tag = "Tokens", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token, without its secret", body = ApiToken), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiTokenId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApiToken>(app.api_token(&caller, id).await?))
}

/// Revoke an API token
///
/// It opens nothing from the next request on, and never again.
#[utoipa::path(post, path = "/api/v1/tokens/{id}/revoke", tag = "Tokens", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token as it is now", body = ApiToken), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiTokenId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ApiToken>(app.revoke_api_token(&caller, id).await?))
}
