//! `/api/v1/webhook-endpoints`: where events are sent to. Administrators only.

mod shown;

use std::sync::Arc;
use std::time::Duration;

use app::{App, Created, Sent, WebhookEndpointFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use domain::{GatewayId, WebhookEndpointDraft, WebhookEndpointId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::reply;
use super::routes::routes;
use super::wire::{Id, Time};
use edge::extract::{Create, IfMatch, Json, MayMatch, Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;
use shown::{
    IssuedWebhookEndpoint, NewWebhookEndpoint, WebhookEndpoint, WebhookEndpointChange, WebhookEndpointDetails,
};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(rotate_secret))
        .routes(routes!(test))
        .routes(routes!(replay))
}

/// Which endpoints.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookEndpointList {
    /// Of this gateway.
    #[param(value_type = Option<Uuid>)]
    gateway_id: Option<Id>,
    /// That are enabled, or are not.
    enabled: Option<bool>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// A new signing secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRotation {
    /// For so long attempts are signed with the old secrets as well; at most 90 days, a day if left out.
    #[serde(default = "a_day")]
    #[schema(minimum = 0, maximum = 7_776_000, default = 86_400)]
    overlap_seconds: u64,
    /// A secret that the receiver has already: `whsec_` and the base64 of 24 to 64 bytes. Left out: we make one.
    #[serde(default)]
    secret: Option<String>,
}

fn a_day() -> u64 {
    86_400
}

/// What to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayOrder {
    /// What happened since then; events are kept for 30 days.
    since: Time,
    /// Also what was delivered.
    #[serde(default)]
    delivered_too: bool,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// How many deliveries there are.
    deliveries: u64,
}

/// What a receiver said to a test call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestAnswer {
    /// Whether it took the call.
    delivered: bool,
    /// The status that it answered.
    code: Option<u16>,
    /// Why the call failed: `blocked_address`, `dns`, `connect`, `tls`, `timeout`, `broken`, `http_500` …
    error: Option<String>,
    /// The first kilobyte of the answer's body.
    body: String,
    took_ms: u64,
}

impl From<Sent> for TestAnswer {
    fn from(sent: Sent) -> Self {
        Self {
            delivered: sent.succeeded(),
            code: sent.code,
            took_ms: u64::try_from(sent.took.as_millis()).unwrap_or(u64::MAX),
            error: sent.error,
            body: sent.body,
        }
    }
}

/// List webhook endpoints
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/webhook-endpoints", tag = "Webhook endpoints", params(WebhookEndpointList),
    responses((status = 200, description = "A page of webhook endpoints", body = List<WebhookEndpoint>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<WebhookEndpointList>,
) -> Result<Reply<List<WebhookEndpoint>>, Problem> {
    let paging = Paging::read(app.keys(), "webhook-endpoints", &query, query.cursor.as_deref(), query.limit)?;
    let gateway_id = query.gateway_id.map(|id| GatewayId(id.into()));
    let filter = WebhookEndpointFilter { gateway_id, enabled: query.enabled };
    Ok(paging.reply(app.webhook_endpoints(&caller, &filter, paging.request()).await?))
}

/// Create a webhook endpoint
///
/// Administrators only. The answer holds the signing secret, which is never shown again.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints", tag = "Webhook endpoints", request_body = NewWebhookEndpoint,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same secret again")),
    responses((status = 201, description = "The new endpoint with its secret", body = IssuedWebhookEndpoint), Problems))]
async fn create(
    Shared(app): Shared<Arc<App>>,
    Create { caller, mut body }: Create<NewWebhookEndpoint>,
) -> Result<Response, Problem> {
    let secret = body.secret.take();
    let created = app.create_webhook_endpoint(&caller, WebhookEndpointDraft::from(body), secret).await?;
    Ok(issued(created))
}

/// Get a webhook endpoint
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/webhook-endpoints/{id}", tag = "Webhook endpoints", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint", body = WebhookEndpointDetails), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Response, Problem> {
    let shown = app.webhook_endpoint(&caller, id).await?;
    let tag = reply::etag(&shown.endpoint);
    Ok(([(ETAG, tag)], Reply(WebhookEndpointDetails::from(shown))).into_response())
}

