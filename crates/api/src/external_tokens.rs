//! `/api/v1/external-tokens` and `/api/v1/token-requests`: tokens that a third party makes, and how developers ask for
//! them.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{ApiVersionId, ExternalTokenId, FormField, TokenRequestId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Create, Json, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(reveal))
        .routes(routes!(renew))
        .routes(routes!(revoke))
        .routes(routes!(list_requests, create_request))
        .routes(routes!(get_request))
        .routes(routes!(get_form, put_form))
}

words! {
    /// What was asked of the third party about a token; nothing changes until it answers.
    ExternalTokenState = domain::TokenState {
        "active" = Active,
        "renew_requested" = RenewRequested,
        "revoke_requested" = RevokeRequested,
    }
}

/// A token that a third party made for a developer, without what it is made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExternalToken {
    id: Uuid,
    developer_id: Uuid,
    /// For which application, in the third party's words.
    application_name: String,
    /// What kind of token, in the third party's words.
    kind: String,
    state: ExternalTokenState,
    /// Whether the developer had a token for this application before: perhaps the third party sent it twice.
    maybe_duplicate: bool,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::ExternalToken> for ExternalToken {
    fn from(token: domain::ExternalToken) -> Self {
        Self {
            id: token.id.0,
            developer_id: token.developer_id.0,
            application_name: token.application_name,
            kind: token.kind,
            state: token.state.into(),
            maybe_duplicate: token.maybe_duplicate,
            created_at: token.meta.created_at.into(),
            updated_at: token.meta.updated_at.into(),
        }
    }
}

/// A key and a value, as they were given.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Property {
    #[schema(example = "applicationName")]
    key: String,
    #[schema(example = "Weather App")]
    value: String,
}

/// A token with what it is made of, in the third party's order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevealedToken {
    #[serde(flatten)]
    token: ExternalToken,
    properties: Vec<Property>,
}

fn property(property: domain::Property) -> Property {
    Property { key: property.key, value: property.value }
}

/// A developer's request for a token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenRequest {
    id: Uuid,
    developer_id: Uuid,
    api_version_id: Uuid,
    application_name: String,
    /// What was filled in.
    values: Vec<Property>,
    /// The token that answered it.
    token_id: Option<Uuid>,
    created_at: Time,
}

impl From<domain::TokenRequest> for TokenRequest {
    fn from(request: domain::TokenRequest) -> Self {
        Self {
            id: request.id.0,
            developer_id: request.developer_id.0,
            api_version_id: request.api_version_id.0,
            application_name: request.application_name,
            values: request.values.into_iter().map(property).collect(),
            token_id: request.token_id.map(|id| id.0),
            created_at: request.meta.created_at.into(),
        }
    }
}

/// A token that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTokenRequest {
    #[schema(value_type = Uuid)]
    api_version_id: ApiVersionId,
    /// What is filled in, by the keys of the version's form.
    values: Vec<Property>,
}

/// What has to be filled in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenForm {
    /// In their order. `applicationName` is asked in any case.
    #[schema(max_items = 30)]
    fields: Vec<TokenFormField>,
}

/// Something to be filled in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenFormField {
    /// What it is called in the mail and in answers.
    #[schema(max_length = 256, example = "applicationName")]
    key: String,
    /// What stands beside it in the form.
    #[schema(max_length = 256, example = "Application")]
    label: String,
    #[serde(default)]
    required: bool,
}

fn form(fields: Vec<FormField>) -> TokenForm {
    let field =
        |field: FormField| TokenFormField { key: field.key, label: field.label, required: field.required };
    TokenForm { fields: fields.into_iter().map(field).collect() }
}

/// List external tokens
///
/// One's own; all of them for administrators.
#[utoipa::path(get, path = "/api/v1/external-tokens", tag = "External tokens", params(PageQuery),
    responses((status = 200, description = "A page of tokens", body = List<ExternalToken>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<ExternalToken>>, Problem> {
    let paging = Paging::read(app.keys(), "external-tokens", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.external_tokens(&caller, paging.request()).await?))
}

/// Get an external token
#[utoipa::path(get, path = "/api/v1/external-tokens/{id}", tag = "External tokens", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token", body = ExternalToken), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ExternalTokenId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ExternalToken>(app.external_token(&caller, id).await?))
}

