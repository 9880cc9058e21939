//! `/rest/v1/requests`: what people ask for.

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing;
use domain::RequestId;
use serde::Deserialize;

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::{Listed, PageQuery};
use super::trace::{self, Traced};
use super::wire::{Done, Made, NewRequest, Request};
use super::{Doors, map};

const PATH: &str = "/rest/v1/requests";

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .portal(
            "/rest/v1/requests",
            &[("GET", "List one's requests of a type"), ("POST", "Ask for something")],
            &routing::get(boxed(list)).post(boxed(create)),
        )
        .portal(
            "/rest/v1/requests/pending",
            &[("GET", "List all requests that wait for approval")],
            &routing::get(boxed(pending)),
        )
        .portal(
            "/rest/v1/requests/{id}",
            &[("GET", "Get a request"), ("DELETE", "Take a request back")],
            &routing::get(boxed(get)).delete(boxed(delete)),
        )
        .portal(
            "/rest/v1/requests/{id}/retry",
            &[("PUT", "Have the gateway told again of one state")],
            &routing::put(boxed(retry)),
        )
        .portal(
            "/rest/v1/requests/{id}/trace",
            &[("GET", "What happened to a request, by API")],
            &routing::get(boxed(trace)),
        )
}

#[derive(Debug, Deserialize)]
pub(super) struct TypeQuery {
    #[serde(rename = "type")]
    kind: Option<String>,
    allusers: Option<String>,
}

impl TypeQuery {
    /// The type must be said.
    fn kind(&self) -> Result<domain::RequestKind, Fault> {
        map::kind(self.kind.as_deref().unwrap_or_default())
    }
}

/// An id in a path. What is no id is the id of nothing.
pub(super) fn request_id(text: &str) -> Result<RequestId, Fault> {
    text.parse().map_err(|_| Fault::unknown_request())
}

async fn list(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(query): Query<TypeQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Request>>, Fault> {
    let (kind, slice) = (query.kind()?, page.slice()?);
    let all = query.allusers.as_deref() == Some("true");
    let found = app.requests(&caller, Some(kind), all, slice).await?;
    let everyone = if all { "allusers=true&" } else { "" };
    let filter = format!("type={}&{everyone}", map::kind_word(kind));
    Ok(Json(Listed::linked(found, slice, PATH, &filter, map::request)))
}

async fn pending(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(query): Query<TypeQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Request>>, Fault> {
    let (kind, slice) = (query.kind()?, page.slice()?);
    let found = app.pending_requests(&caller, Some(kind), slice).await?;
    let filter = format!("type={}&", map::kind_word(kind));
    Ok(Json(Listed::linked(found, slice, &format!("{PATH}/pending"), &filter, map::request)))
}

async fn create(
    Shared(app): Shared<Arc<App>>,
    sent: Sent<NewRequest>,
) -> Result<(StatusCode, Json<Made>), Fault> {
    let request = app.make_request(&sent.caller, map::new_request(sent.body)?).await?.value;
    Ok((StatusCode::CREATED, Json(Made::new(PATH, request.id.0))))
}

async fn get(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Request>, Fault> {
    let request = app.request(&caller, request_id(&id)?).await?;
    Ok(Json(map::request_with_context(request)))
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    let id = request_id(&id)?;
    match app.delete_request(&caller, id).await {
        Err(app::Error::Conflict { code: "not_pending", .. }) => {
            let status = map::status_word(app.request(&caller, id).await?.status());
            let message = format!("Unable to delete the user request in status [{status}]");
            Err(Fault::new(StatusCode::BAD_REQUEST, message))
        }
        other => Ok(other.map(|()| StatusCode::NO_CONTENT)?),
    }
}

#[derive(Debug, Deserialize)]
struct StateQuery {
    state: Option<String>,
}

async fn retry(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
    Query(query): Query<StateQuery>,
) -> Result<Json<Done>, Fault> {
    let id = request_id(&id)?;
    // A stranger is not told what else is wrong.
    app.request(&caller, id).await?;
    let state = query.state.as_deref().and_then(domain::parse_uuid);
    let state = state.ok_or_else(|| Fault::wrong("state must be the id of a state of the request"))?;
    match app.retry_request(&caller, id, state).await {
        Err(app::Error::Conflict { message, .. }) => Err(Fault::wrong(message)),
        other => Ok(other.map(|_| Json(Done::new("User request retried successfully")))?),
    }
}

async fn trace(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Traced>, Fault> {
    Ok(Json(trace::of(app.request_story(&caller, request_id(&id)?).await?)))
}
