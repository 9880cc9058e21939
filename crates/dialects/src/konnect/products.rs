//! `/api/v2/products`: what is on offer.

use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use serde_json::{Value, json};

use super::Doors;
use super::caller::Guest;
use super::error::Refusal;
use super::map::{self, Ids};
use super::query::{List, Listing, Ops};
use super::wire::Product;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .get("/api/v2/products", "Konnect: list products", list)
        .get("/api/v2/products/{productId}", "Konnect: get a product", get)
        .get("/api/v2/products/{productId}/actions", "Konnect: what may be done with a product", actions)
}

async fn list(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Product>>, Refusal> {
    let known = [("name", Ops::Text), ("description", Ops::Text), ("id", Ops::Is)];
    let listing = Listing::read(query.as_deref(), &known)?;
    let id = listing.id("id")?;
    let (name, description) = (listing.text("name"), listing.text("description"));
    let mut offers = state.app.catalogue(&caller).await?;
    offers.retain(|offer| {
        name.fits(offer.api.name.as_str())
            && description.fits(offer.api.description.as_str())
            && id.is_none_or(|id| offer.api.id == id)
    });
    Ok(listing.cut(offers, map::product))
}

async fn get(Shared(state): Shared<State>, Guest(caller): Guest, ids: Ids) -> Result<Json<Product>, Refusal> {
    Ok(Json(map::product(state.app.offer(&caller, ids.id("productId")?).await?)))
}

/// Whoever sees a product sees its documents. An application of one's own holds no roles, so it cannot be registered
/// for a version that demands some.
async fn actions(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    ids: Ids,
) -> Result<Json<Value>, Refusal> {
    // The operation knows no 400.
    let id = ids.id("productId").map_err(|_| Refusal::not_found())?;
    let offer = state.app.offer(&caller, id).await?;
    let terms = state.app.terms(&offer.versions).await?;
    let register = caller.developer().is_some()
        && offer.versions.iter().any(|version| {
            version.required_roles.is_empty() && terms.get(&version.id).is_some_and(|terms| terms.is_open)
        });
    Ok(Json(json!({"actions": {"view": true, "register": register, "view_documentation": true}})))
}
