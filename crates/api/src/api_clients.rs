//! `/api/v1/api-clients`: an application and its client as one thing, in the words of AppDirect's dialog.

use std::sync::Arc;

use app::{App, ClientFilter, ClientRequest, Created};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::HeaderValue;
use axum::response::Response;
use domain::{ApplicationDraft, ClientDraft, ClientId, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::applications::Owner;
use super::client_settings::{ClientState, ClientType, GrantType};
use super::reply;
use super::routes::routes;
use super::wire::{Time, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update))
        .routes(routes!(regenerate))
        .routes(routes!(revoke))
}

const DAY_S: i64 = 86_400;
/// What is said once, with the secret.
const KEEP_IT: &str = "Copy the consumer secret now and keep it in a safe place. It cannot be shown again: if it is lost, regenerate it.";

/// An API client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiClient {
    id: Uuid,
    application_id: Uuid,
    name: String,
    client_type: ClientType,
    grant_types: Vec<GrantType>,
    redirect_urls: Vec<String>,
    /// Whether the scope `openid` is allowed: who signs in is told to the client by an ID token.
    id_token: bool,
    /// Whether the scopes `profile` and `email` are allowed.
    basic_user_information: bool,
    /// Every other scope that is allowed: roles of users, or the one system scope.
    scopes: Vec<String>,
    persistent_sso: bool,
    /// Whether the client must name the scopes that it asks for.
    require_requested_scopes: bool,
    allowed_ip_addresses: Vec<String>,
    /// Null: 30 days.
    refresh_token_lifetime_days: Option<i64>,
    /// The client id.
    consumer_key: String,
    /// A placeholder: the secret is shown once, when it is made.
    consumer_secret: &'static str,
    status: ClientState,
    created_at: Time,
    updated_at: Time,
}

/// An API client whose secret was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiClientWithSecret {
    id: Uuid,
    name: String,
    /// The client id.
    consumer_key: String,
    /// The client secret; null if the client keeps none.
    consumer_secret: Option<String>,
    /// What to do with it.
    message: Option<&'static str>,
}

impl From<app::ApiClient> for ApiClient {
    fn from(app::ApiClient { client, application }: app::ApiClient) -> Self {
        let has = |name: &str| client.scopes.iter().any(|scope| scope == name);
        let others = client.scopes.iter().filter(|name| !OPENID.contains(&name.as_str()));
        let keeps_secret = client.confidential;
        Self {
            id: client.id.0,
            application_id: application.id.0,
            name: application.name.to_string(),
            client_type: client.client_type.into(),
            grant_types: client.grant_types.iter().copied().map(GrantType::from).collect(),
            redirect_urls: client.redirect_uris.clone(),
            id_token: has("openid"),
            basic_user_information: has("profile") && has("email"),
            scopes: others.cloned().collect(),
            persistent_sso: client.persistent_sso,
            require_requested_scopes: client.requested_scopes_required,
            allowed_ip_addresses: client.draft().allowed_ips,
            refresh_token_lifetime_days: client.refresh_token_lifetime_s.map(|seconds| seconds / DAY_S),
            consumer_key: client.client_id.clone(),
            consumer_secret: if keeps_secret { "••••••••" } else { "" },
            status: client.state.into(),
            created_at: client.meta.created_at.into(),
            updated_at: client.meta.updated_at.into(),
        }
    }
}

/// The scopes that are ticked by words of their own.
const OPENID: [&str; 3] = ["openid", "profile", "email"];

/// Which API clients.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiClientList {
    /// In this state.
    #[param(inline)]
    status: Option<ClientState>,
    /// With this client id.
    consumer_key: Option<String>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// An API client to be made, with its application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiClient {
    /// Unique among the live clients of the owner.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    client_type: ClientType,
    /// Left out: what the type has.
    #[serde(default)]
    grant_types: Option<Vec<GrantType>>,
    #[serde(default)]
    #[schema(max_items = 50)]
    redirect_urls: Vec<String>,
    /// Allows the scope `openid`.
    #[serde(default)]
    id_token: bool,
    /// Allows the scopes `profile` and `email`.
    #[serde(default)]
    basic_user_information: bool,
    /// Roles of users, or one system scope.
    #[serde(default)]
    #[schema(max_items = 50)]
    scopes: Vec<String>,
    /// Only with `id_token`.
    #[serde(default)]
    persistent_sso: bool,
    /// Always on: new clients name the scopes they ask for.
    #[serde(default = "yes")]
    #[schema(default = true)]
    require_requested_scopes: bool,
    /// Addresses and networks; empty: from everywhere.
    #[serde(default)]
    #[schema(max_items = 100)]
    allowed_ip_addresses: Vec<String>,
    /// Only with the grant type `refresh_token`: 1 to 365 days; left out: 30 days.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 365)]
    refresh_token_lifetime_days: Option<i64>,
    /// Whose application it is; left out: the developer's who calls.
    #[serde(default)]
    owner: Option<Owner>,
}

