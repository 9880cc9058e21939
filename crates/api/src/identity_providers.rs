//! `/api/v1/identity-providers`: where people sign in elsewhere to be signed in here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use domain::{IdentityProviderDraft, IdentityProviderId};
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
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(check))
}

words! {
    /// How Keywright proves who it is at the provider's token endpoint.
    TokenAuth = domain::TokenAuth {
        "client_secret_basic" = ClientSecretBasic,
        "client_secret_post" = ClientSecretPost,
        "none" = None,
    }
}

words! {
    /// What a provider's word can make of somebody in the console.
    MappedRole = domain::MappedRole {
        "administrator" = Administrator,
        "approver" = Approver,
        "auditor" = Auditor,
    }
}

/// Which claims of a provider count, and for what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimRules {
    /// Only who has one of the values in each of these claims is let in.
    #[serde(default)]
    #[schema(example = json!({"groups": ["api-users"]}))]
    required: BTreeMap<String, BTreeSet<String>>,
    /// Holds what somebody is called.
    #[serde(default = "name_claim")]
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// Holds the mail address.
    #[serde(default = "email_claim")]
    #[schema(min_length = 1, max_length = 256)]
    email: String,
    /// Says, by `true` and nothing else, that the address was proven. Only such an address links anybody.
    #[serde(default = "email_verified_claim")]
    #[schema(min_length = 1, max_length = 256)]
    email_verified: String,
    /// Holds roles.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 256)]
    role: Option<String>,
    /// What its values make of somebody in the console. If there are any, who has none of them is not let in, and who has
    /// one gets it, at each sign-in.
    #[serde(default)]
    #[schema(example = json!({"desk-admins": "administrator"}))]
    roles: BTreeMap<String, MappedRole>,
}

fn name_claim() -> String {
    "name".to_owned()
}

fn email_claim() -> String {
    "email".to_owned()
}

fn email_verified_claim() -> String {
    "email_verified".to_owned()
}

impl From<domain::ClaimRules> for ClaimRules {
    fn from(rules: domain::ClaimRules) -> Self {
        Self {
            required: rules.required,
            name: rules.name,
            email: rules.email,
            email_verified: rules.email_verified,
            role: rules.role,
            roles: rules.roles.into_iter().map(|(value, role)| (value, role.into())).collect(),
        }
    }
}

impl From<ClaimRules> for domain::ClaimRules {
    fn from(rules: ClaimRules) -> Self {
        Self {
            required: rules.required,
            name: rules.name,
            email: rules.email,
            email_verified: rules.email_verified,
            role: rules.role,
            roles: rules.roles.into_iter().map(|(value, role)| (value, role.into())).collect(),
        }
    }
}

/// Somebody else's OpenID Connect server that is believed about who somebody is. Its secret is never shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentityProvider {
    id: Uuid,
    name: String,
    slug: String,
    issuer: String,
    client_id: String,
    token_auth: TokenAuth,
    /// What it is asked for.
    scopes: Vec<String>,
    /// Whether developers sign in with it.
    developers: bool,
    /// Whether administrators do.
    administrators: bool,
    /// Whether developers whom nobody knows yet get an account, under the rules of registration.
    makes_developers: bool,
    claims: ClaimRules,
    enabled: bool,
    /// What has to be registered there, exactly.
    #[schema(example = "https://desk.example.com/sign-in/with/corp/callback")]
    redirect_uri: String,
    created_at: Time,
    updated_at: Time,
}

impl IdentityProvider {
    fn of(app: &App, provider: domain::IdentityProvider) -> Self {
        Self {
            redirect_uri: app.redirect_uri(&provider),
            id: provider.id.0,
            name: provider.name.to_string(),
            slug: provider.slug,
            issuer: provider.issuer,
            client_id: provider.client_id,
            token_auth: provider.token_auth.into(),
            scopes: provider.scopes,
            developers: provider.developers,
            administrators: provider.administrators,
            makes_developers: provider.makes_developers,
            claims: provider.claims.into(),
            enabled: provider.enabled,
            created_at: provider.meta.created_at.into(),
            updated_at: provider.meta.updated_at.into(),
        }
    }
}

/// A provider to be set up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIdentityProvider {
    /// What people know it as: “Sign in with …”.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// The word for it in addresses. It stays.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$", example = "corp")]
    slug: String,
    /// Who it says it is, letter by letter. It stays.
    #[schema(max_length = 256, example = "https://login.example.com")]
    issuer: String,
    /// What it knows Keywright as.
    #[schema(min_length = 1, max_length = 256)]
    client_id: String,
    /// Needed unless `token_auth` is `none`. Never shown again.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 512, write_only)]
    client_secret: Option<String>,
    #[serde(default)]
    token_auth: Option<TokenAuth>,
    /// `openid`, `email` and `profile`, if left out.
    #[serde(default)]
    #[schema(max_items = 20)]
    scopes: Option<Vec<String>>,
    /// True, if left out.
    #[serde(default)]
    developers: Option<bool>,
    #[serde(default)]
    administrators: bool,
    #[serde(default)]
    makes_developers: bool,
    #[serde(default)]
    claims: Option<ClaimRules>,
    /// True, if left out.
    #[serde(default)]
    enabled: Option<bool>,
}

