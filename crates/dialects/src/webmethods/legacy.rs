//! Doors that older gateways know: API-Portal 9.12's events and access tokens, and the compatibility door in Developer
//! Portal. They do nothing that the newer ones do not do, under the same checks. Closed unless
//! `webmethods.legacy_doors` opens them.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{Answer, App, Caller};
use axum::Json;
use axum::extract::{FromRequestParts, Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing;
use domain::{ApplicationId, ExternalValues, RequestStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Doors;
use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::PageQuery;
use super::providers;
use super::wire::{ApplicationUpdate, Credential, Done, Made, ProviderInput};
use edge::handler::boxed;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .door(
            "/portal/abs/apirepository/v1/accesstokens",
            &[("POST", "Answer an event (compatibility)")],
            routing::post(boxed(create_compatible)),
        )
        .door(
            "/portal/abs/apirepository/v1/accesstokens/",
            &[("POST", "Answer an event (compatibility)")],
            routing::post(boxed(create_compatible)),
        )
        .door(
            "/abs/apirepository/v1/accesstokens",
            &[("GET", "List one's applications at gateways"), ("POST", "Answer an event")],
            routing::get(boxed(list)).post(boxed(create)),
        )
        .door(
            "/abs/apirepository/v1/accesstokens/{id}",
            &[("PUT", "Answer an event"), ("DELETE", "Answer an event that asks for an end")],
            routing::put(boxed(put)).delete(boxed(delete)),
        )
        .door(
            "/abs/apirepository/v1/events",
            &[("GET", "List events that wait for an answer"), ("POST", "Accept or reject events")],
            routing::get(boxed(events)).post(boxed(answer_events)),
        )
        .legacy_providers("/abs/apirepository/providers", "/abs/apirepository/providers/{id}/apis")
        .legacy_providers("/abs/apirepository/v1/providers", "/abs/apirepository/v1/providers/{id}/apis")
}

impl Doors {
    /// Gateways, as API-Portal 9.12 knows them.
    fn legacy_providers(self, all: &str, apis: &str) -> Self {
        self.door(all, &[("POST", "Make a gateway")], routing::post(boxed(create_provider))).door(
            apis,
            &[("PUT", "Give a gateway APIs"), ("DELETE", "Take APIs from a gateway")],
            routing::put(boxed(link_apis)).delete(boxed(unlink_apis)),
        )
    }
}

async fn create_provider(
    _: Open,
    app: Shared<Arc<App>>,
    sent: Sent<ProviderInput>,
) -> Result<(StatusCode, Json<Made>), Fault> {
    providers::create(app, sent).await
}

async fn link_apis(
    _: Open,
    app: Shared<Arc<App>>,
    id: Path<String>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    providers::link_apis(app, id, sent).await
}

async fn unlink_apis(
    _: Open,
    app: Shared<Arc<App>>,
    id: Path<String>,
    sent: Sent<Vec<String>>,
) -> Result<Json<Done>, Fault> {
    providers::unlink_apis(app, id, sent).await
}

/// Whether these doors are open. Closed, they look as if they were not there, to whoever may ask at all.
struct Open;

impl FromRequestParts<State> for Open {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Fault> {
        if state.options.legacy_doors {
            return Ok(Self);
        }
        Portal::from_request_parts(parts, state).await?;
        Err(Fault::new(StatusCode::NOT_FOUND, "Unable to find the resource"))
    }
}

#[derive(Debug, Deserialize)]
struct EventQuery {
    #[serde(rename = "eventId")]
    event_id: Option<String>,
}

impl EventQuery {
    fn id(&self) -> Result<Uuid, Fault> {
        let id = self.event_id.as_deref().and_then(domain::parse_uuid);
        id.ok_or_else(Fault::unknown_application)
    }
}

/// What is told who answers by an old door.
fn success(message: &str, key: &str, id: ApplicationId) -> Json<Value> {
    Json(json!({"status": "SUCCESS", "message": message, key: id}))
}

async fn answer(
    app: &App,
    caller: &Caller,
    event: Uuid,
    credentials: Option<Vec<ExternalValues>>,
    raw: Vec<u8>,
) -> Result<ApplicationId, Fault> {
    let application = app.application_of_event(caller, event).await?;
    app.answer_event(caller, application, event, Answer { credentials, raw }).await?;
    Ok(application)
}

async fn create_compatible(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    Query(query): Query<EventQuery>,
    sent: Sent<Option<ApplicationUpdate>>,
) -> Result<Json<Value>, Fault> {
    app.may_answer_events(&sent.caller)?;
    let credentials = sent.body.unwrap_or_default().credentials;
    let credentials = credentials.map(|all| all.into_iter().map(ExternalValues::from).collect());
    let id = answer(&app, &sent.caller, query.id()?, credentials, sent.raw).await?;
    Ok(success("Application created successfully", "accessTokenUuid", id))
}

/// API-Portal's access token. Its details come as a list with types, or flat with the type outside.
#[derive(Debug, Default, Deserialize)]
struct AccessToken {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, rename = "accessTokenDetails")]
    details: Vec<Detail>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Detail {
    Typed {
        #[serde(rename = "type")]
        kind: String,
        properties: Vec<KeyValue>,
    },
    Flat(KeyValue),
}

#[derive(Debug, Deserialize)]
struct KeyValue {
    key: String,
    #[serde(default)]
    value: Value,
}