fn yes() -> bool {
    true
}

/// What is to change; what is left out stays. Key and secret cannot be changed here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiClientChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    grant_types: Option<Vec<GrantType>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 50)]
    redirect_urls: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    id_token: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    basic_user_information: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 50)]
    scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    persistent_sso: Option<bool>,
    /// Can be turned on, and not off again.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    require_requested_scopes: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 100)]
    allowed_ip_addresses: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 1, maximum = 365)]
    refresh_token_lifetime_days: Option<i64>,
}

impl ApiClientChange {
    fn apply(self, application: &mut ApplicationDraft, draft: &mut ClientDraft) {
        set_if_given(&mut application.name, self.name);
        let grants = self.grant_types.map(|list| list.into_iter().map(domain::GrantType::from).collect());
        set_if_given(&mut draft.grant_types, grants);
        set_if_given(&mut draft.redirect_uris, self.redirect_urls);
        if let Some(others) = self.scopes {
            draft.scopes.retain(|name| OPENID.contains(&name.as_str()));
            draft.scopes.extend(others);
        }
        tick(&mut draft.scopes, &OPENID[..1], self.id_token);
        tick(&mut draft.scopes, &OPENID[1..], self.basic_user_information);
        set_if_given(&mut draft.persistent_sso, self.persistent_sso);
        set_if_given(&mut draft.requested_scopes_required, self.require_requested_scopes);
        set_if_given(&mut draft.allowed_ips, self.allowed_ip_addresses);
        let lifetime = self.refresh_token_lifetime_days.map(|days| days.saturating_mul(DAY_S));
        set_if_given(&mut draft.refresh_token_lifetime_s, lifetime.map(Some));
    }
}

/// Puts scopes in or takes them out.
fn tick(scopes: &mut Vec<String>, names: &[&str], ticked: Option<bool>) {
    let Some(ticked) = ticked else { return };
    scopes.retain(|scope| !names.contains(&scope.as_str()));
    if ticked {
        scopes.extend(names.iter().map(|name| (*name).to_owned()));
    }
}

/// List API clients
///
/// All of them for administrators; for developers those of applications that they may see.
#[utoipa::path(get, path = "/api/v1/api-clients", tag = "API clients", params(ApiClientList),
    responses((status = 200, description = "A page of API clients", body = List<ApiClient>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<ApiClientList>,
) -> Result<Reply<List<ApiClient>>, Problem> {
    let paging = Paging::read(app.keys(), "api-clients", &query, query.cursor.as_deref(), query.limit)?;
    let filter = ClientFilter {
        state: query.status.map(domain::ClientState::from),
        client_id: query.consumer_key.clone(),
        ..ClientFilter::default()
    };
    Ok(paging.reply(app.api_clients(&caller, filter, paging.request()).await?))
}

/// Create an API client
///
/// With its application. The answer holds the consumer secret. It is never shown again.
#[utoipa::path(post, path = "/api/v1/api-clients", tag = "API clients", request_body = NewApiClient,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same secret again")),
    responses((status = 201, description = "The new API client with its secret", body = ApiClientWithSecret), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewApiClient>,
) -> Result<Response, Problem> {
    let mut request = ClientRequest::of_api_client(body.client_type.into());
    if body.client_type == ClientType::Custom {
        let message = "must be web, single_page, native or non_interactive: other clients are made with their application";
        return Err(Invalid::field("client_type", "invalid", message).into());
    }
    let draft = &mut request.draft;
    let mut application = ApplicationDraft { name: body.name, ..ApplicationDraft::default() };
    let settings = ApiClientChange {
        name: None,
        grant_types: body.grant_types,
        redirect_urls: Some(body.redirect_urls),
        id_token: Some(body.id_token),
        basic_user_information: Some(body.basic_user_information),
        scopes: Some(body.scopes),
        persistent_sso: Some(body.persistent_sso),
        require_requested_scopes: Some(body.require_requested_scopes),
        allowed_ip_addresses: Some(body.allowed_ip_addresses),
        refresh_token_lifetime_days: body.refresh_token_lifetime_days,
    };
    settings.apply(&mut application, draft);
    let owner = body.owner.map(domain::Owner::try_from).transpose()?;
    let created =
        app.create_api_client(&caller, application, owner, request).await.map_err(in_their_words)?;
    Ok(told(created))
}

/// Get an API client
///
/// Without its secret.
#[utoipa::path(get, path = "/api/v1/api-clients/{id}", tag = "API clients", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The API client", body = ApiClient), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ClientId>,
) -> Result<Response, Problem> {
    Ok(one(app.api_client(&caller, id).await?))
}