impl From<NewIdentityProvider> for IdentityProviderDraft {
    fn from(new: NewIdentityProvider) -> Self {
        let usual = Self::default();
        Self {
            name: new.name,
            slug: new.slug,
            issuer: new.issuer,
            client_id: new.client_id,
            token_auth: new.token_auth.map_or(usual.token_auth, domain::TokenAuth::from),
            client_secret: None,
            scopes: new.scopes.unwrap_or(usual.scopes),
            developers: new.developers.unwrap_or(usual.developers),
            administrators: new.administrators,
            makes_developers: new.makes_developers,
            claims: new.claims.map_or(usual.claims, domain::ClaimRules::from),
            enabled: new.enabled.unwrap_or(usual.enabled),
        }
    }
}

/// What is to change; what is left out stays. `slug` and `issuer` cannot be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityProviderChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    client_id: Option<String>,
    /// Left out or null, it stays as it is.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 512, write_only)]
    client_secret: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    token_auth: Option<TokenAuth>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 20, nullable = false)]
    scopes: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    developers: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    administrators: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    makes_developers: Option<bool>,
    /// All of them.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    claims: Option<ClaimRules>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

impl IdentityProviderChange {
    fn apply(self, draft: &mut IdentityProviderDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.client_id, self.client_id);
        set_if_given(&mut draft.token_auth, self.token_auth.map(domain::TokenAuth::from));
        set_if_given(&mut draft.scopes, self.scopes);
        set_if_given(&mut draft.developers, self.developers);
        set_if_given(&mut draft.administrators, self.administrators);
        set_if_given(&mut draft.makes_developers, self.makes_developers);
        set_if_given(&mut draft.claims, self.claims.map(domain::ClaimRules::from));
        set_if_given(&mut draft.enabled, self.enabled);
    }
}

/// What came of trying a provider out.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderReport {
    /// Whether people can be sent there.
    works: bool,
    /// What is wrong, if it does not work: a stable word.
    #[schema(example = "issuer")]
    code: Option<&'static str>,
    /// The same in a sentence.
    problem: Option<String>,
    /// Where it was asked first.
    discovery_url: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    /// Whether its answers say whose they are (RFC 9207).
    names_issuer: bool,
    /// How many of its keys can be used.
    keys: usize,
}

impl From<app::ProviderReport> for ProviderReport {
    fn from(report: app::ProviderReport) -> Self {
        let (code, problem) = report.problem.unzip();
        Self {
            works: code.is_none(),
            code,
            problem,
            discovery_url: report.discovery_url,
            authorization_endpoint: report.authorization_endpoint,
            token_endpoint: report.token_endpoint,
            userinfo_endpoint: report.userinfo_endpoint,
            names_issuer: report.names_issuer,
            keys: report.keys,
        }
    }
}

/// List identity providers
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/identity-providers", tag = "Identity providers", params(PageQuery),
    responses((status = 200, description = "A page of providers", body = List<IdentityProvider>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<IdentityProvider>>, Problem> {
    let paging =
        Paging::read(app.keys(), "identity-providers", &query, query.cursor.as_deref(), query.limit)?;
    let page = app.identity_providers(&caller, paging.request()).await?;
    Ok(paging.reply_with(page, |provider| IdentityProvider::of(&app, provider)))
}

/// Set an identity provider up
///
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/identity-providers", tag = "Identity providers",
    request_body = NewIdentityProvider,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The new provider", body = IdentityProvider), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, mut body }: Create<NewIdentityProvider>,
) -> Result<Response, Problem> {
    let secret = body.client_secret.take();
    let created = app.create_identity_provider(&caller, body.into(), secret.as_deref()).await?;
    let show = |created: app::Created<_>| IdentityProvider::of(&app, created.value);
    Ok(reply::created("/api/v1/identity-providers", created, show))
}

/// Get an identity provider
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/identity-providers/{id}", tag = "Identity providers",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The provider", body = IdentityProvider), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<IdentityProviderId>,
) -> Result<Response, Problem> {
    let provider = app.identity_provider(&caller, id).await?;
    Ok(reply::one_with(provider, |provider| IdentityProvider::of(&app, provider)))
}

/// Change an identity provider
///
/// Administrators only. Whom it is not for any more, and came from it, is signed out.
#[utoipa::path(patch, path = "/api/v1/identity-providers/{id}", tag = "Identity providers",
    request_body = IdentityProviderChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The provider as it is now", body = IdentityProvider), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<IdentityProviderId>,
    IfMatch(version): IfMatch,
    Json(mut change): Json<IdentityProviderChange>,
) -> Result<Response, Problem> {
    let secret = change.client_secret.take().flatten();
    let edit = |draft: &mut IdentityProviderDraft| change.apply(draft);
    let provider = app.update_identity_provider(&caller, id, version, secret.as_deref(), edit).await?;
    Ok(reply::one_with(provider, |provider| IdentityProvider::of(&app, provider)))
}

/// Delete an identity provider
///
/// Administrators only. Nobody is linked with anybody there any more, and who came from there is signed out.
#[utoipa::path(delete, path = "/api/v1/identity-providers/{id}", tag = "Identity providers",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<IdentityProviderId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_identity_provider(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try an identity provider out
///
/// Administrators only. Asks it what it says of itself, and for its keys. What is wrong with it is in the answer.
#[utoipa::path(post, path = "/api/v1/identity-providers/{id}/check", tag = "Identity providers",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "What came of it", body = ProviderReport), Problems))]
async fn check(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<IdentityProviderId>,
) -> Result<Reply<ProviderReport>, Problem> {
    Ok(Reply(app.check_identity_provider(&caller, id).await?.into()))
}
