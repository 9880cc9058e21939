//! `/api/v1/auth-strategies`: how applications of an API authenticate, as named settings.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{AuthStrategyDraft, AuthStrategyId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, present, set_if_given};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(make_default))
}

/// Which kind of credential, and where it is found in a call.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AuthMethod {
    /// API keys.
    KeyAuth {
        /// Where the key is looked for; a call that carries more than one is refused.
        #[schema(min_items = 1, max_items = 5)]
        locations: Vec<KeyLocation>,
    },
    /// Tokens of OAuth clients that are made with the applications.
    ClientCredentials {
        /// How tokens are got or shown, in the words of whoever evaluates them.
        #[serde(default)]
        #[schema(max_items = 50, example = json!(["client_credentials", "bearer"]))]
        auth_methods: Vec<String>,
        /// The scopes that applications may choose from.
        #[serde(default)]
        #[schema(max_items = 50)]
        scopes: Vec<String>,
    },
    /// Tokens of OAuth clients that developers have made elsewhere: an application's reference is the client's id.
    SelfManagedClientCredentials {
        /// How tokens are got or shown, in the words of whoever evaluates them.
        #[serde(default)]
        #[schema(max_items = 50)]
        auth_methods: Vec<String>,
        /// Who makes the tokens.
        #[schema(max_length = 256, example = "https://issuer.example.com")]
        issuer: String,
    },
    /// Tokens of OAuth clients that another authorization server makes with the applications, asked by way of an HTTP
    /// bridge.
    BridgedClientCredentials {
        /// How tokens are got or shown, in the words of whoever evaluates them; those that are grant types are asked for.
        #[serde(default)]
        #[schema(max_items = 50, example = json!(["client_credentials", "bearer"]))]
        auth_methods: Vec<String>,
        /// The scopes that each client is to get.
        #[serde(default)]
        #[schema(max_items = 50)]
        scopes: Vec<String>,
        /// Who makes the tokens.
        #[schema(max_length = 256, example = "https://issuer.example.com")]
        issuer: String,
        /// Where the bridge is; paths are appended to it.
        #[schema(max_length = 2048, example = "https://bridge.example.com/dcr")]
        bridge_url: String,
        /// What is sent to the bridge as `X-API-KEY`. Never shown again; left out of a change, it stays, but a bridge at
        /// another address needs it anew.
        #[serde(default, skip_serializing)]
        #[schema(min_length = 12, max_length = 256, write_only)]
        api_key: Option<String>,
        /// Whether the bridge is told what becomes of the applications.
        #[serde(default = "yes")]
        event_hooks: bool,
    },
}

fn yes() -> bool {
    true
}

impl AuthMethod {
    /// What a bridge asks for, taken out of what was sent.
    fn take_api_key(&mut self) -> Option<String> {
        match self {
            Self::BridgedClientCredentials { api_key, .. } => api_key.take(),
            Self::KeyAuth { .. }
            | Self::ClientCredentials { .. }
            | Self::SelfManagedClientCredentials { .. } => None,
        }
    }
}

/// A place in a call where an API key may be.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyLocation {
    /// A header of this name. `authorization` means `Authorization: Bearer <key>`.
    Header(String),
    /// A query parameter of this name.
    Query(String),
}

impl From<domain::AuthMethod> for AuthMethod {
    fn from(method: domain::AuthMethod) -> Self {
        match method {
            domain::AuthMethod::KeyAuth { locations } => {
                Self::KeyAuth { locations: locations.into_iter().map(KeyLocation::from).collect() }
            }
            domain::AuthMethod::ClientCredentials { auth_methods, scopes } => {
                Self::ClientCredentials { auth_methods, scopes }
            }
            domain::AuthMethod::SelfManagedClientCredentials { auth_methods, issuer } => {
                Self::SelfManagedClientCredentials { auth_methods, issuer }
            }
            domain::AuthMethod::BridgedClientCredentials {
                auth_methods,
                scopes,
                issuer,
                bridge_url,
                event_hooks,
            } => {
                let api_key = None;
                Self::BridgedClientCredentials {
                    auth_methods,
                    scopes,
                    issuer,
                    bridge_url,
                    api_key,
                    event_hooks,
                }
            }
        }
    }
}

impl From<AuthMethod> for domain::AuthMethod {
    fn from(method: AuthMethod) -> Self {
        match method {
            AuthMethod::KeyAuth { locations } => {
                Self::KeyAuth { locations: locations.into_iter().map(domain::KeyLocation::from).collect() }
            }
            AuthMethod::ClientCredentials { auth_methods, scopes } => {
                Self::ClientCredentials { auth_methods, scopes }
            }
            AuthMethod::SelfManagedClientCredentials { auth_methods, issuer } => {
                Self::SelfManagedClientCredentials { auth_methods, issuer }
            }
            AuthMethod::BridgedClientCredentials {
                auth_methods,
                scopes,
                issuer,
                bridge_url,
                event_hooks,
                ..
            } => Self::BridgedClientCredentials { auth_methods, scopes, issuer, bridge_url, event_hooks },
        }
    }
}

