//! `/rest/v1/applications`: what applications are at third parties' gateways, and how those answer.

use std::sync::Arc;

use app::{Answer, App, Caller};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing;
use domain::{ApplicationId, ApplicationRole, DeveloperId, Gateway, Provision};
use serde::Deserialize;

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::{Listed, PageQuery};
use super::wire::{Access, Application, ApplicationUpdate, Credential, Done, Made, NewContext, Request};
use super::{Doors, map};

const PATH: &str = "/rest/v1/applications";

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .portal(
            "/rest/v1/applications",
            &[("GET", "List one's applications at gateways"), ("POST", "Make an application without asking")],
            &routing::get(boxed(list)).post(boxed(create)),
        )
        .portal(
            "/rest/v1/applications/_all",
            &[("GET", "List all applications at gateways")],
            &routing::get(boxed(list_all)),
        )
        .portal(
            "/rest/v1/applications/{id}",
            &[
                ("GET", "Get an application with its credentials"),
                ("PUT", "Answer an event, or change an application"),
                ("DELETE", "Ask for the end of an application"),
            ],
            &routing::get(boxed(get)).put(boxed(put)).delete(boxed(delete)),
        )
        .portal(
            "/rest/v1/applications/{id}/share",
            &[("PUT", "Share an application with users"), ("DELETE", "Share it no more")],
            &routing::put(boxed(share)).delete(boxed(unshare)),
        )
        .portal(
            "/rest/v1/applications/{id}/requests",
            &[("GET", "List one's requests for an application")],
            &routing::get(boxed(requests)),
        )
}

/// An id in a path. What is no id is the id of nothing.
pub(super) fn application_id(text: &str) -> Result<ApplicationId, Fault> {
    text.parse().map_err(|_| Fault::unknown_application())
}

async fn shown(
    app: &App,
    caller: &Caller,
    provision: &Provision,
    credentials: Vec<Credential>,
) -> Result<Application, Fault> {
    let (application, _) = app.provision(caller, provision.application_id).await?;
    let gateway = gateway_of(app, caller, provision).await?;
    Ok(map::application(application, provision, gateway.as_ref(), credentials))
}

async fn gateway_of(app: &App, caller: &Caller, provision: &Provision) -> Result<Option<Gateway>, Fault> {
    match provision.gateway_id {
        Some(id) => Ok(Some(app.gateway(caller, id).await?)),
        None => Ok(None),
    }
}

async fn page_of(
    app: &App,
    caller: &Caller,
    all: bool,
    page: &PageQuery,
) -> Result<Listed<Application>, Fault> {
    let slice = page.slice()?;
    let found = app.provisions(caller, all, slice).await?;
    let path = if all { format!("{PATH}/_all") } else { PATH.to_owned() };
    let mut items = Vec::new();
    for provision in &found.items {
        // Lists hold no credentials: each look at one is noted.
        items.push(shown(app, caller, provision, Vec::new()).await?);
    }
    let found = app::Sliced { items, count: found.count };
    Ok(Listed::linked(found, slice, &path, "", |application| application))
}

