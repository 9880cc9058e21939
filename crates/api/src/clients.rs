//! `/api/v1/applications/{id}/client`: the OAuth settings of an application, as Ceptor shows them.

use std::sync::Arc;
use std::time::Duration;

use app::{App, ChosenId, ClientRequest, Created};
use axum::extract::State as Shared;
use axum::response::Response;
use domain::{ApplicationId, Secret};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::client_settings::{Client, ClientChange, ClientWithSecret, NewClient, shown};
use super::reply;
use super::routes::routes;
use super::wire::set_if_given;
use edge::extract::{Create, IfMatch, Json, Path, Who};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get, create, update))
        .routes(routes!(regenerate))
        .routes(routes!(rename))
        .routes(routes!(end_tokens))
        .routes(routes!(revoke))
}

/// How a new secret comes.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecret {
    /// For how long the old secrets work on beside the new one: 0 to 90 days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 7_776_000, default = 0)]
    overlap_seconds: u64,
    /// A chosen secret; left out: one is made. Administrators only.
    #[serde(default)]
    #[schema(min_length = 16, max_length = 255)]
    client_secret: Option<String>,
}

/// Which id a client is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewClientId {
    /// A chosen id; left out or null: one is made. Administrators only.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    client_id: Option<String>,
}

/// Get the OAuth settings of an application
///
/// Without the secret.
#[utoipa::path(get, path = "/api/v1/applications/{id}/client", tag = "Clients", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The client", body = Client), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(application): Path<ApplicationId>,
) -> Result<Response, Problem> {
    let client = app.client(&caller, application).await?;
    Ok(one(&app, client))
}

/// Give an application OAuth settings
///
/// The answer holds the secret, if the client keeps one. It is never shown again.
#[utoipa::path(post, path = "/api/v1/applications/{id}/client", tag = "Clients", request_body = NewClient,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same secret again")),
    responses((status = 201, description = "The new client with its secret", body = ClientWithSecret), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Path(application): Path<ApplicationId>,
    Create { caller, mut body }: Create<NewClient>,
) -> Result<Response, Problem> {
    let mut request = ClientRequest::of(body.client_type.into());
    request.imported = body.imported;
    request.chosen = ChosenId {
        client_id: body.client_id.take(),
        client_secret: body.client_secret.take().map(Secret::imported),
    };
    let is_chosen = request.chosen.client_secret.is_some();
    request.token_definition = body.token_definition.take().flatten();
    body.apply(&mut request.draft);
    let created = app.create_client(&caller, application, request).await?;
    Ok(with_secret(&app, application, created, is_chosen))
}

/// Change the OAuth settings of an application
#[utoipa::path(patch, path = "/api/v1/applications/{id}/client", tag = "Clients", request_body = ClientChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The client as it is now", body = Client), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(application): Path<ApplicationId>,
    IfMatch(version): IfMatch,
    Json(mut change): Json<ClientChange>,
) -> Result<Response, Problem> {
    let definition = change.token_definition.take();
    let kind = change.client_type.take().map(domain::ClientType::from);
    let edit = |draft: &mut domain::ClientDraft| {
        set_if_given(&mut draft.client_type, kind);
        change.apply(draft);
    };
    let client = app.update_client(&caller, application, version, definition, edit).await?;
    Ok(one(&app, client))
}

/// Make a new client secret
///
/// The old ones end at once, or work on for the overlap. Tokens live on.
#[utoipa::path(post, path = "/api/v1/applications/{id}/client/regenerate-secret", tag = "Clients",
    request_body = NewSecret, params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same secret again")),
    responses((status = 201, description = "The client with its new secret", body = ClientWithSecret), Problems))]
async fn regenerate(
    Shared(app): Shared<Arc<App>>,
    Path(application): Path<ApplicationId>,
    Create { caller, body }: Create<NewSecret>,
) -> Result<Response, Problem> {
    let overlap = Duration::from_secs(body.overlap_seconds);
    let chosen = body.client_secret.map(Secret::imported);
    let is_chosen = chosen.is_some();
    let created = app.regenerate_client_secret(&caller, application, overlap, chosen).await?;
    Ok(with_secret(&app, application, created, is_chosen))
}

/// Give a client another id
///
/// Its tokens end. Only administrators choose the id.
#[utoipa::path(post, path = "/api/v1/applications/{id}/client/rename", tag = "Clients", request_body = NewClientId,
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The client as it is now", body = Client), Problems))]
async fn rename(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(application): Path<ApplicationId>,
    Json(body): Json<NewClientId>,
) -> Result<Response, Problem> {
    let client = app.rename_client(&caller, application, body.client_id).await?;
    Ok(one(&app, client))
}

/// End all tokens of a client
///
/// It may ask for new ones.
#[utoipa::path(post, path = "/api/v1/applications/{id}/client/end-tokens", tag = "Clients",
    params(("id" = Uuid, Path)),
    responses((status = 200, description = "The client as it is now", body = Client), Problems))]
async fn end_tokens(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(application): Path<ApplicationId>,
) -> Result<Response, Problem> {
    let client = app.end_client_tokens(&caller, application).await?;
    Ok(one(&app, client))
}

/// Revoke a client
///
/// For good, with its secrets and tokens. The application may get another client.
#[utoipa::path(post, path = "/api/v1/applications/{id}/client/revoke", tag = "Clients", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The client as it is now", body = Client), Problems))]
async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(application): Path<ApplicationId>,
) -> Result<Response, Problem> {
    let client = app.revoke_client(&caller, application).await?;
    Ok(one(&app, client))
}

fn one(app: &App, client: domain::Client) -> Response {
    reply::one_with(client, |client| shown(app, client))
}

/// What was chosen is not shown: whoever chose it knows it.
fn with_secret(
    app: &App,
    application: ApplicationId,
    created: Created<domain::Client>,
    is_chosen: bool,
) -> Response {
    let place = format!("/api/v1/applications/{application}/client");
    reply::created_at(&place, created, |created| ClientWithSecret {
        client: shown(app, created.value),
        client_secret: created.secret.filter(|_| !is_chosen).map(|secret| secret.expose().to_owned()),
    })
}