/// Change a webhook endpoint
///
/// Administrators only. What is pending is sent to the new URL.
#[utoipa::path(patch, path = "/api/v1/webhook-endpoints/{id}", tag = "Webhook endpoints",
    request_body = WebhookEndpointChange,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The endpoint as it is now", body = WebhookEndpoint), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
    IfMatch(version): IfMatch,
    Json(change): Json<WebhookEndpointChange>,
) -> Result<Response, Problem> {
    let endpoint = app.update_webhook_endpoint(&caller, id, version, |draft| change.apply(draft)).await?;
    Ok(reply::one::<_, WebhookEndpoint>(endpoint))
}

/// Delete a webhook endpoint
///
/// Administrators only. The history of its deliveries goes with it.
#[utoipa::path(delete, path = "/api/v1/webhook-endpoints/{id}", tag = "Webhook endpoints",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_webhook_endpoint(&caller, id, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enable a webhook endpoint
///
/// Administrators only. What it missed can be replayed.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/enable", tag = "Webhook endpoints", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint as it is now", body = WebhookEndpoint), Problems))]
async fn enable(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, WebhookEndpoint>(app.set_webhook_endpoint_enabled(&caller, id, true).await?))
}

/// Disable a webhook endpoint
///
/// Administrators only. What is pending is canceled.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/disable", tag = "Webhook endpoints", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The endpoint as it is now", body = WebhookEndpoint), Problems))]
async fn disable(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, WebhookEndpoint>(app.set_webhook_endpoint_enabled(&caller, id, false).await?))
}

/// Rotate the signing secret of a webhook endpoint
///
/// Administrators only. Attempts are signed with the old secrets as well until the overlap ends.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/rotate-secret", tag = "Webhook endpoints",
    request_body = SecretRotation,
    params(("id" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless: within ten minutes it shows the same secret again")),
    responses((status = 201, description = "The endpoint with its new secret", body = IssuedWebhookEndpoint), Problems))]
async fn rotate_secret(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<WebhookEndpointId>,
    Create { caller, body }: Create<SecretRotation>,
) -> Result<Response, Problem> {
    let overlap = Duration::from_secs(body.overlap_seconds);
    Ok(issued(app.rotate_webhook_secret(&caller, id, body.secret, overlap).await?))
}

/// Try a webhook endpoint out
///
/// Administrators only. Sends an event of the type `webhook.test` at once, whether the endpoint is enabled or not, and
/// answers what the receiver said. It is not tried again. At most ten a minute for an endpoint.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/test", tag = "Webhook endpoints", params(("id" = Uuid, Path)),
    responses((status = 200, description = "What the receiver said", body = TestAnswer), Problems))]
async fn test(
    Shared(state): Shared<State>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
) -> Result<Reply<TestAnswer>, Problem> {
    let endpoint = state.app.webhook_endpoint(&caller, id).await?.endpoint;
    let limited = |retry_after_s| app::Error::Limited { retry_after_s };
    state.webhook_tests.check(&endpoint.id.0).map_err(limited)?;
    let job = state.app.webhook_test(&caller, id).await?;
    Ok(Reply(state.webhook_sender().send(&job, state.app.clock()).await.into()))
}

/// Replay what a webhook endpoint missed
///
/// Administrators only. Sends again what happened since a moment and was not delivered, or all of it, and what the
/// endpoint was never told of.
#[utoipa::path(post, path = "/api/v1/webhook-endpoints/{id}/replay", tag = "Webhook endpoints",
    request_body = ReplayOrder, params(("id" = Uuid, Path)),
    responses((status = 200, description = "How much is sent again", body = Replayed), Problems))]
async fn replay(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEndpointId>,
    Json(order): Json<ReplayOrder>,
) -> Result<Reply<Replayed>, Problem> {
    let deliveries = app.replay_webhooks_since(&caller, id, order.since.0, order.delivered_too).await?;
    Ok(Reply(Replayed { deliveries }))
}

fn issued(created: Created<domain::WebhookEndpoint>) -> Response {
    reply::created("/api/v1/webhook-endpoints", created, |created| IssuedWebhookEndpoint {
        endpoint: created.value.into(),
        secret: created.secret.map(|secret| secret.expose().to_owned()).unwrap_or_default(),
    })
}
