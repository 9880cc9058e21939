//! `/api/v1/oauth/token-definitions`: how tokens are made, under names that clients refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{TokenDefinitionDraft, TokenDefinitionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::client_settings::SigningAlgorithm;
use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

/// How tokens are made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenDefinition {
    id: Uuid,
    name: String,
    /// Null: this server under its own address.
    issuer: Option<String>,
    /// For whom tokens are if the request names nobody; empty: the issuer.
    audience: Vec<String>,
    algorithm: SigningAlgorithm,
    /// Which keys sign. Each series has keys of its own.
    key_series: String,
    /// Claims that are added to access tokens, and what goes into them.
    claims: BTreeMap<String, String>,
    /// Whether it is the one for clients that name none.
    is_default: bool,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::TokenDefinition> for TokenDefinition {
    fn from(it: domain::TokenDefinition) -> Self {
        Self {
            id: it.id.0,
            name: it.name.to_string(),
            issuer: it.issuer,
            audience: it.audience,
            algorithm: it.algorithm.into(),
            key_series: it.key_series,
            claims: it.claims,
            is_default: it.is_default,
            created_at: it.meta.created_at.into(),
            updated_at: it.meta.updated_at.into(),
        }
    }
}

/// A token definition to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenDefinition {
    /// Unique over all definitions, look-alikes included.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// An https URL; left out or null: this server under its own address.
    #[serde(default)]
    #[schema(max_length = 500)]
    issuer: Option<String>,
    #[serde(default)]
    #[schema(max_items = 20)]
    audience: Vec<String>,
    algorithm: SigningAlgorithm,
    /// A new series gets keys of its own, which sign after 20 minutes.
    #[serde(default = "default_series")]
    #[schema(min_length = 1, max_length = 64, default = "default")]
    key_series: String,
    /// Claims for access tokens: each name with one of `client_id`, `application_id`, `application_name`, `partner_id`,
    /// `partner_name`, `partner_roles`.
    #[serde(default)]
    claims: BTreeMap<String, String>,
}

fn default_series() -> String {
    domain::DEFAULT_SERIES.to_owned()
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenDefinitionChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(max_length = 500)]
    issuer: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 20)]
    audience: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    algorithm: Option<SigningAlgorithm>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 64, nullable = false)]
    key_series: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    claims: Option<BTreeMap<String, String>>,
}

impl TokenDefinitionChange {
    fn apply(self, draft: &mut TokenDefinitionDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.issuer, self.issuer);
        set_if_given(&mut draft.audience, self.audience);
        set_if_given(&mut draft.algorithm, self.algorithm.map(domain::SigningAlgorithm::from));
        set_if_given(&mut draft.key_series, self.key_series);
        set_if_given(&mut draft.claims, self.claims);
    }
}

/// List token definitions
#[utoipa::path(get, path = "/api/v1/oauth/token-definitions", tag = "Token definitions", params(PageQuery),
    responses((status = 200, description = "A page of token definitions", body = List<TokenDefinition>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<TokenDefinition>>, Problem> {
    let paging = Paging::read(app.keys(), "token-definitions", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.token_definitions(&caller, paging.request()).await?))
}

/// Create a token definition
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/oauth/token-definitions", tag = "Token definitions", request_body = NewTokenDefinition,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new token definition", body = TokenDefinition), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewTokenDefinition>,
) -> Result<Response, Problem> {
    let draft = TokenDefinitionDraft {
        name: body.name,
        issuer: body.issuer,
        audience: body.audience,
        algorithm: body.algorithm.into(),
        key_series: body.key_series,
        claims: body.claims,
    };
    let created = app.create_token_definition(&caller, draft).await?;
    let place = "/api/v1/oauth/token-definitions";
    Ok(reply::created(place, created, |created| TokenDefinition::from(created.value)))
}

/// Get a token definition
#[utoipa::path(get, path = "/api/v1/oauth/token-definitions/{id}", tag = "Token definitions", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token definition", body = TokenDefinition), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<TokenDefinitionId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, TokenDefinition>(app.token_definition(&caller, id).await?))
}

/// Change a token definition
///
/// Administrators only. Tokens that are out stay as they are.
#[utoipa::path(patch, path = "/api/v1/oauth/token-definitions/{id}", tag = "Token definitions",
    request_body = TokenDefinitionChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The token definition as it is now", body = TokenDefinition), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<TokenDefinitionId>,
    IfMatch(version): IfMatch,
    Json(change): Json<TokenDefinitionChange>,
) -> Result<Response, Problem> {
    let definition = app.update_token_definition(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(reply::one::<_, TokenDefinition>(definition))
}

/// Delete a token definition
///
/// Administrators only. The default one stays, and so do those that clients refer to.
#[utoipa::path(delete, path = "/api/v1/oauth/token-definitions/{id}", tag = "Token definitions",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<TokenDefinitionId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_token_definition(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
