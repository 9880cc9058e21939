//! `/api/v1/oauth/scopes`: what tokens open, as words that programs agree on.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{OAuthScopeDraft, OAuthScopeId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given, words};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

words! {
    /// Whom a scope is granted to: every client that may ask for it; people who hold a role; clients that act for
    /// themselves, one at a time; people, about who they are.
    ScopeKind = domain::ScopeKind {
        "plain" = Plain,
        "role" = Role,
        "system" = System,
        "openid" = Openid,
    }
}

/// A fact about a person that a scope opens, and where it is found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeClaim {
    /// Its name, such as `email`.
    #[schema(min_length = 1, max_length = 64)]
    claim: String,
    /// Whether it is in ID tokens.
    #[serde(default)]
    id_token: bool,
    /// Whether it is in access tokens that are JWTs.
    #[serde(default)]
    access_token: bool,
    /// Whether the userinfo endpoint tells it.
    #[serde(default)]
    userinfo: bool,
}

impl From<domain::ScopeClaim> for ScopeClaim {
    fn from(it: domain::ScopeClaim) -> Self {
        let domain::ScopeClaim { claim, id_token, access_token, userinfo } = it;
        Self { claim, id_token, access_token, userinfo }
    }
}

impl From<ScopeClaim> for domain::ScopeClaim {
    fn from(it: ScopeClaim) -> Self {
        let ScopeClaim { claim, id_token, access_token, userinfo } = it;
        Self { claim, id_token, access_token, userinfo }
    }
}

/// A scope that clients may ask for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OAuthScope {
    id: Uuid,
    name: String,
    kind: ScopeKind,
    /// For role scopes: the role that a person must hold.
    role: Option<String>,
    /// What people are told when they are asked for it.
    description: String,
    claims: Vec<ScopeClaim>,
    created_at: Time,
    updated_at: Time,
}

impl From<domain::OAuthScope> for OAuthScope {
    fn from(scope: domain::OAuthScope) -> Self {
        Self {
            id: scope.id.0,
            name: scope.name,
            kind: scope.kind.into(),
            role: scope.role,
            description: scope.description.as_str().to_owned(),
            claims: scope.claims.into_iter().map(ScopeClaim::from).collect(),
            created_at: scope.meta.created_at.into(),
            updated_at: scope.meta.updated_at.into(),
        }
    }
}

/// A scope to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOAuthScope {
    /// Unique, capitals and all.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    kind: ScopeKind,
    /// Only for role scopes; left out: as the scope is called.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 64)]
    role: Option<String>,
    #[serde(default)]
    #[schema(max_length = 4000)]
    description: String,
    #[serde(default)]
    #[schema(max_items = 50)]
    claims: Vec<ScopeClaim>,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthScopeChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    kind: Option<ScopeKind>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(min_length = 1, max_length = 64)]
    role: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_length = 4000)]
    description: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, max_items = 50)]
    claims: Option<Vec<ScopeClaim>>,
}

impl OAuthScopeChange {
    fn apply(self, draft: &mut OAuthScopeDraft) {
        set_if_given(&mut draft.kind, self.kind.map(domain::ScopeKind::from));
        set_if_given(&mut draft.role, self.role);
        set_if_given(&mut draft.description, self.description);
        let claims = self.claims.map(|claims| claims.into_iter().map(domain::ScopeClaim::from).collect());
        set_if_given(&mut draft.claims, claims);
    }
}

/// List scopes
#[utoipa::path(get, path = "/api/v1/oauth/scopes", tag = "OAuth scopes", params(PageQuery),
    responses((status = 200, description = "A page of scopes", body = List<OAuthScope>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<OAuthScope>>, Problem> {
    let paging = Paging::read(app.keys(), "oauth-scopes", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.oauth_scopes(&caller, paging.request()).await?))
}

/// Create a scope
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/oauth/scopes", tag = "OAuth scopes", request_body = NewOAuthScope,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new scope", body = OAuthScope), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, body }: Create<NewOAuthScope>,
) -> Result<Response, Problem> {
    let draft = OAuthScopeDraft {
        name: body.name,
        kind: body.kind.into(),
        role: body.role,
        description: body.description,
        claims: body.claims.into_iter().map(domain::ScopeClaim::from).collect(),
    };
    let created = app.create_oauth_scope(&caller, draft).await?;
    Ok(reply::created("/api/v1/oauth/scopes", created, |created| OAuthScope::from(created.value)))
}

/// Get a scope
#[utoipa::path(get, path = "/api/v1/oauth/scopes/{id}", tag = "OAuth scopes", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The scope", body = OAuthScope), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<OAuthScopeId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, OAuthScope>(app.oauth_scope(&caller, id).await?))
}

/// Change a scope
///
/// Administrators only. The word itself stays: clients and tokens hold it.
#[utoipa::path(patch, path = "/api/v1/oauth/scopes/{id}", tag = "OAuth scopes", request_body = OAuthScopeChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The scope as it is now", body = OAuthScope), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<OAuthScopeId>,
    IfMatch(version): IfMatch,
    Json(change): Json<OAuthScopeChange>,
) -> Result<Response, Problem> {
    let scope = app.update_oauth_scope(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(reply::one::<_, OAuthScope>(scope))
}

/// Delete a scope
///
/// Administrators only. Those that are built in stay, and so do those that clients list.
#[utoipa::path(delete, path = "/api/v1/oauth/scopes/{id}", tag = "OAuth scopes",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<OAuthScopeId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_oauth_scope(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
