//! `/api/v2/applications`: what calls APIs. The caller's own, and nobody else's.

use app::ApplicationFilter;
use axum::Json;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{ApplicationDraft, AuthStrategyId};
use serde_json::Value;

use super::Doors;
use super::body::{Body, Fields};
use super::caller::Private;
use super::error::{Refusal, Source, Wrong};
use super::map::{self, Ids};
use super::query::{List, Listing, Ops};
use super::registrations::scopes_of;
use super::wire::Application;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    let (all, one) = ("/api/v2/applications", "/api/v2/applications/{applicationId}");
    doors
        .get(all, "Konnect: list applications", list)
        .post(all, "Konnect: create an application", create)
        .get(one, "Konnect: get an application", get)
        .on(Method::PATCH, one, "Konnect: change an application", update)
        .on(Method::DELETE, one, "Konnect: delete an application", delete)
        .get(
            &format!("{one}/product-versions/{{productVersionId}}/granted-scopes"),
            "Konnect: granted scopes of an application",
            granted_scopes,
        )
}

async fn list(
    Shared(state): Shared<State>,
    Private(caller): Private,
    RawQuery(query): RawQuery,
) -> Result<Json<List<Application>>, Refusal> {
    let listing = Listing::read(query.as_deref(), &[("name", Ops::Text), ("auth_strategy_id", Ops::Is)])?;
    let name = listing.text("name");
    let filter = ApplicationFilter {
        name_is: name.is.map(ToOwned::to_owned),
        name_contains: name.holds.map(ToOwned::to_owned),
        auth_strategy_id: listing.id("auth_strategy_id")?,
        ..ApplicationFilter::default()
    };
    let found = state.app.own_applications(&caller, filter, listing.slice).await?;
    let strategies = state.app.auth_strategies_by_id(&caller).await?;
    let show = |application: domain::Application| {
        let strategy = strategies.get(&application.auth_strategy_id)?;
        Some(map::application(application, strategy))
    };
    Ok(listing.reply(found.items.into_iter().filter_map(show).collect(), found.count))
}

/// What a body says about an application, whether it is made or changed.
struct TypedApplication {
    reference: Option<String>,
    redirect_uri: Option<String>,
    description: Option<String>,
    scopes: Option<Vec<String>>,
}

impl TypedApplication {
    fn read(fields: &mut Fields) -> Self {
        Self {
            reference: fields.text("reference_id", 255),
            redirect_uri: fields.text("redirect_uri", 2_000),
            description: fields.text("description", 255),
            scopes: fields.texts("scopes"),
        }
    }

    fn apply(self, draft: &mut ApplicationDraft) {
        // What is left out stays; nothing here can be cleared, since nulls are not accepted.
        draft.reference = self.reference.or(draft.reference.take());
        draft.redirect_uri = self.redirect_uri.or(draft.redirect_uri.take());
        if let Some(description) = self.description {
            draft.description = description;
        }
    }
}

async fn create(
    Shared(state): Shared<State>,
    Private(caller): Private,
    Body(mut fields): Body,
) -> Result<Response, Refusal> {
    let name = fields.required("name", 255);
    let strategy = fields.id("auth_strategy_id").map(AuthStrategyId);
    let wish = TypedApplication::read(&mut fields);
    fields.close()?;
    let scopes = wish.scopes.clone().unwrap_or_default();
    // Names may repeat here: Konnect's clients expect none to be taken.
    let mut draft = ApplicationDraft { name, shares_name: true, ..ApplicationDraft::default() };
    wish.apply(&mut draft);
    let made = state.app.create_own_application(&caller, draft, strategy, scopes).await.map_err(scoped)?;
    let has_scopes = map::available_scopes(&made.strategy.method).is_some();
    let body = Application {
        credentials: made.proof.as_ref().map(map::client_secret),
        scopes: has_scopes.then_some(made.scopes),
        ..map::application(made.application, &made.strategy)
    };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Which scopes there are depends on the strategy.
fn scoped(error: app::Error) -> Refusal {
    match error {
        app::Error::Invalid(invalid) if invalid.fields().iter().any(|it| it.field.starts_with("scopes")) => {
            let reason = "cannot be chosen with this auth strategy";
            Refusal::wrong(Wrong::dependent(Source::Body, "scopes", reason, &["auth_strategy_id"]))
        }
        other => other.into(),
    }
}

/// An application with the scopes of its client, if its strategy has some to choose from.
async fn shown(
    state: &State,
    application: domain::Application,
    strategy: &domain::AuthStrategy,
) -> Result<Application, Refusal> {
    let scopes = match map::available_scopes(&strategy.method) {
        Some(_) => state.app.scopes_of_client(&application, strategy).await?,
        None => None,
    };
    Ok(Application { scopes, ..map::application(application, strategy) })
}

async fn get(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<Json<Application>, Refusal> {
    let (application, strategy) = state.app.own_application(&caller, ids.id("applicationId")?).await?;
    Ok(Json(shown(&state, application, &strategy).await?))
}

async fn update(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
    Body(mut fields): Body,
) -> Result<Json<Application>, Refusal> {
    let renamed = fields.has("name").then(|| fields.required("name", 255));
    let wish = TypedApplication::read(&mut fields);
    fields.close()?;
    let (application, _) = state.app.own_application(&caller, ids.id("applicationId")?).await?;
    let scopes = wish.scopes.clone().filter(|scopes| !scopes.is_empty());
    let known_as = application.known_as();
    let edit = |draft: &mut ApplicationDraft| {
        // Clients send the reference back as they got it; one that was made up stays made up.
        let wish = TypedApplication { reference: wish.reference.filter(|it| *it != known_as), ..wish };
        wish.apply(draft);
        if let Some(name) = renamed {
            draft.name = name;
            draft.shares_name = true;
        }
    };
    let updated = state.app.update_own_application(&caller, application.id, scopes.as_deref(), edit);
    let (application, strategy) = updated.await.map_err(scoped)?;
    Ok(Json(shown(&state, application, &strategy).await?))
}

async fn delete(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<StatusCode, Refusal> {
    let (application, _) = state.app.own_application(&caller, ids.id("applicationId")?).await?;
    state.app.delete_application(&caller, application.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The operation knows no 400. Scopes are the application's, whichever version they are asked for.
async fn granted_scopes(
    Shared(state): Shared<State>,
    Private(caller): Private,
    ids: Ids,
) -> Result<Json<Value>, Refusal> {
    let application = ids.id("applicationId").map_err(|_| Refusal::not_found())?;
    let version = ids.id("productVersionId").map_err(|_| Refusal::not_found())?;
    state.app.own_application(&caller, application).await?;
    let offers = state.app.catalogue(&caller).await?;
    if !offers.iter().flat_map(|offer| &offer.versions).any(|it| it.id == version) {
        return Err(Refusal::not_found());
    }
    scopes_of(&state, &caller, application).await
}
