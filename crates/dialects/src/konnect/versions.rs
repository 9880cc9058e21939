//! `/api/v2/products/{productId}/versions`: what is called, its specification, and the applications that may call it.

use std::collections::HashMap;

use app::{ApplicationFilter, SubscribedTo};
use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ApiId, ApiVersionId};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Doors;
use super::caller::{Guest, Private};
use super::error::{Refusal, Source, Wrong};
use super::map::{self, Ids, STATUSES};
use super::query::{List, Listing, Ops};
use super::wire::{ProductVersion, Stamp, Strategy, stamp};
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    let one = "/api/v2/products/{productId}/versions/{productVersionId}";
    doors
        .get("/api/v2/products/{productId}/versions", "Konnect: list the versions of a product", list)
        .get(one, "Konnect: get a version of a product", get)
        .get(&format!("{one}/spec"), "Konnect: the specification of a version", specification)
        .get(&format!("{one}/spec/operations"), "Konnect: the operations of a version", operations)
        .get(&format!("{one}/applications"), "Konnect: applications by version", applications)
}

fn ids(ids: &Ids) -> Result<(ApiId, ApiVersionId), Refusal> {
    Ok((ids.id("productId")?, ids.id("productVersionId")?))
}

async fn list(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    ids: Ids,
    RawQuery(query): RawQuery,
) -> Result<Json<List<ProductVersion>>, Refusal> {
    let listing = Listing::read(query.as_deref(), &[("name", Ops::Text)])?;
    let offer = state.app.offer(&caller, ids.id("productId")?).await?;
    let terms = state.app.terms(&offer.versions).await?;
    let name = listing.text("name");
    let mut versions = offer.versions;
    versions.retain(|version| name.fits(version.name.as_str()));
    Ok(listing.cut(versions, |version| map::version(&version, terms.get(&version.id))))
}

async fn get(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    path: Ids,
) -> Result<Json<ProductVersion>, Refusal> {
    let (api, id) = ids(&path)?;
    let (_, version) = state.app.offered_version(&caller, api, id).await?;
    let terms = state.app.terms(std::slice::from_ref(&version)).await?;
    Ok(Json(map::version(&version, terms.get(&version.id))))
}

async fn specification(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    path: Ids,
) -> Result<Response, Refusal> {
    let (api, id) = ids(&path)?;
    Ok(match state.app.offered_specification(&caller, api, id).await? {
        Some(content) => Json(json!({"api_type": "openapi", "content": content})).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

async fn operations(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    path: Ids,
) -> Result<Response, Refusal> {
    let (api, id) = ids(&path)?;
    let Some(operations) = state.app.offered_operations(&caller, api, id).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let operations: Vec<_> = operations
        .into_iter()
        .map(|operation| {
            json!({
                "path": operation.path,
                "method": operation.method.to_ascii_lowercase(),
                "operation_id": operation.operation_id,
                "tags": operation.tags,
                "summary": operation.summary,
                "deprecated": operation.deprecated,
            })
        })
        .collect();
    Ok(Json(json!({"api_type": "openapi", "operations": operations})).into_response())
}

/// An application, and how it stands to a version.
#[derive(Debug, Serialize)]
struct VersionApplication {
    id: Uuid,
    name: String,
    registration_id: Option<Uuid>,
    registration_status: Option<&'static str>,
    auth_strategy: Option<Strategy>,
    created_at: Stamp,
    updated_at: Stamp,
}

/// The caller's applications that are registered for a version in any status, or that are not.
async fn applications(
    Shared(state): Shared<State>,
    Private(caller): Private,
    path: Ids,
    RawQuery(query): RawQuery,
) -> Result<Json<List<VersionApplication>>, Refusal> {
    let known = [("name", Ops::Text), ("status", Ops::Is), ("auth_strategy_id", Ops::Is)];
    let listing = Listing::read(query.as_deref(), &known)?;
    let status = listing.word("status", &STATUSES)?;
    let (api, id) = ids(&path)?;
    state.app.offered_version(&caller, api, id).await?;
    let subscribed =
        if is_set(&listing, "unregistered")? { SubscribedTo::No(id) } else { SubscribedTo::Yes(id, status) };
    let name = listing.text("name");
    let filter = ApplicationFilter {
        name_is: name.is.map(ToOwned::to_owned),
        name_contains: name.holds.map(ToOwned::to_owned),
        auth_strategy_id: listing.id("auth_strategy_id")?,
        subscribed: Some(subscribed),
        ..ApplicationFilter::default()
    };
    let found = state.app.own_applications(&caller, filter, listing.slice).await?;
    let mut subscriptions: HashMap<_, _> = state
        .app
        .own_subscriptions_to(&caller, id, &found.items)
        .await?
        .into_iter()
        .map(|subscription| (subscription.application_id, subscription))
        .collect();
    let strategies = state.app.auth_strategies_by_id(&caller).await?;
    let show = |application: domain::Application| {
        let subscription = subscriptions.remove(&application.id);
        let strategy = strategies.get(&application.auth_strategy_id).map(|it| Strategy {
            // Of strategies, this operation shows less than the others.
            key_names: None,
            available_scopes: None,
            ..map::strategy(it)
        });
        VersionApplication {
            id: application.id.0,
            name: application.name.to_string(),
            registration_id: subscription.as_ref().map(|it| it.id.0),
            registration_status: subscription.map(|it| map::status(it.status)),
            auth_strategy: strategy,
            created_at: stamp(application.meta.created_at),
            updated_at: stamp(application.meta.updated_at),
        }
    };
    let data = found.items.into_iter().map(show).collect();
    Ok(listing.reply(data, found.count))
}

/// A switch that may be given without a value.
fn is_set(listing: &Listing, name: &str) -> Result<bool, Refusal> {
    match listing.other(name) {
        None | Some("false") => Ok(false),
        Some("" | "true") => Ok(true),
        Some(_) => Err(Refusal::wrong(Wrong::new(Source::Query, name, "is_boolean", "must be a boolean"))),
    }
}
