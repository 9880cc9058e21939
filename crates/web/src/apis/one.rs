//! `/apis/{id}`: an API, one of its versions, the plans it offers, what it can do.

use std::sync::Arc;

use app::{ApiVersionFilter, App, every};
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{Accepted, Api, ApiId, ApiVersion, KeyLocation, Plan, openapi::Operation};

use crate::frame::{Frame, Place};
use crate::markdown::{self, Html};
use crate::refused::{Answer, Refused};
use crate::visit::{Guest, Person, Visit};
use crate::{Pages, example, framed, states, subscriptions};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/apis/{id}", "An API", show)
}

#[derive(Template)]
#[template(path = "api.html")]
struct Page {
    frame: Frame,
    api: Api,
    description: Html,
    tags: Vec<String>,
    versions: Vec<Choice>,
    version: Option<Shown>,
    console: bool,
}

/// A version that can be chosen.
struct Choice {
    path: String,
    name: String,
    chosen: bool,
    deprecated: bool,
}

/// The version that is shown.
struct Shown {
    version: ApiVersion,
    description: Html,
    plans: Vec<Offer>,
    operations: Vec<Operation>,
    /// How its callers prove themselves, in a line.
    key: Words,
    call: String,
}

/// A plan that it offers.
struct Offer {
    name: String,
    description: String,
    limits: Vec<Words>,
    needs_approval: bool,
    path: String,
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiId>, visit: Visit<Person>) -> Answer {
    let api = app.api(&visit.caller, id).await?;
    let filter = ApiVersionFilter { api_id: Some(id), ..ApiVersionFilter::default() };
    let versions = every(|page| app.api_versions(&visit.caller, filter.clone(), page)).await?;
    let asked = visit.query.text("version");
    let chosen = versions.iter().find(|it| it.id.to_string() == asked);
    let chosen = chosen.or_else(|| versions.iter().find(|it| !it.deprecated)).or_else(|| versions.first());
    let choices = versions.iter().map(|it| Choice {
        path: format!("/apis/{id}?version={}", it.id),
        name: it.name.to_string(),
        chosen: chosen.is_some_and(|chosen| chosen.id == it.id),
        deprecated: it.deprecated,
    });
    let versions = choices.collect();
    let version = match chosen {
        Some(version) => Some(shown(&app, &visit, version.clone()).await?),
        None => None,
    };
    let page = Page {
        frame: Frame::around(&app, &visit, Place::Apis).await?,
        description: markdown::render(api.description.as_str()),
        tags: api.tags.clone(),
        api,
        versions,
        version,
        console: visit.is_administrator(),
    };
    Ok(framed(StatusCode::OK, &page))
}

async fn shown(app: &App, guest: &Guest, version: ApiVersion) -> Result<Shown, Refused> {
    let plans = subscriptions::plans(app, guest, &version).await?.into_iter();
    let operations = app.operations(&guest.caller, version.id).await?;
    let strategy = app.auth_strategy(&guest.caller, version.auth_strategy_id).await?;
    let call = example::call(&strategy.method, "YOUR_KEY", &example::address(app, Some(&version)));
    Ok(Shown {
        description: markdown::render(version.description.as_str()),
        plans: plans.map(|plan| offer(plan, &version)).collect(),
        operations,
        key: sends(&version.accepted_credentials, &strategy.method),
        call,
        version,
    })
}

/// What opens it, any one of them.
fn sends(accepted: &[Accepted], method: &domain::AuthMethod) -> Words {
    let each = accepted.iter().map(|kind| match kind {
        Accepted::ApiKey => key(method),
        Accepted::Certificate => "a client certificate".into(),
        Accepted::Basic => "the client’s id and secret, as Authorization: Basic".into(),
        Accepted::Bearer => "an access token, as Authorization: Bearer".into(),
    });
    either(each, ", or ".into())
}

fn either(each: impl Iterator<Item = Words>, or: Words) -> Words {
    Words::said(each.map(String::from).collect::<Vec<_>>().join(&or))
}

fn key(method: &domain::AuthMethod) -> Words {
    match method {
        domain::AuthMethod::KeyAuth { locations } => {
            words!("an API key in {places}", places = either(locations.iter().map(place), " or ".into()))
        }
        domain::AuthMethod::ClientCredentials { .. } => {
            "an access token of the application’s client, as Authorization: Bearer".into()
        }
        domain::AuthMethod::SelfManagedClientCredentials { issuer, .. }
        | domain::AuthMethod::BridgedClientCredentials { issuer, .. } => {
            words!("an access token of {issuer}, as Authorization: Bearer", issuer)
        }
    }
}

fn place(location: &KeyLocation) -> Words {
    match location {
        KeyLocation::Header(name) if name == "authorization" => {
            "the header Authorization, after “Bearer”".into()
        }
        KeyLocation::Header(name) => words!("the header {name}", name),
        KeyLocation::Query(name) => words!("the query parameter {name}", name),
    }
}

fn offer(plan: Plan, version: &ApiVersion) -> Offer {
    Offer {
        name: plan.name.to_string(),
        description: plan.description.as_str().to_owned(),
        limits: plan.limits.iter().map(states::limit).collect(),
        needs_approval: plan.needs_approval,
        path: format!("/api-versions/{}/subscribe?plan={}", version.id, plan.id),
    }
}
