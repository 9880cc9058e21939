//! `/api/v1/oauth/signing-keys`: the keys that tokens are signed with, without their private parts.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::response::Response;
use domain::SigningKeyId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::client_settings::SigningAlgorithm;
use super::reply;
use super::routes::routes;
use super::wire::{Time, words};
use edge::extract::{Json, Path, Query, Who};
use edge::page::{List, PageQuery, Paging};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(rotate))
        .routes(routes!(revoke))
}

words! {
    /// Where a key is in its life: `pending`, `active` and `retiring` ones are published, `active` ones sign.
    SigningKeyState = domain::SigningKeyState {
        "pending" = Pending,
        "active" = Active,
        "retiring" = Retiring,
        "retired" = Retired,
        "revoked" = Revoked,
    }
}

/// A key that tokens are signed with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SigningKey {
    /// Also its name in the header of what it signed (`kid`).
    id: Uuid,
    series: String,
    algorithm: SigningAlgorithm,
    state: SigningKeyState,
    /// Since when it is in that state.
    since: Time,
    /// What everybody may see of it (RFC 7517).
    #[schema(value_type = Object)]
    public_jwk: Value,
    created_at: Time,
}

impl From<domain::SigningKey> for SigningKey {
    fn from(key: domain::SigningKey) -> Self {
        Self {
            id: key.id.0,
            series: key.series,
            algorithm: key.algorithm.into(),
            state: key.state.into(),
            since: key.since.into(),
            public_jwk: key.public_jwk,
            created_at: key.meta.created_at.into(),
        }
    }
}

/// Which keys are to be rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRotation {
    /// Left out: all of them.
    #[serde(default)]
    algorithm: Option<SigningAlgorithm>,
}

/// List signing keys
///
/// Ended ones included. Administrators only.
#[utoipa::path(get, path = "/api/v1/oauth/signing-keys", tag = "Signing keys", params(PageQuery),
    responses((status = 200, description = "A page of signing keys", body = List<SigningKey>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<PageQuery>,
) -> Result<Reply<List<SigningKey>>, Problem> {
    let paging = Paging::read(app.keys(), "signing-keys", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.signing_keys(&caller, paging.request()).await?))
}

/// Get a signing key
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/oauth/signing-keys/{id}", tag = "Signing keys", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The signing key", body = SigningKey), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SigningKeyId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, SigningKey>(app.one_signing_key(&caller, id).await?))
}

/// Rotate signing keys
///
/// Makes the next key of each kind. It is published at once, signs after 20 minutes, and then the oldest one retires.
/// Administrators only.
#[utoipa::path(post, path = "/api/v1/oauth/signing-keys/rotate", tag = "Signing keys", request_body = KeyRotation,
    responses((status = 200, description = "The new keys", body = Vec<SigningKey>), Problems))]
async fn rotate(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Json(body): Json<KeyRotation>,
) -> Result<Reply<Vec<SigningKey>>, Problem> {
    let algorithm = body.algorithm.map(domain::SigningAlgorithm::from);
    let made = app.rotate_signing_keys(&caller, algorithm).await?;
    Ok(Reply(made.into_iter().map(SigningKey::from).collect()))
}

/// Revoke a signing key
///
/// For emergencies: it leaves the published keys at once, and what it signed is worth nothing. Administrators only.
#[utoipa::path(post, path = "/api/v1/oauth/signing-keys/{id}/revoke", tag = "Signing keys", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The key as it is now", body = SigningKey), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SigningKeyId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, SigningKey>(app.revoke_signing_key(&caller, id).await?))
}
