//! `/api/v1/events`: what happened, as webhook endpoints are told. Administrators only.

use std::sync::Arc;

use app::{App, WebhookEventFilter};
use axum::Json as Reply;
use axum::extract::State as Shared;
use domain::{ApplicationId, GatewayId, WebhookEventId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::routes::routes;
use super::wire::{Id, Time};
use edge::extract::{Path, Query, Who};
use edge::page::{List, Paging, no_filter};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get))
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookEvent {
    /// The `webhook-id` of every attempt to deliver it.
    id: Uuid,
    /// One of `/api/v1/event-types`.
    r#type: String,
    timestamp: Time,
    /// The application that it is about.
    application_id: Option<Uuid>,
    /// The gateway that it is meant for.
    gateway_id: Option<Uuid>,
    /// What there is to say; its fields depend on the type.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

impl From<domain::WebhookEvent> for WebhookEvent {
    fn from(it: domain::WebhookEvent) -> Self {
        Self {
            id: it.id.0,
            r#type: it.kind,
            timestamp: it.occurred_at.into(),
            application_id: it.application_id.map(|id| id.0),
            gateway_id: it.gateway_id.map(|id| id.0),
            data: it.data,
        }
    }
}

/// Which events.
#[derive(Debug, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventList {
    /// Of this type.
    r#type: Option<String>,
    /// About this application.
    #[param(value_type = Option<Uuid>)]
    application_id: Option<Id>,
    /// For this gateway.
    #[param(value_type = Option<Uuid>)]
    gateway_id: Option<Id>,
    /// Not before this moment.
    since: Option<Time>,
    /// `next_cursor` of the page before.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(pattern = "^[0-9a-f]{64}$")]
    cursor: Option<String>,
    /// At most so many on a page; 50 if left out.
    #[serde(skip_serializing_if = "no_filter")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
}

/// List events
///
/// From the newest to the oldest; kept for 30 days, from the moment that there is a webhook endpoint. Administrators
/// only.
#[utoipa::path(get, path = "/api/v1/events", tag = "Events", params(EventList),
    responses((status = 200, description = "A page of events", body = List<WebhookEvent>), Problems))]
async fn list(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Query(query): Query<EventList>,
) -> Result<Reply<List<WebhookEvent>>, Problem> {
    let paging = Paging::read(app.keys(), "events", &query, query.cursor.as_deref(), query.limit)?;
    let filter = WebhookEventFilter {
        kind: query.r#type,
        application_id: query.application_id.map(|id| ApplicationId(id.into())),
        gateway_id: query.gateway_id.map(|id| GatewayId(id.into())),
        since: query.since.map(|time| time.0),
    };
    Ok(paging.reply(app.webhook_events(&caller, &filter, paging.request()).await?))
}

/// Get an event
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "Events", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The event", body = WebhookEvent), Problems))]
async fn get(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<WebhookEventId>,
) -> Result<Reply<WebhookEvent>, Problem> {
    Ok(Reply(app.webhook_event(&caller, id).await?.into()))
}
