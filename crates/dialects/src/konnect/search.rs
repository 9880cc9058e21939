//! `/api/v2/search/{indices}`: products by what they, their versions and their documents say.

use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use serde::Serialize;

use super::Doors;
use super::caller::Guest;
use super::error::{Refusal, Source, Wrong};
use super::map::{self, Ids};
use super::query::{List, Listing};
use super::wire::Product;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors.get("/api/v2/search/{indices}", "Konnect: search", search)
}

const INDEX: &str = "product-catalog";
const VERSIONS: &str = "versions";
const DOCUMENTS: &str = "versions.documents";

#[derive(Debug, Serialize)]
struct Hit {
    index: &'static str,
    source: Product,
}

async fn search(
    Shared(state): Shared<State>,
    Guest(caller): Guest,
    ids: Ids,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Hit>>, Refusal> {
    let listing = Listing::read(query.as_deref(), &[])?;
    if ids.text("indices") != INDEX {
        return Err(Refusal::wrong(Wrong::choice(Source::Path, "indices", &[INDEX])));
    }
    let joins: Vec<&str> =
        listing.other("join").unwrap_or_default().split(',').filter(|it| !it.is_empty()).collect();
    if joins.iter().any(|join| ![VERSIONS, DOCUMENTS].contains(join)) {
        return Err(Refusal::wrong(Wrong::choice(Source::Query, "join", &[VERSIONS, DOCUMENTS])));
    }
    let mut offers = state.app.catalogue(&caller).await?;
    let wanted = domain::search_key(listing.other("q").unwrap_or_default().trim());
    if !wanted.is_empty() {
        let documented = match joins.contains(&DOCUMENTS) {
            true => state.app.apis_with_document_like(&wanted).await?,
            false => std::collections::HashSet::new(),
        };
        let holds = |text: &str| domain::search_key(text).contains(&wanted);
        offers.retain(|offer| {
            let itself = holds(offer.api.name.as_str())
                || holds(offer.api.description.as_str())
                || offer.api.tags.iter().any(|tag| holds(tag));
            let versions = joins.contains(&VERSIONS)
                && offer.versions.iter().any(|it| holds(it.name.as_str()) || holds(it.description.as_str()));
            itself || versions || documented.contains(&offer.api.id)
        });
    }
    Ok(listing.cut(offers, |offer| Hit { index: INDEX, source: map::product(offer) }))
}
