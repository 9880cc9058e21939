//! `/api/v1/credentials` and `/api/v1/applications/{id}/credentials`: how applications prove who they are.

use std::sync::Arc;
use std::time::Duration;

use app::{App, Created, CredentialFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{
    ApplicationId, CredentialDraft, CredentialId, CredentialState, ForeignKey, Invalid, Material, Secret,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::certificates::CertificateFacts;
use super::reply;
use super::routes::routes;
use super::wire::{Time, nullable, present, set_if_given, words};
use edge::extract::{Create, IfMatch, Json, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(issue))
        .routes(routes!(import))
        .routes(routes!(get, update))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(rotate))
        .routes(routes!(revoke))
        .routes(routes!(reveal))
}

words! {
    /// What a credential is made of.
    CredentialKind = domain::CredentialKind {
        "api_key" = ApiKey,
        "client_secret" = ClientSecret,
        "certificate" = Certificate,
        "external" = External,
    }
}

words! {
    /// What a credential is worth now: `rotating` lets calls through until its successor has taken over.
    CredentialStatus = domain::CredentialStatus {
        "active" = Active,
        "rotating" = Rotating,
        "disabled" = Disabled,
        "expired" = Expired,
        "revoked" = Revoked,
    }
}

words! {
    /// What was decided about a credential.
    CredentialStateFilter = CredentialState {
        "active" = Active,
        "disabled" = Disabled,
        "revoked" = Revoked,
    }
}

/// One way for an application to prove who it is. The secret itself is shown once, when it is issued.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Credential {
    id: Uuid,
    application_id: Uuid,
    name: String,
    kind: CredentialKind,
    status: CredentialStatus,
    /// How the secret begins; empty for imported ones that are short, and where there is none.
    prefix: String,
    /// How it ends; of a certificate, how its fingerprint does.
    last4: String,
    /// What a certificate says.
    certificate: Option<CertificateFacts>,
    /// Whether somebody else made it.
    imported: bool,
    expires_at: Option<Time>,
    /// The one that takes its place.
    replaced_by: Option<Uuid>,
    /// When it last let a call through, to within ten seconds.
    last_used_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
}

/// A credential that was issued just now, with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IssuedCredential {
    #[serde(flatten)]
    credential: Credential,
    /// Keep it now: it is never shown again.
    secret: String,
}

/// What a credential shows depends on the time, so it is made with one.
pub(super) fn shown(credential: domain::Credential, now: domain::Instant) -> Credential {
    let status = credential.status(now).into();
    let kind = credential.material.kind().into();
    let (prefix, last4, imported, certificate) = match credential.material {
        Material::ApiKey(key) => (key.hint.prefix, key.hint.last4, key.imported, None),
        Material::ClientSecret(secret) => (secret.hint.prefix, secret.hint.last4, secret.chosen, None),
        Material::External(external) => (String::new(), external.hint, true, None),
        Material::Certificate(it) => {
            let digits = it.fingerprint_hex();
            (String::new(), digits.chars().skip(60).collect(), true, Some(CertificateFacts::from(&it)))
        }
    };
    Credential {
        id: credential.id.0,
        application_id: credential.application_id.0,
        name: credential.name.to_string(),
        kind,
        status,
        prefix,
        last4,
        imported,
        certificate,
        expires_at: credential.expires_at.map(Time::from),
        replaced_by: credential.replaced_by.map(|id| id.0),
        last_used_at: credential.last_used_at.map(Time::from),
        created_at: credential.meta.created_at.into(),
        updated_at: credential.meta.updated_at.into(),
    }
}

/// Which credentials.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialList {
    /// Of this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<ApplicationId>,
    /// In this state.
    #[param(inline)]
    state: Option<CredentialStateFilter>,
    /// That end before this time.
    expires_before: Option<Time>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// An API key to be issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCredential {
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// From when on it is worth nothing; left out or null: never.
    #[serde(default)]
    expires_at: Option<Time>,
}