/// Show what an external token is made of
///
/// Only the developer whose it is. Each look is noted in the audit log.
#[utoipa::path(post, path = "/api/v1/external-tokens/{id}/reveal", tag = "External tokens",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token and its properties", body = RevealedToken), Problems))]
async fn reveal(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ExternalTokenId>,
) -> Result<Response, Problem> {
    let (token, properties) = app.reveal_external_token(&caller, id).await?;
    let properties = properties.into_iter().map(property).collect();
    Ok(reply::one_with(token, |token| RevealedToken { token: token.into(), properties }))
}

/// Ask for a token to be renewed
///
/// The third party is asked by mail, once; the token stays as it is until it answers.
#[utoipa::path(post, path = "/api/v1/external-tokens/{id}/renew", tag = "External tokens",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token as it is now", body = ExternalToken), Problems))]
async fn renew(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ExternalTokenId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ExternalToken>(app.ask_to_renew_token(&caller, id).await?))
}

/// Ask for a token to be ended
///
/// The third party is asked by mail, once; the token stays as it is until it answers.
#[utoipa::path(post, path = "/api/v1/external-tokens/{id}/revoke", tag = "External tokens",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The token as it is now", body = ExternalToken), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ExternalTokenId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, ExternalToken>(app.ask_to_revoke_token(&caller, id).await?))
}

/// List requests for tokens
///
/// One's own; all of them for administrators.
#[utoipa::path(get, path = "/api/v1/token-requests", tag = "External tokens", params(PageQuery),
    responses((status = 200, description = "A page of requests", body = List<TokenRequest>), Problems))]
async fn list_requests(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<TokenRequest>>, Problem> {
    let paging = Paging::read(app.keys(), "token-requests", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.token_requests(&caller, paging.request()).await?))
}

/// Ask for a token
///
/// Developers only. Everybody in the group `API Consumption Approvers` gets a mail with all that was filled in.
#[utoipa::path(post, path = "/api/v1/token-requests", tag = "External tokens", request_body = NewTokenRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new request", body = TokenRequest), Problems))]
async fn create_request(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewTokenRequest>,
) -> Result<Response, Problem> {
    let value = |value: Property| domain::Property { key: value.key, value: value.value };
    let values = body.values.into_iter().map(value).collect();
    let created = app.request_token(&caller, body.api_version_id, values).await?;
    Ok(reply::created("/api/v1/token-requests", created, |created| TokenRequest::from(created.value)))
}

/// Get a request for a token
#[utoipa::path(get, path = "/api/v1/token-requests/{id}", tag = "External tokens", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The request", body = TokenRequest), Problems))]
async fn get_request(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<TokenRequestId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, TokenRequest>(app.token_request(&caller, id).await?))
}

/// Get what has to be filled in to ask for a token
#[utoipa::path(get, path = "/api/v1/api-versions/{id}/token-form", tag = "External tokens",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The form", body = TokenForm), Problems))]
async fn get_form(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
) -> Result<Reply<TokenForm>, Problem> {
    Ok(Reply(form(app.token_form(&caller, id).await?)))
}

/// Set what has to be filled in to ask for a token
///
/// Administrators only.
#[utoipa::path(put, path = "/api/v1/api-versions/{id}/token-form", tag = "External tokens",
    request_body = TokenForm, params(("id" = Uuid, Path)),
    responses((status = 200, description = "The form as it is now", body = TokenForm), Problems))]
async fn put_form(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ApiVersionId>,
    Json(new): Json<TokenForm>,
) -> Result<Reply<TokenForm>, Problem> {
    let field =
        |field: TokenFormField| FormField { key: field.key, label: field.label, required: field.required };
    let fields = new.fields.into_iter().map(field).collect();
    Ok(Reply(form(app.set_token_form(&caller, id, fields).await?.fields)))
}