/// Change an API client
#[utoipa::path(patch, path = "/api/v1/api-clients/{id}", tag = "API clients", request_body = ApiClientChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The API client as it is now", body = ApiClient), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ClientId>,
    IfMatch(version): IfMatch,
    Json(change): Json<ApiClientChange>,
) -> Result<Response, Problem> {
    let edit = |application: &mut ApplicationDraft, draft: &mut ClientDraft| change.apply(application, draft);
    let whole = app.update_api_client(&caller, id, version, edit).await.map_err(in_their_words)?;
    Ok(one(whole))
}

/// Regenerate a consumer secret
///
/// The consumer key stays. The old secret ends at once; tokens live on.
#[utoipa::path(post, path = "/api/v1/api-clients/{id}/regenerate-secret", tag = "API clients",
    params(("id" = Uuid, Path)),
    responses((status = 201, description = "The API client with its new secret", body = ApiClientWithSecret), Problems))]
async fn regenerate(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ClientId>,
) -> Result<Response, Problem> {
    Ok(told(app.regenerate_api_client_secret(&caller, id).await?))
}

/// Revoke access of an API client
///
/// For good: its secret and its tokens are worth nothing from now on, and it cannot be switched on again. Its name may
/// be used for a new client.
#[utoipa::path(post, path = "/api/v1/api-clients/{id}/revoke-access", tag = "API clients",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The API client as it is now", body = ApiClient), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<ClientId>,
) -> Result<Response, Problem> {
    Ok(one(app.revoke_api_client(&caller, id).await?))
}

fn one(whole: app::ApiClient) -> Response {
    let tag = reply::etag(&whole.client);
    reply::tagged(tag, &ApiClient::from(whole))
}

/// 201 with the secret, once.
fn told(created: Created<app::ApiClient>) -> Response {
    let Created { value, secret, replayed } = created;
    let place = format!("/api/v1/api-clients/{}", value.client.id);
    let secret = secret.map(|secret| secret.expose().to_owned());
    let body = ApiClientWithSecret {
        id: value.client.id.0,
        name: value.application.name.to_string(),
        consumer_key: value.client.client_id.clone(),
        message: secret.as_ref().map(|_| KEEP_IT),
        consumer_secret: secret,
    };
    let place = HeaderValue::from_str(&place).ok();
    reply::made(reply::etag(&value.client), place, replayed, &body)
}

/// Names the fields as they are called here.
fn in_their_words(error: app::Error) -> Problem {
    let app::Error::Invalid(invalid) = error else { return error.into() };
    let names = [
        ("redirect_uris", "redirect_urls"),
        ("requested_scopes_required", "require_requested_scopes"),
        ("allowed_ips", "allowed_ip_addresses"),
        ("refresh_token_lifetime_s", "refresh_token_lifetime_days"),
    ];
    let mut problem = Problem::from(invalid);
    for parameter in &mut problem.invalid_parameters {
        for (ours, theirs) in names {
            if let Some(rest) = parameter.field.strip_prefix(ours) {
                parameter.field = format!("{theirs}{rest}");
                break;
            }
        }
        problem.detail = problem.detail.replace("refresh_token_lifetime_s", "refresh_token_lifetime_days");
    }
    problem
}
