//! `/api/v1/event-types`: what webhook endpoints can be told of. Administrators only.

use std::sync::Arc;

use app::App;
use axum::Json as Reply;
use axum::extract::State as Shared;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use edge::extract::Who;
use edge::problem::{Problem, Problems};
use edge::state::State;

use super::routes::routes;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Every kind of event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventTypes {
    items: Vec<EventType>,
}

/// A kind of event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventType {
    #[schema(example = "application.created")]
    name: &'static str,
    description: &'static str,
}

/// List event types
///
/// All of them at once. Administrators only.
#[utoipa::path(get, path = "/api/v1/event-types", tag = "Event types",
    responses((status = 200, description = "Every kind of event", body = EventTypes), Problems))]
async fn list(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<Reply<EventTypes>, Problem> {
    let types = app.event_types(&caller)?;
    let shown = |it: &domain::EventType| EventType { name: it.name, description: it.description };
    Ok(Reply(EventTypes { items: types.iter().map(shown).collect() }))
}