/// An existing API key to be taken over: exactly one of `value` and `sha256` is given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportedCredential {
    /// What people call it.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
    /// From when on it is worth nothing; left out or null: never.
    #[serde(default)]
    expires_at: Option<Time>,
    /// The key itself.
    #[serde(default)]
    #[schema(min_length = 20, max_length = 512)]
    value: Option<String>,
    /// Or the SHA-256 of the key, in hexadecimal, if its owner does not want to show it.
    #[serde(default)]
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    sha256: Option<String>,
    /// How the key ends, for people to tell it by; only with `sha256`.
    #[serde(default)]
    #[schema(max_length = 4)]
    last4: Option<String>,
}

impl ImportedCredential {
    fn key(&mut self) -> Result<ForeignKey, Invalid> {
        match (self.value.take(), self.sha256.take(), self.last4.take()) {
            (Some(value), None, None) => Ok(ForeignKey::Value(Secret::imported(value))),
            (None, Some(hex), last4) => Ok(ForeignKey::Sha256 { hex, last4: last4.unwrap_or_default() }),
            (Some(_), None, Some(_)) => {
                Err(Invalid::field("last4", "conflict", "can only be given with sha256"))
            }
            _ => Err(Invalid::field("value", "required", "must be given, or sha256 instead of it")),
        }
    }
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    /// Null: it does not expire.
    #[serde(default, deserialize_with = "nullable")]
    expires_at: Option<Option<Time>>,
}

impl CredentialChange {
    fn apply(self, draft: &mut CredentialDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.expires_at, self.expires_at.map(|at| at.map(|at| at.0)));
    }
}

/// How to put a successor in its place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// For how long the old one works on beside the new one, so that callers can change over: 0 to 90 days.
    #[serde(default = "one_day")]
    #[schema(minimum = 0, maximum = 7_776_000, default = 86_400)]
    overlap_seconds: u64,
}

fn one_day() -> u64 {
    86_400
}

/// List credentials
///
/// Without their secrets. All of them for administrators; for developers those of applications that they may see.
#[utoipa::path(get, path = "/api/v1/credentials", tag = "Credentials", params(CredentialList),
    responses((status = 200, description = "A page of credentials", body = List<Credential>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<CredentialList>,
) -> Result<Reply<List<Credential>>, Problem> {
    let paging = Paging::read(app.keys(), "credentials", &query, query.cursor.as_deref(), query.limit)?;
    let filter = CredentialFilter {
        application_id: query.application_id,
        state: query.state.map(CredentialState::from),
        expires_before: query.expires_before.map(|at| at.0),
        visible_to: None,
    };
    let page = app.credentials(&caller, filter, paging.request()).await?;
    let now = app.clock().now();
    Ok(paging.reply_with(page, |credential| shown(credential, now)))
}

/// Issue an API key
///
/// The answer holds the key. It is never shown again.
#[utoipa::path(post, path = "/api/v1/applications/{id}/credentials", tag = "Credentials",
    request_body = NewCredential, params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same key again")),
    responses((status = 201, description = "The new credential with its secret", body = IssuedCredential), Problems))]
async fn issue(
    Shared(app): Shared<Arc<App>>,
    Path(application): Path<ApplicationId>,
    Create { caller, body }: Create<NewCredential>,
) -> Result<Response, Problem> {
    let draft = CredentialDraft { name: body.name, expires_at: body.expires_at.map(|at| at.0) };
    let created = app.issue_api_key(&caller, application, draft).await?;
    Ok(issued(&app, created))
}

/// Import an API key
///
/// One that exists already, as it is or as its SHA-256. Administrators only.
#[utoipa::path(post, path = "/api/v1/applications/{id}/credentials/import", tag = "Credentials",
    request_body = ImportedCredential, params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, description = "The imported credential", body = Credential), Problems))]
async fn import(
    Shared(app): Shared<Arc<App>>,
    Path(application): Path<ApplicationId>,
    Create { caller, mut body }: Create<ImportedCredential>,
) -> Result<Response, Problem> {
    let key = body.key()?;
    let draft = CredentialDraft { name: body.name, expires_at: body.expires_at.map(|at| at.0) };
    let created = app.import_api_key(&caller, application, draft, key).await?;
    let now = app.clock().now();
    Ok(reply::created("/api/v1/credentials", created, |created| shown(created.value, now)))
}