impl From<domain::KeyLocation> for KeyLocation {
    fn from(location: domain::KeyLocation) -> Self {
        match location {
            domain::KeyLocation::Header(name) => Self::Header(name),
            domain::KeyLocation::Query(name) => Self::Query(name),
        }
    }
}

impl From<KeyLocation> for domain::KeyLocation {
    fn from(location: KeyLocation) -> Self {
        match location {
            KeyLocation::Header(name) => Self::Header(name),
            KeyLocation::Query(name) => Self::Query(name),
        }
    }
}

/// A named way for applications to authenticate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthStrategy {
    id: Uuid,
    name: String,
    method: AuthMethod,
    /// Whether applications and API versions get it when they name none. Exactly one strategy has this.
    is_default: bool,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::AuthStrategy> for AuthStrategy {
    fn from(strategy: domain::AuthStrategy) -> Self {
        Self {
            id: strategy.id.0,
            name: strategy.name.to_string(),
            method: strategy.method.into(),
            is_default: strategy.is_default,
            created_at: strategy.meta.created_at.into(),
            updated_at: strategy.meta.updated_at.into(),
        }
    }
}

/// A strategy to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAuthStrategy {
    /// Unique over all strategies, look-alikes included.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    method: AuthMethod,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthStrategyChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// The whole method: calls of all its API versions are judged by it from now on.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    method: Option<AuthMethod>,
}

impl AuthStrategyChange {
    fn apply(self, draft: &mut AuthStrategyDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.method, self.method.map(domain::AuthMethod::from));
    }
}

/// List auth strategies
#[utoipa::path(get, path = "/api/v1/auth-strategies", tag = "Auth strategies", params(PageQuery),
    responses((status = 200, description = "A page of auth strategies", body = List<AuthStrategy>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<AuthStrategy>>, Problem> {
    let paging = Paging::read(app.keys(), "auth-strategies", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.auth_strategies(&caller, paging.request()).await?))
}

/// Create an auth strategy
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/auth-strategies", tag = "Auth strategies", request_body = NewAuthStrategy,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new auth strategy", body = AuthStrategy), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewAuthStrategy>,
) -> Result<Response, Problem> {
    let mut method = body.method;
    let key = method.take_api_key();
    let draft = AuthStrategyDraft { name: body.name, method: method.into(), bridge_key: None };
    let created = app.create_auth_strategy(&caller, draft, key.as_deref()).await?;
    Ok(reply::created("/api/v1/auth-strategies", created, |created| AuthStrategy::from(created.value)))
}

/// Get an auth strategy
#[utoipa::path(get, path = "/api/v1/auth-strategies/{id}", tag = "Auth strategies", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The auth strategy", body = AuthStrategy), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AuthStrategyId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, AuthStrategy>(app.auth_strategy(&caller, id).await?))
}

/// Change an auth strategy
///
/// Administrators only.
#[utoipa::path(patch, path = "/api/v1/auth-strategies/{id}", tag = "Auth strategies",
    request_body = AuthStrategyChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The auth strategy as it is now", body = AuthStrategy), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AuthStrategyId>,
    IfMatch(version): IfMatch,
    Json(mut change): Json<AuthStrategyChange>,
) -> Result<Response, Problem> {
    let key = change.method.as_mut().and_then(AuthMethod::take_api_key);
    let edit = |draft: &mut AuthStrategyDraft| change.apply(draft);
    let strategy = app.update_auth_strategy(&caller, id, version, key.as_deref(), edit).await?;
    Ok(reply::one::<_, AuthStrategy>(strategy))
}

/// Delete an auth strategy
///
/// Administrators only. The default one stays, and so do those that applications or API versions use.
#[utoipa::path(delete, path = "/api/v1/auth-strategies/{id}", tag = "Auth strategies",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AuthStrategyId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_auth_strategy(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make an auth strategy the default
///
/// Administrators only. What has a strategy keeps it.
#[utoipa::path(post, path = "/api/v1/auth-strategies/{id}/make-default", tag = "Auth strategies",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The auth strategy as it is now", body = AuthStrategy), Problems))]
async fn make_default(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<AuthStrategyId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, AuthStrategy>(app.make_auth_strategy_default(&caller, id).await?))
}
