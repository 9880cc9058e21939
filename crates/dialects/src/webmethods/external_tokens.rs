//! `/abs/apirepository/accesstokens/external`: API-Portal's tokens. A member of the approvers' group stores, renews and
//! ends them.

use std::sync::Arc;

use app::App;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing;
use domain::{ExternalTokenId, Property};
use serde::Deserialize;

use edge::handler::boxed;

use super::Doors;
use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .door(
            "/abs/apirepository/accesstokens/external",
            &[("POST", "Store an external token")],
            routing::post(boxed(create)),
        )
        .door(
            "/abs/apirepository/accesstokens/external/{id}",
            &[("PUT", "Renew an external token"), ("DELETE", "End an external token")],
            routing::put(boxed(put)).delete(boxed(delete)),
        )
}

/// A token as it comes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    #[serde(default)]
    user: String,
    #[serde(default)]
    property_list: Vec<Property>,
}

fn token_id(text: &str) -> Result<ExternalTokenId, Fault> {
    text.parse().map_err(|_| unknown())
}

fn unknown() -> Fault {
    Fault::new(StatusCode::NOT_FOUND, "Unable to find the Access Token")
}

fn fault(error: app::Error) -> Fault {
    match error {
        app::Error::NotFound("external_token") => unknown(),
        other => other.into(),
    }
}

/// The bare id: no quotes, no end of line.
fn bare(id: ExternalTokenId) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], id.to_string()).into_response()
}

async fn create(Shared(app): Shared<Arc<App>>, sent: Sent<Token>) -> Result<Response, Fault> {
    let Token { user, property_list } = sent.body;
    let created = app.store_external_token(&sent.caller, &user, &property_list).await.map_err(fault)?;
    let mut response = bare(created.value.id);
    if created.replayed {
        let name = HeaderName::from_static("idempotent-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

async fn put(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Token>,
) -> Result<Response, Fault> {
    let Token { user, property_list } = sent.body;
    app.may_store_tokens(&sent.caller).await?;
    let id = token_id(&id)?;
    app.renew_external_token(&sent.caller, id, &user, &property_list).await.map_err(fault)?;
    Ok(bare(id))
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    app.may_store_tokens(&caller).await?;
    app.delete_external_token(&caller, token_id(&id)?).await.map_err(fault)?;
    Ok(StatusCode::NO_CONTENT)
}