/// Get a credential
///
/// Without its secret.
#[utoipa::path(get, path = "/api/v1/credentials/{id}", tag = "Credentials", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The credential", body = Credential), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<CredentialId>,
) -> Result<Response, Problem> {
    let credential = app.credential(&caller, id).await?;
    Ok(one(&app, credential))
}

/// Change a credential
///
/// Its name, or when it ends.
#[utoipa::path(patch, path = "/api/v1/credentials/{id}", tag = "Credentials", request_body = CredentialChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The credential as it is now", body = Credential), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<CredentialId>,
    IfMatch(version): IfMatch,
    Json(change): Json<CredentialChange>,
) -> Result<Response, Problem> {
    let credential = app.update_credential(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(one(&app, credential))
}

/// Switch a credential on
#[utoipa::path(post, path = "/api/v1/credentials/{id}/enable", tag = "Credentials", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The credential as it is now", body = Credential), Problems))]
async fn enable(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<CredentialId>,
) -> Result<Response, Problem> {
    let credential = app.set_credential_enabled(&caller, id, true).await?;
    Ok(one(&app, credential))
}

/// Switch a credential off
///
/// Its calls are refused until it is switched on again.
#[utoipa::path(post, path = "/api/v1/credentials/{id}/disable", tag = "Credentials", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The credential as it is now", body = Credential), Problems))]
async fn disable(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<CredentialId>,
) -> Result<Response, Problem> {
    let credential = app.set_credential_enabled(&caller, id, false).await?;
    Ok(one(&app, credential))
}

/// Rotate a credential
///
/// Issues a successor with a new secret. The old one works on for the overlap, then expires.
#[utoipa::path(post, path = "/api/v1/credentials/{id}/rotate", tag = "Credentials", request_body = Rotation,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same key again")),
    responses((status = 201, description = "The successor with its secret", body = IssuedCredential), Problems))]
async fn rotate(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Create { caller, body }: Create<Rotation>,
) -> Result<Response, Problem> {
    let created = app.rotate_credential(&caller, id, Duration::from_secs(body.overlap_seconds)).await?;
    Ok(issued(&app, created))
}

/// Revoke a credential
///
/// It ends for good; its calls are refused from now on.
#[utoipa::path(post, path = "/api/v1/credentials/{id}/revoke", tag = "Credentials", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The credential as it is now", body = Credential), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<CredentialId>,
) -> Result<Response, Problem> {
    let credential = app.revoke_credential(&caller, id).await?;
    Ok(one(&app, credential))
}

fn one(app: &App, credential: domain::Credential) -> Response {
    let now = app.clock().now();
    reply::one_with(credential, |credential| shown(credential, now))
}

fn issued(app: &App, created: Created<domain::Credential>) -> Response {
    let now = app.clock().now();
    reply::created("/api/v1/credentials", created, |created| IssuedCredential {
        credential: shown(created.value, now),
        secret: created.secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
    })
}

/// A third party's credential, in clear.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RevealedCredential {
    #[serde(flatten)]
    credential: Credential,
    /// What it is, in `form`: `api_key`, `oauth2` or `jwt`; and what it is made of.
    #[schema(value_type = Object)]
    values: serde_json::Value,
}

/// Show a credential that a third party's gateway made
///
/// For those who manage the application's credentials. Each look is noted in the audit log. Of credentials that were
/// made here only a hash is kept: those are never shown again.
#[utoipa::path(post, path = "/api/v1/credentials/{id}/reveal", tag = "Credentials", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The credential in clear", body = RevealedCredential), Problems))]
async fn reveal(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<CredentialId>,
) -> Result<Response, Problem> {
    let app::Revealed { credential, values } = app.reveal_credential(&caller, id).await?;
    let now = app.clock().now();
    let values = serde_json::to_value(values).unwrap_or_default();
    Ok(reply::one_with(credential, |credential| RevealedCredential {
        credential: shown(credential, now),
        values,
    }))
}
