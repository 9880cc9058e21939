//! `/rest/v1/providers`: third parties' gateways, and which APIs are theirs.

use std::sync::Arc;

use app::{App, Caller};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing;
use domain::{ApiId, Gateway, GatewayDraft, GatewayId};

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::{Listed, PageQuery};
use super::wire::{Done, Made, Provider, ProviderInput};
use super::{Doors, hooks, map};

const PATH: &str = "/rest/v1/providers";

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .portal(
            "/rest/v1/providers",
            &[("GET", "List gateways"), ("POST", "Make a gateway")],
            &routing::get(boxed(list)).post(boxed(create)),
        )
        .portal(
            "/rest/v1/providers/{id}",
            &[("GET", "Get a gateway"), ("PUT", "Change a gateway"), ("DELETE", "Delete a gateway")],
            &routing::get(boxed(get)).put(boxed(put)).delete(boxed(delete)),
        )
        .portal(
            "/rest/v1/providers/{id}/apis",
            &[("GET", "List a gateway's APIs"), ("PUT", "Give it APIs"), ("DELETE", "Take APIs from it")],
            &routing::get(boxed(apis)).put(boxed(link_apis)).delete(boxed(unlink_apis)),
        )
        .portal(
            "/rest/v1/providers/{id}/packages",
            &[
                ("GET", "List a gateway's packages"),
                ("PUT", "Give it packages"),
                ("DELETE", "Take packages from it"),
            ],
            &routing::get(boxed(apis)).put(boxed(link_packages)).delete(boxed(unlink_packages)),
        )
}

/// An id in a path. What is no id is the id of nothing.
fn provider_id(text: &str) -> Result<GatewayId, Fault> {
    text.parse().map_err(|_| Fault::unknown_provider(text))
}

/// Names the gateway that is not there.
fn about(id: &str, error: app::Error) -> Fault {
    match error {
        app::Error::NotFound("gateway") => Fault::unknown_provider(id),
        other => other.into(),
    }
}

async fn shown(app: &App, caller: &Caller, gateway: &Gateway, whole: bool) -> Result<Provider, Fault> {
    let endpoints = hooks::of_gateway(app, caller, gateway.id).await?;
    let ids = endpoints.iter().map(|endpoint| endpoint.id.0).collect();
    let whole = whole.then(|| endpoints.iter().map(hooks::shown).collect());
    Ok(map::provider(gateway, ids, whole))
}

async fn list(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Provider>>, Fault> {
    let slice = page.slice()?;
    let found = app.gateways_slice(&caller, slice).await?;
    let mut items = Vec::new();
    for gateway in &found.items {
        items.push(shown(&app, &caller, gateway, false).await?);
    }
    let found = app::Sliced { items, count: found.count };
    Ok(Json(Listed::linked(found, slice, PATH, "", |provider| provider)))
}

fn draft(input: &ProviderInput, draft: &mut GatewayDraft) {
    let given = [
        (&input.name, &mut draft.name),
        (&input.summary, &mut draft.summary),
        (&input.description, &mut draft.description),
        (&input.stage, &mut draft.stage),
        (&input.external_ref_key, &mut draft.external_ref),
    ];
    for (from, to) in given {
        if let Some(value) = from {
            to.clone_from(value);
        }
    }
}

pub(super) async fn create(
    Shared(app): Shared<Arc<App>>,
    sent: Sent<ProviderInput>,
) -> Result<(StatusCode, Json<Made>), Fault> {
    let mut new = GatewayDraft::default();
    draft(&sent.body, &mut new);
    let plugin = hooks::of_plugins(&sent.body)?;
    let gateway = app.create_gateway(&sent.caller, new).await?.value;
    if let Some(hook) = plugin {
        let caller = Caller { claim: None, ..sent.caller.clone() };
        hooks::make(&app, &caller, hook, Some(gateway.id)).await?;
    }
    hooks::attach(&app, &sent.caller, gateway.id, sent.body.webhooks.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(Made::new(PATH, gateway.id.0))))
}

async fn get(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Provider>, Fault> {
    let gateway = app.gateway(&caller, provider_id(&id)?).await.map_err(|error| about(&id, error))?;
    Ok(Json(shown(&app, &caller, &gateway, true).await?))
}

async fn put(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<ProviderInput>,
) -> Result<Json<Provider>, Fault> {
    let provider = provider_id(&id)?;
    let edit = |edited: &mut GatewayDraft| draft(&sent.body, edited);
    let gateway =
        app.update_gateway(&sent.caller, provider, None, edit).await.map_err(|error| about(&id, error))?;
    hooks::attach(&app, &sent.caller, provider, sent.body.webhooks.as_deref()).await?;
    Ok(Json(shown(&app, &sent.caller, &gateway, false).await?))
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    app.delete_gateway(&caller, provider_id(&id)?, None).await.map_err(|error| about(&id, error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn apis(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Vec<uuid::Uuid>>, Fault> {
    let gateway = app.gateway(&caller, provider_id(&id)?).await.map_err(|error| about(&id, error))?;
    Ok(Json(gateway.apis.keys().map(|api| api.0).collect()))
}

fn ids(texts: &[String]) -> Result<Vec<ApiId>, Fault> {
    texts.iter().enumerate().map(|(i, text)| map::id(&format!("[{i}]"), text)).collect()
}

async fn link(app: &App, id: &str, sent: Sent<Vec<String>>) -> Result<(), Fault> {
    let apis = ids(&sent.body)?.into_iter().map(|api| (api, None)).collect();
    app.link_apis(&sent.caller, provider_id(id)?, apis).await.map_err(|error| about(id, error))?;
    Ok(())
}

async fn unlink(app: &App, id: &str, sent: Sent<Vec<String>>) -> Result<(), Fault> {
    let apis = ids(&sent.body)?;
    app.unlink_apis(&sent.caller, provider_id(id)?, &apis).await.map_err(|error| about(id, error))?;
    Ok(())
}

// The two blanks in these texts are the vendor's.

pub(super) async fn link_apis(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    link(&app, &id, sent).await?;
    Ok(Json(Done::new("API/s  linked successfully with provider")))
}

pub(super) async fn unlink_apis(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    unlink(&app, &id, sent).await?;
    Ok(Json(Done::new("API/s  un-linked successfully with provider")))
}

async fn link_packages(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    link(&app, &id, sent).await?;
    Ok(Json(Done::new("Package/s  linked successfully with provider")))
}

async fn unlink_packages(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    unlink(&app, &id, sent).await?;
    Ok(Json(Done::new("Package/s  un-linked successfully with provider")))
}
