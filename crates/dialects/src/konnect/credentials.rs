//! `/api/v2/applications/{applicationId}/credentials`: the API keys of an application.

use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ApplicationId, AuthMethod, Credential, CredentialDraft, CredentialKind, Instant};
use serde::Serialize;
use uuid::Uuid;

use super::Doors;
use super::body::{Body, MayBody};
use super::caller::Private;
use super::error::{Refusal, Source, Wrong};
use super::map::{self, Ids};
use super::query::{List, Listing};
use super::wire::{Stamp, stamp};
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    let all = "/api/v2/applications/{applicationId}/credentials";
    let one = "/api/v2/applications/{applicationId}/credentials/{credentialId}";
    doors
        .get(all, "Konnect: list API keys", list)
        .post(all, "Konnect: issue an API key", create)
        .on(axum::http::Method::PUT, one, "Konnect: rename an API key", update)
        .on(axum::http::Method::DELETE, one, "Konnect: end an API key", delete)
        .post(
            "/api/v2/applications/{applicationId}/refresh-token",
            "Konnect: replace a client's secret",
            refresh,
        )
}

/// What a key is called that nobody has named.
const UNNAMED: &str = "API key";

/// A key without its secret. What is said of it beside its name belongs to the later wire format, a switch.
#[derive(Debug, Serialize)]
struct Item {
    id: Uuid,
    display_name: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    typed: Option<Typed>,
}

#[derive(Debug, Serialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    expires_at: Option<Stamp>,
    created_at: Stamp,
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Serialize)]
struct Created {
    credential: String,
    #[serde(flatten)]
    item: Item,
}

fn item(credential: &Credential, state: &State) -> Item {
    let now = state.app.clock().now();
    Item {
        id: credential.id.0,
        display_name: credential.name.to_string(),
        typed: state.options.konnect.typed_credentials.then(|| typed(credential, now)),
    }
}

fn typed(credential: &Credential, now: Instant) -> Typed {
    let status = match credential.status(now) {
        domain::CredentialStatus::Active | domain::CredentialStatus::Rotating => "active",
        domain::CredentialStatus::Expired => "expired",
        domain::CredentialStatus::Disabled | domain::CredentialStatus::Revoked => "revoked",
    };
    Typed {
        kind: "api_key",
        status,
        expires_at: credential.expires_at.map(stamp),
        created_at: stamp(credential.meta.created_at),
    }
}

/// The application, if it is the caller's and holds keys. Another kind's secrets have an operation of their own.
async fn keyed(state: &State, caller: &app::Caller, ids: &Ids) -> Result<ApplicationId, Refusal> {
    let (application, strategy) = state.app.own_application(caller, ids.id("applicationId")?).await?;
    match strategy.method {
        AuthMethod::KeyAuth { .. } => Ok(application.id),
        AuthMethod::ClientCredentials { .. }
        | AuthMethod::SelfManagedClientCredentials { .. }
        | AuthMethod::BridgedClientCredentials { .. } => {
            let reason = "does not authenticate by API keys";
            Err(Refusal::wrong(Wrong::new(Source::Path, "applicationId", "invalid", reason)))
        }
    }
}

async fn list(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Item>>, Refusal> {
    let listing = Listing::read(query.as_deref(), &[])?;
    let application = keyed(&state, &caller, &ids).await?;
    let found =
        state.app.own_credentials(&caller, application, CredentialKind::ApiKey, listing.slice).await?;
    let data = found.items.iter().map(|credential| item(credential, &state)).collect();
    Ok(listing.reply(data, found.count))
}

async fn create(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
    MayBody(mut fields): MayBody,
) -> Result<Response, Refusal> {
    let name = fields.text("display_name", 255).unwrap_or_else(|| UNNAMED.to_owned());
    fields.close()?;
    let application = keyed(&state, &caller, &ids).await?;
    let draft = CredentialDraft { name, expires_at: None };
    let created = state.app.issue_api_key(&caller, application, draft).await.map_err(named)?;
    let secret = created.secret.map(|secret| secret.expose().to_owned()).unwrap_or_default();
    let body = Created { credential: secret, item: item(&created.value, &state) };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn update(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
    Body(mut fields): Body,
) -> Result<StatusCode, Refusal> {
    let name = fields.required("display_name", 255);
    fields.close()?;
    let credential = own(&state, &caller, &ids).await?;
    let edit = |draft: &mut CredentialDraft| draft.name = name;
    state.app.update_credential(&caller, credential.id, None, edit).await.map_err(named)?;
    Ok(StatusCode::OK)
}

/// A key that is deleted there has ended for good here, and is shown no more.
async fn delete(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<StatusCode, Refusal> {
    let credential = own(&state, &caller, &ids).await?;
    state.app.revoke_credential(&caller, credential.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Clients have one secret, which is replaced. Keys are any number, so there is none to be replaced.
async fn refresh(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<Response, Refusal> {
    match state.app.replace_client_secret(&caller, ids.id("applicationId")?).await {
        Ok(proof) => Ok((StatusCode::CREATED, Json(map::client_secret(&proof))).into_response()),
        Err(app::Error::Conflict { code: "no_client", .. }) => {
            let reason = "has no client secret that is kept here";
            Err(Refusal::wrong(Wrong::new(Source::Path, "applicationId", "invalid", reason)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn own(state: &State, caller: &app::Caller, ids: &Ids) -> Result<Credential, Refusal> {
    let application = keyed(state, caller, ids).await?;
    let credential = state.app.credential(caller, ids.id("credentialId")?).await?;
    let is_there = credential.application_id == application
        && credential.state != domain::CredentialState::Revoked
        && credential.material.kind() == CredentialKind::ApiKey;
    if is_there { Ok(credential) } else { Err(Refusal::not_found()) }
}

fn named(error: app::Error) -> Refusal {
    match error {
        app::Error::Invalid(invalid) => {
            Refusal::named(&invalid, |field| if field == "name" { "display_name" } else { field })
        }
        other => other.into(),
    }
}