async fn list(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Application>>, Fault> {
    Ok(Json(page_of(&app, &caller, false, &page).await?))
}

async fn list_all(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Application>>, Fault> {
    Ok(Json(page_of(&app, &caller, true, &page).await?))
}

async fn create(
    Shared(app): Shared<Arc<App>>,
    sent: Sent<NewContext>,
) -> Result<(StatusCode, Json<Made>), Fault> {
    let new = super::wire::NewRequest {
        kind: map::kind_word(domain::RequestKind::Create).to_owned(),
        context: sent.body,
    };
    let id = app.make_provisioned(&sent.caller, map::new_request(new)?).await?;
    Ok((StatusCode::CREATED, Json(Made::new(PATH, id.0))))
}

async fn get(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Application>, Fault> {
    let id = application_id(&id)?;
    let (application, provision) = app.provision(&caller, id).await?;
    let gateway = gateway_of(&app, &caller, &provision).await?;
    let revealed = app.reveal_credentials(&caller, id).await?;
    let credentials = revealed.into_iter().map(|it| Credential::from(it.values)).collect();
    Ok(Json(map::application(application, &provision, gateway.as_ref(), credentials)))
}

#[derive(Debug, Deserialize)]
struct EventQuery {
    #[serde(rename = "eventId")]
    event_id: Option<String>,
}

async fn put(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    Query(query): Query<EventQuery>,
    sent: Sent<Option<ApplicationUpdate>>,
) -> Result<Json<Done>, Fault> {
    let update = sent.body.unwrap_or_default();
    let credentials: Option<Vec<_>> =
        update.credentials.map(|all| all.into_iter().map(domain::ExternalValues::from).collect());
    let id = application_id(&id).map_err(|fault| refused_first(&sent.caller, fault))?;
    match query.event_id {
        Some(event) => {
            let event = domain::parse_uuid(&event);
            let event = event.ok_or_else(|| refused_first(&sent.caller, Fault::unknown_application()))?;
            let answer = Answer { credentials, raw: sent.raw };
            app.answer_event(&sent.caller, id, event, answer).await?;
        }
        None => {
            let edit = |draft: &mut domain::ApplicationDraft| {
                draft.name = update.name.unwrap_or_else(|| draft.name.clone());
                draft.description = update.description.unwrap_or_else(|| draft.description.clone());
            };
            app.update_provisioned(&sent.caller, id, edit, credentials).await?;
        }
    }
    Ok(Json(Done::new("Application is updated successfully")))
}

/// Who may not answer at all is told that, whatever else is wrong.
fn refused_first(caller: &Caller, fault: Fault) -> Fault {
    if caller.developer().is_some() { Fault::forbidden() } else { fault }
}

#[derive(Debug, Deserialize)]
struct ForceQuery {
    force: Option<String>,
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
    Query(query): Query<ForceQuery>,
) -> Result<StatusCode, Fault> {
    let id = application_id(&id)?;
    app.provision(&caller, id).await?;
    if query.force.as_deref() == Some("true") {
        app.force_delete_provisioned(&caller, id).await?;
    } else {
        let kind = domain::RequestKind::Delete;
        let context = domain::RequestContext::default();
        let wish = app::NewRequest { kind, context, application: Some(id), apis: Vec::new() };
        app.make_request(&caller, wish).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The users in a body. Teams are nothing here: an application is shared with people.
fn users(access: &Access) -> Result<Vec<DeveloperId>, Fault> {
    if !access.teams.is_empty() {
        return Err(Fault::wrong("teams must be empty: applications are shared with users"));
    }
    access.users.iter().enumerate().map(|(i, user)| map::id(&format!("users[{i}]"), user)).collect()
}

async fn share(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Access>,
) -> Result<Json<Done>, Fault> {
    let id = application_id(&id)?;
    app.provision(&sent.caller, id).await?;
    for user in users(&sent.body)? {
        app.set_application_member(&sent.caller, id, user, ApplicationRole::ReadOnly).await?;
    }
    Ok(Json(Done::new("Application is shared successfully")))
}

async fn unshare(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<Access>,
) -> Result<Json<Done>, Fault> {
    let id = application_id(&id)?;
    app.provision(&sent.caller, id).await?;
    for user in users(&sent.body)? {
        match app.remove_application_member(&sent.caller, id, user).await {
            // With whom it is not shared, it is not shared.
            Err(app::Error::NotFound("member")) => {}
            other => drop(other?),
        }
    }
    Ok(Json(Done::new("Application is unshared successfully")))
}

async fn requests(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Request>>, Fault> {
    let found = app.requests_of(&caller, application_id(&id)?, page.slice()?).await?;
    Ok(Json(Listed::plain(found, map::request)))
}
