//! `/api/v2/applications/{applicationId}/registrations`: which versions an application may call.

use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ApplicationId, SubscriptionId};
use serde_json::{Value, json};

use super::Doors;
use super::body::Body;
use super::caller::Private;
use super::error::{Refusal, Source, Wrong};
use super::map::{self, Ids, STATUSES};
use super::query::{List, Listing, Ops};
use super::wire::Registration;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    let all = "/api/v2/applications/{applicationId}/registrations";
    let one = "/api/v2/applications/{applicationId}/registrations/{registrationId}";
    doors
        .get(all, "Konnect: list registrations", list)
        .post(all, "Konnect: register an application for a version", create)
        .get(one, "Konnect: get a registration", get)
        .on(axum::http::Method::DELETE, one, "Konnect: end a registration", delete)
        .get(&format!("{one}/granted-scopes"), "Konnect: granted scopes of a registration", granted_scopes)
}

async fn list(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Registration>>, Refusal> {
    let known = [
        ("id", Ops::Is),
        ("status", Ops::Is),
        ("product_name", Ops::Text),
        ("product_version_name", Ops::Text),
    ];
    let listing = Listing::read(query.as_deref(), &known)?;
    let id: Option<SubscriptionId> = listing.id("id")?;
    let status = listing.word("status", &STATUSES)?;
    let application: ApplicationId = ids.id("applicationId")?;
    let mut all = state.app.own_subscriptions(&caller, application).await?;
    let (product, version) = (listing.text("product_name"), listing.text("product_version_name"));
    all.retain(|(subscription, of, api)| {
        id.is_none_or(|id| subscription.id == id)
            && status.is_none_or(|status| subscription.status == status)
            && product.fits(api.name.as_str())
            && version.fits(of.name.as_str())
    });
    Ok(listing.cut(all, |(subscription, version, api)| map::registration(&subscription, &version, &api)))
}

async fn create(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
    Body(mut fields): Body,
) -> Result<Response, Refusal> {
    let version = fields.required_id("product_version_id");
    if fields.texts("scopes").is_some_and(|scopes| !scopes.is_empty()) {
        let reason = "cannot be chosen: the scopes of a registration are those of its application";
        fields.refuse(Wrong::dependent(Source::Body, "scopes", reason, &["product_version_id"]));
    }
    fields.close()?;
    let (application, _) = state.app.own_application(&caller, ids.id("applicationId")?).await?;
    let made = state.app.subscribe_under_first_plan(&caller, application.id, version.into()).await;
    let made = match made {
        Ok(created) => created.value,
        // To a developer, a version that is not on offer does not exist.
        Err(app::Error::Invalid(_)) => return Err(Refusal::not_found()),
        Err(error) => return Err(error.into()),
    };
    let registration = find(&state, &caller, application.id, made.id).await?;
    Ok((StatusCode::CREATED, Json(registration)).into_response())
}

async fn get(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<Json<Registration>, Refusal> {
    let (application, id) = both(&ids)?;
    Ok(Json(find(&state, &caller, application, id).await?))
}

async fn delete(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<StatusCode, Refusal> {
    let (application, id) = both(&ids)?;
    find(&state, &caller, application, id).await?;
    state.app.unsubscribe(&caller, id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Scopes belong to clients; an application with API keys has none to be granted.
async fn granted_scopes(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<Json<Value>, Refusal> {
    let (application, id) = both(&ids)?;
    find(&state, &caller, application, id).await?;
    scopes_of(&state, &caller, application).await
}

/// The scopes that the client of an application was granted.
pub(super) async fn scopes_of(
    state: &State,
    caller: &app::Caller,
    application: ApplicationId,
) -> Result<Json<Value>, Refusal> {
    let (application, strategy) = state.app.own_application(caller, application).await?;
    if map::available_scopes(&strategy.method).is_none() {
        return Err(Refusal::no_granted_scopes());
    }
    let scopes = state.app.scopes_of_client(&application, &strategy).await?;
    let scopes = scopes.ok_or_else(Refusal::no_granted_scopes)?;
    Ok(Json(json!({ "scopes": scopes })))
}

/// The operations that name a registration know no 400.
fn both(ids: &Ids) -> Result<(ApplicationId, SubscriptionId), Refusal> {
    let application = ids.id("applicationId").map_err(|_| Refusal::not_found())?;
    let registration = ids.id("registrationId").map_err(|_| Refusal::not_found())?;
    Ok((application, registration))
}

async fn find(
    state: &State,
    caller: &app::Caller,
    application: ApplicationId,
    id: SubscriptionId,
) -> Result<Registration, Refusal> {
    let all = state.app.own_subscriptions(caller, application).await?;
    let found = all.iter().find(|(subscription, ..)| subscription.id == id);
    let (subscription, version, api) = found.ok_or_else(Refusal::not_found)?;
    Ok(map::registration(subscription, version, api))
}
