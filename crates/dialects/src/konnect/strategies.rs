//! `/api/v2/applications/auth-strategies`: how applications can authenticate.

use axum::Json;
use axum::extract::{RawQuery, State as Shared};

use super::Doors;
use super::caller::Private;
use super::error::{Refusal, Source, Wrong};
use super::map::{self, CREDENTIAL_TYPES};
use super::query::{List, Listing, Ops};
use super::wire::Strategy;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors.get("/api/v2/applications/auth-strategies", "Konnect: list auth strategies", list)
}

async fn list(
    Shared(state): Shared<State>,
    Private(caller): Private,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Strategy>>, Refusal> {
    let listing = Listing::read(query.as_deref(), &[("name", Ops::Text), ("credential_type", Ops::Eq)])?;
    let name = listing.text("name");
    let kind = listing.text("credential_type").is;
    if kind.is_some_and(|kind| !CREDENTIAL_TYPES.contains(&kind)) {
        let field = "filter[credential_type][eq]";
        return Err(Refusal::wrong(Wrong::choice(Source::Query, field, &CREDENTIAL_TYPES)));
    }
    let strategies = state.app.auth_strategies_by_id(&caller).await?;
    let mut strategies: Vec<_> = strategies.into_values().collect();
    strategies.sort_by_key(|strategy| std::cmp::Reverse(strategy.id));
    strategies.retain(|strategy| {
        name.fits(strategy.name.as_str())
            && kind.is_none_or(|kind| map::credential_type(&strategy.method) == kind)
    });
    Ok(listing.cut(strategies, |strategy| map::strategy(&strategy)))
}
