//! `/api/v1/webhook-deliveries`: what was sent to which endpoint, and how far it has come. Administrators only.

use std::sync::Arc;

use app::{App, WebhookDeliveryFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use domain::{ApplicationId, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::events::WebhookEvent;
use super::routes::routes;
use super::wire::{Id, Time, words};
use edge::extract::{Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(replay))
        .routes(routes!(cancel))
}

words! {
    /// How far a delivery has come: `pending` until its next attempt, `delivered`, `exhausted` after the last attempt,
    /// or `canceled` because nobody wants it delivered any more.
    DeliveryState = domain::DeliveryState {
        "pending" = Pending,
        "delivered" = Delivered,
        "exhausted" = Exhausted,
        "canceled" = Canceled,
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookDelivery {
    id: Uuid,
    endpoint_id: Uuid,
    event_id: Uuid,
    event_type: String,
    application_id: Option<Uuid>,
    state: DeliveryState,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried next, while it is pending.
    next_attempt_at: Option<Time>,
    /// The status that the receiver answered last.
    last_code: Option<u16>,
    /// Why the last attempt failed, if it did.
    last_error: Option<String>,
    created_at: Time,
    finished_at: Option<Time>,
}

impl From<domain::WebhookDelivery> for WebhookDelivery {
    fn from(it: domain::WebhookDelivery) -> Self {
        Self {
            id: it.id.0,
            endpoint_id: it.endpoint_id.0,
            event_id: it.event_id.0,
            event_type: it.event_type,
            application_id: it.application_id.map(|id| id.0),
            state: it.state.into(),
            attempts: it.attempts,
            next_attempt_at: it.next_attempt_at.map(Time),
            last_code: it.last_code,
            last_error: it.last_error,
            created_at: it.created_at.into(),
            finished_at: it.finished_at.map(Time),
        }
    }
}

/// A delivery with its event and its attempts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookDeliveryDetails {
    #[serde(flatten)]
    delivery: WebhookDelivery,
    event: Option<WebhookEvent>,
    /// The newest first; at most the last 200.
    history: Vec<Attempt>,
}

/// One attempt to deliver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Attempt {
    /// Which try, from 1.
    number: u32,
    at: Time,
    took_ms: u64,
    /// The status that the receiver answered.
    code: Option<u16>,
    /// Why it failed: `blocked_address`, `dns`, `connect`, `tls`, `timeout`, `broken`, `http_500` …
    error: Option<String>,
    /// The first kilobyte of the answer's body, as text.
    body: String,
}

impl From<domain::DeliveryAttempt> for Attempt {
    fn from(it: domain::DeliveryAttempt) -> Self {
        Self {
            number: it.number,
            at: it.at.into(),
            took_ms: u64::try_from(it.took.as_millis()).unwrap_or(u64::MAX),
            code: it.code,
            error: it.error,
            body: it.body,
        }
    }
}

/// Which deliveries.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookDeliveryList {
    /// To this endpoint.
    #[param(value_type = Option<Uuid>)]
    endpoint_id: Option<Id>,
    /// Of this event.
    #[param(value_type = Option<Uuid>)]
    event_id: Option<Id>,
    /// Of events about this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<Id>,
    /// Of events of this type.
    event_type: Option<String>,
    /// In this state.
    #[param(inline)]
    state: Option<DeliveryState>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

impl WebhookDeliveryList {
    fn filter(&self) -> WebhookDeliveryFilter {
        WebhookDeliveryFilter {
            endpoint_id: self.endpoint_id.map(|id| WebhookEndpointId(id.into())),
            event_id: self.event_id.map(|id| WebhookEventId(id.into())),
            application_id: self.application_id.map(|id| ApplicationId(id.into())),
            event_type: self.event_type.clone(),
            state: self.state.map(Into::into),
            gateway_id: None,
        }
    }
}

/// List webhook deliveries
///
/// From the newest to the oldest; kept for 30 days. Administrators, and technical users of a gateway for what it was sent.
#[utoipa::path(get, path = "/api/v1/webhook-deliveries", tag = "Webhook deliveries", params(WebhookDeliveryList),
    responses((status = 200, description = "A page of deliveries", body = List<WebhookDelivery>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<WebhookDeliveryList>,
) -> Result<Reply<List<WebhookDelivery>>, Problem> {
    let paging =
        Paging::read(app.keys(), "webhook-deliveries", &query, query.cursor.as_deref(), query.limit)?;
    Ok(paging.reply(app.webhook_deliveries(&caller, &query.filter(), paging.request()).await?))
}

/// Get a webhook delivery
///
/// With its event and its attempts. Administrators only.
#[utoipa::path(get, path = "/api/v1/webhook-deliveries/{id}", tag = "Webhook deliveries", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The delivery", body = WebhookDeliveryDetails), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookDeliveryId>,
) -> Result<Reply<WebhookDeliveryDetails>, Problem> {
    let (delivery, event, attempts) = app.webhook_delivery(&caller, id).await?;
    Ok(Reply(WebhookDeliveryDetails {
        delivery: delivery.into(),
        event: event.map(Into::into),
        history: attempts.into_iter().map(Into::into).collect(),
    }))
}

/// Replay a webhook delivery
///
/// Sends it again, whatever came of it; what is pending is tried now. Administrators only.
#[utoipa::path(post, path = "/api/v1/webhook-deliveries/{id}/replay", tag = "Webhook deliveries", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The delivery as it is now", body = WebhookDelivery), Problems))]
async fn replay(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookDeliveryId>,
) -> Result<Reply<WebhookDelivery>, Problem> {
    Ok(Reply(app.replay_webhook_delivery(&caller, id).await?.into()))
}

/// Cancel a webhook delivery
///
/// Gives up what is pending. Administrators only.
#[utoipa::path(post, path = "/api/v1/webhook-deliveries/{id}/cancel", tag = "Webhook deliveries", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The delivery as it is now", body = WebhookDelivery), Problems))]
async fn cancel(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookDeliveryId>,
) -> Result<Reply<WebhookDelivery>, Problem> {
    Ok(Reply(app.cancel_webhook_delivery(&caller, id).await?.into()))
}