impl AccessToken {
    fn credentials(self) -> Result<Option<Vec<ExternalValues>>, Fault> {
        let mut flat = Vec::new();
        let mut credentials = Vec::new();
        for detail in self.details {
            match detail {
                Detail::Typed { kind, properties } => credentials.push(credential(&kind, properties)?),
                Detail::Flat(property) => flat.push(property),
            }
        }
        if !flat.is_empty() {
            credentials.push(credential(self.kind.as_deref().unwrap_or_default(), flat)?);
        }
        Ok((!credentials.is_empty()).then_some(credentials))
    }
}

fn credential(kind: &str, properties: Vec<KeyValue>) -> Result<ExternalValues, Fault> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut values: BTreeMap<String, String> =
        properties.into_iter().map(|property| (property.key, text(property.value))).collect();
    let mut take = |key: &str| values.remove(key).unwrap_or_default();
    // Lists of addresses are JSON in a text.
    let list = |text: String| {
        serde_json::from_str::<Vec<String>>(&text)
            .unwrap_or_else(|_| if text.is_empty() { Vec::new() } else { vec![text] })
    };
    let credential = match kind {
        "APIKey" => {
            let expiry = take("expiryDate");
            let expiry = (!expiry.is_empty()).then_some(Value::String(expiry));
            Credential::ApiKey { api_key: take("apiKeyString"), expiry }
        }
        "OAuth2" => Credential::OAuth2 {
            client_id: take("clientId"),
            client_secret: take("clientSecret"),
            scopes: list(take("scopes")),
            token_life_time: take("tokenLifetime").parse().ok(),
            token_refresh_limit: take("refreshCount").parse().ok(),
            authorization_uris: list(take("authorization_uris")),
            access_token_uris: list(take("accesstoken_uris")),
            redirect_uris: list(take("redirect_uris")),
            refresh_token_uris: list(take("refreshtoken_uris")),
        },
        _ => return Err(Fault::wrong("type must be APIKey or OAuth2")),
    };
    Ok(credential.into())
}

async fn create(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    Query(query): Query<EventQuery>,
    sent: Sent<AccessToken>,
) -> Result<Json<Value>, Fault> {
    app.may_answer_events(&sent.caller)?;
    let credentials = sent.body.credentials()?;
    let id = answer(&app, &sent.caller, query.id()?, credentials, sent.raw).await?;
    Ok(success("Access token created successfully!", "accesstokenuuid", id))
}

async fn put(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    Query(query): Query<EventQuery>,
    sent: Sent<AccessToken>,
) -> Result<Json<Value>, Fault> {
    app.may_answer_events(&sent.caller)?;
    let id = super::applications::application_id(&id)?;
    let answer = Answer { credentials: sent.body.credentials()?, raw: sent.raw };
    app.answer_event(&sent.caller, id, query.id()?, answer).await?;
    Ok(Json(json!({"status": "SUCCESS", "message": "Access token renewed successfully!"})))
}

async fn delete(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
    Query(query): Query<EventQuery>,
) -> Result<StatusCode, Fault> {
    app.may_answer_events(&caller)?;
    let id = super::applications::application_id(&id)?;
    app.answer_event(&caller, id, query.id()?, Answer::default()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Value>, Fault> {
    let found = app.provisions(&caller, false, page.slice()?).await?;
    let mut tokens = Vec::new();
    for provision in found.items {
        let (application, _) = app.provision(&caller, provision.application_id).await?;
        tokens.push(json!({
            "id": application.id,
            "name": application.name,
            "description": application.description,
            "type": "Application",
            "userId": super::map::person_id(provision.requester),
            "apis": provision.api_ids,
        }));
    }
    Ok(Json(json!({"accessTokens": tokens, "count": found.count})))
}

#[derive(Debug, Deserialize)]
struct StatusQuery {
    #[serde(rename = "eventStatus")]
    status: Option<String>,
}

async fn events(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(query): Query<StatusQuery>,
) -> Result<Json<Vec<Value>>, Fault> {
    let (word, statuses) = match query.status.as_deref().unwrap_or("NEW") {
        "NEW" => ("NEW", &[RequestStatus::Approved, RequestStatus::DeliveryUnsuccessful][..]),
        "INPROGRESS" => ("INPROGRESS", &[RequestStatus::WaitingThirdParty][..]),
        _ => return Err(Fault::wrong("eventStatus must be NEW or INPROGRESS")),
    };
    let events = app.gateway_events(&caller, statuses).await?;
    let body = |event: &app::GatewayEvent| {
        let mut body = outbound::webmethods::provider_body(event.id, event.kind, event.at, &event.data);
        body["status"] = json!(word);
        body
    };
    Ok(Json(events.iter().map(body).collect()))
}

#[derive(Debug, Deserialize)]
struct EventAnswer {
    #[serde(rename = "eventId")]
    event_id: String,
    #[serde(rename = "eventStatus")]
    status: String,
    #[serde(default)]
    reason: String,
}

/// One after the other; the first that cannot be answered stops it, and says so.
async fn answer_events(
    _: Open,
    Shared(app): Shared<Arc<App>>,
    sent: Sent<Vec<EventAnswer>>,
) -> Result<Json<Value>, Fault> {
    app.may_answer_events(&sent.caller)?;
    if sent.body.is_empty() || sent.body.len() > 200 {
        return Err(Fault::wrong("the body must be a list of 1 to 200 events"));
    }
    for event in &sent.body {
        let id = domain::parse_uuid(&event.event_id).ok_or_else(Fault::unknown_application)?;
        match event.status.as_str() {
            "ACCEPTED" => app.accept_event(&sent.caller, id).await?,
            "REJECTED" => app.refuse_event(&sent.caller, id, &event.reason).await?,
            _ => return Err(Fault::wrong("eventStatus must be ACCEPTED or REJECTED")),
        }
    }
    Ok(Json(json!({"status": "SUCCESS", "message": "Events updated successfully!"})))
}
