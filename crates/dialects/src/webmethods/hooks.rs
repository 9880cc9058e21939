//! `/rest/v1/hooks`: webhook endpoints as Developer Portal shows them. A hook of configuration type `PROVIDER` is told
//! what the gateway that it is attached to is asked; one of type `SYSTEM` what it chose of everything.

use std::sync::Arc;

use app::{App, Caller, WebhookEndpointFilter, every};
use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::routing;
use domain::{
    EVENT_TYPES, GatewayId, WebhookAuth, WebhookAuthDraft, WebhookEndpoint, WebhookEndpointDraft,
    WebhookEndpointId, WebhookShape,
};
use outbound::webmethods::{event_id, event_type};
use serde::Deserialize;
use serde_json::{Value, json};

use edge::handler::boxed;

use super::auth::Portal;
use super::body::Sent;
use super::error::Fault;
use super::page::{Listed, PageQuery};
use super::wire::{Made, ProviderInput};
use super::{Doors, map};

const PATH: &str = "/rest/v1/hooks";

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .portal(
            "/rest/v1/hooks",
            &[("GET", "List webhook endpoints"), ("POST", "Make a webhook endpoint")],
            &routing::get(boxed(list)).post(boxed(create)),
        )
        .portal(
            "/rest/v1/hooks/events",
            &[("GET", "What hooks can be told of")],
            &routing::get(boxed(events)),
        )
        .portal(
            "/rest/v1/hooks/{id}",
            &[
                ("GET", "Get a webhook endpoint"),
                ("PUT", "Change a webhook endpoint"),
                ("POST", "Change a webhook endpoint"),
                ("DELETE", "Delete a webhook endpoint"),
            ],
            // The help says POST where the description of the interface says PUT.
            &routing::get(boxed(get)).put(boxed(put)).post(boxed(put)).delete(boxed(delete)),
        )
}

/// A hook as it comes.
#[derive(Debug, Default, Deserialize)]
pub(super) struct HookInput {
    #[serde(default)]
    url: String,
    configuration_type: Option<String>,
    subscriptions: Option<Vec<Subscription>>,
    enabled: Option<bool>,
    parameters: Option<Parameters>,
}

/// Both shapes are in use: `"X_EVENT"` and `{"id": "X_EVENT"}`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Subscription {
    Id { id: String },
    Word(String),
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    authentication: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

/// A hook as it is shown. Its password never is.
pub(super) fn shown(endpoint: &WebhookEndpoint) -> Value {
    let parameters = match &endpoint.auth {
        WebhookAuth::Basic { username, .. } => json!({"authentication": "BASIC", "username": username}),
        WebhookAuth::Certificate { .. } => json!({"authentication": "SSL"}),
        WebhookAuth::None | WebhookAuth::Bearer { .. } | WebhookAuth::Headers { .. } => {
            json!({"authentication": "NONE"})
        }
    };
    let kind = match endpoint.shape {
        WebhookShape::WebmethodsProvider => "PROVIDER",
        WebhookShape::WebmethodsSystem | WebhookShape::Own => "SYSTEM",
    };
    let subscriptions = endpoint.event_types.iter().flatten();
    let subscriptions: Vec<Value> = subscriptions.map(|kind| json!({"id": event_id(kind)})).collect();
    json!({
        "id": endpoint.id,
        "url": endpoint.url.to_string(),
        "configuration_type": kind,
        "subscriptions": subscriptions,
        "enabled": endpoint.disabled.is_none(),
        "parameters": parameters,
    })
}

fn unknown(id: &str) -> Fault {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
    Fault::new(StatusCode::NOT_FOUND, format!("Unable to find the Webhook with id [{shown}]"))
}

fn about(id: &str, error: app::Error) -> Fault {
    match error {
        app::Error::NotFound("webhook_endpoint") => unknown(id),
        other => other.into(),
    }
}

fn hook_id(text: &str) -> Result<WebhookEndpointId, Fault> {
    text.parse().map_err(|_| unknown(text))
}

/// The hooks that are attached to a gateway, as far as the caller may see hooks.
pub(super) async fn of_gateway(
    app: &App,
    caller: &Caller,
    gateway: GatewayId,
) -> Result<Vec<WebhookEndpoint>, Fault> {
    let filter = WebhookEndpointFilter { gateway_id: Some(gateway), enabled: None };
    match every(|page| app.webhook_endpoints(caller, &filter, page)).await {
        Ok(hooks) => Ok(hooks),
        Err(app::Error::Forbidden(_)) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// Attaches exactly these hooks to a gateway: those that are named, if any are.
pub(super) async fn attach(
    app: &App,
    caller: &Caller,
    gateway: GatewayId,
    hooks: Option<&[String]>,
) -> Result<(), Fault> {
    let Some(hooks) = hooks else { return Ok(()) };
    let wanted =
        hooks.iter().map(|id| map::id("webhooks", id)).collect::<Result<Vec<WebhookEndpointId>, _>>()?;
    let filter = WebhookEndpointFilter { gateway_id: Some(gateway), enabled: None };
    let present = every(|page| app.webhook_endpoints(caller, &filter, page)).await?;
    for endpoint in present.iter().filter(|endpoint| !wanted.contains(&endpoint.id)) {
        app.update_webhook_endpoint(caller, endpoint.id, None, |draft| draft.gateway_id = None).await?;
    }
    for id in wanted {
        if present.iter().any(|endpoint| endpoint.id == id) {
            continue;
        }
        let edit = |draft: &mut WebhookEndpointDraft| draft.gateway_id = Some(gateway);
        app.update_webhook_endpoint(caller, id, None, edit)
            .await
            .map_err(|error| about(&id.to_string(), error))?;
    }
    Ok(())
}

/// The hook that a provider in the legacy form brings along: a callback URL, and a Basic login for it.
pub(super) fn of_plugins(input: &ProviderInput) -> Result<Option<HookInput>, Fault> {
    const PREFIX: &str = "com.aris.umc.apiportal.external.event.notify.";
    let Some(plugin) = input.notification_plugins.iter().find(|plugin| plugin.id == "HTTP") else {
        return Ok(None);
    };
    let url = plugin.parameters.get(&format!("{PREFIX}endpoint")).and_then(Value::as_str).unwrap_or_default();
    let parameters = match input.credentials.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => {
            let (username, password) =
                decode(text).ok_or_else(|| Fault::wrong("credentials must be user:password in base64"))?;
            let authentication = Some("BASIC".to_owned());
            Some(Parameters { authentication, username: Some(username), password: Some(password) })
        }
        None => None,
    };
    Ok(Some(HookInput {
        url: url.to_owned(),
        configuration_type: Some("PROVIDER".to_owned()),
        parameters,
        ..HookInput::default()
    }))
}

fn decode(text: &str) -> Option<(String, String)> {
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_STANDARD.decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// What a hook of this input is; `present`: whose password may be kept.
fn draft(input: HookInput, present: Option<&WebhookEndpoint>) -> Result<WebhookEndpointDraft, Fault> {
    if input.url.is_empty() {
        return Err(Fault::wrong("Url is missing"));
    }
    let shape = match (input.configuration_type.as_deref(), present) {
        (Some("PROVIDER"), _) => WebhookShape::WebmethodsProvider,
        (None, Some(endpoint)) => endpoint.shape,
        (None | Some("SYSTEM"), _) => WebhookShape::WebmethodsSystem,
        _ => return Err(Fault::wrong("configuration_type must be SYSTEM or PROVIDER")),
    };
    let subscriptions = match (input.subscriptions, present) {
        (Some(subscriptions), _) => Some(subscribed(subscriptions)?),
        (None, Some(endpoint)) => endpoint.event_types.clone(),
        (None, None) => Some(Vec::new()),
    };
    // A gateway's hook that chose nothing is told all that its gateway is asked; a system's hook nothing.
    let is_provider = shape == WebhookShape::WebmethodsProvider;
    let event_types = subscriptions.filter(|chosen| !(is_provider && chosen.is_empty()));
    Ok(WebhookEndpointDraft {
        url: input.url,
        description: present.map(|endpoint| endpoint.description.as_str().to_owned()).unwrap_or_default(),
        event_types,
        gateway_id: present.and_then(|endpoint| endpoint.gateway_id),
        shape,
        auth: auth(input.parameters, present)?,
        // What is asked for an application comes to its gateway in the order in which it was asked.
        ordered: is_provider,
    })
}

fn subscribed(subscriptions: Vec<Subscription>) -> Result<Vec<String>, Fault> {
    let word = |subscription| match subscription {
        Subscription::Id { id } => id,
        Subscription::Word(word) => word,
    };
    let mut types = Vec::new();
    for (i, subscription) in subscriptions.into_iter().enumerate() {
        let known = event_type(&word(subscription));
        let known = known.ok_or_else(|| Fault::wrong(format!("subscriptions[{i}] is no known event")))?;
        if !types.contains(&known.to_owned()) {
            types.push(known.to_owned());
        }
    }
    Ok(types)
}

fn auth(
    parameters: Option<Parameters>,
    present: Option<&WebhookEndpoint>,
) -> Result<Option<WebhookAuthDraft>, Fault> {
    let Some(Parameters { authentication, username, password }) = parameters else {
        return Ok(if present.is_some() { None } else { Some(WebhookAuthDraft::None) });
    };
    match authentication.as_deref().map(str::to_uppercase).as_deref() {
        None | Some("NONE" | "") => Ok(Some(WebhookAuthDraft::None)),
        Some("BASIC") => {
            let username = username.filter(|name| !name.is_empty());
            let password = password.filter(|password| !password.is_empty());
            let known = present.is_some_and(|endpoint| {
                matches!(&endpoint.auth, WebhookAuth::Basic { username: known, .. } if Some(known) == username.as_ref())
            });
            match (username, password) {
                (Some(username), Some(password)) => Ok(Some(WebhookAuthDraft::Basic { username, password })),
                (Some(_), None) if known => Ok(None),
                (_, None) => Err(Fault::wrong("Password is missing")),
                (None, _) => Err(Fault::wrong("Username is missing")),
            }
        }
        Some("SSL") => {
            // What is shown is sent back with a change: it stays as it is.
            let has_one = |it: &WebhookEndpoint| matches!(it.auth, WebhookAuth::Certificate { .. });
            if present.is_some_and(has_one) {
                return Ok(None);
            }
            Err(Fault::wrong(
                "authentication SSL is set by /api/v1/webhook-endpoints or in the console, as PEM; Java keystores are not read",
            ))
        }
        Some(_) => Err(Fault::wrong("authentication must be BASIC or NONE")),
    }
}

/// Makes a hook, attached to a gateway if one is named.
pub(super) async fn make(
    app: &App,
    caller: &Caller,
    input: HookInput,
    gateway: Option<GatewayId>,
) -> Result<WebhookEndpoint, Fault> {
    let enabled = input.enabled.unwrap_or(true);
    let draft = WebhookEndpointDraft { gateway_id: gateway, ..draft(input, None)? };
    let endpoint = app.create_webhook_endpoint(caller, draft, None).await?.value;
    if enabled {
        Ok(endpoint)
    } else {
        Ok(app.set_webhook_endpoint_enabled(caller, endpoint.id, false).await?)
    }
}

/// Who may not is told that, whatever else is wrong.
async fn must_manage(app: &App, caller: &Caller) -> Result<(), Fault> {
    app.event_types(caller)?;
    Ok(())
}

async fn list(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Query(page): Query<PageQuery>,
) -> Result<Json<Listed<Value>>, Fault> {
    let filter = WebhookEndpointFilter::default();
    let all = every(|page| app.webhook_endpoints(&caller, &filter, page)).await?;
    let slice = page.slice()?;
    let count = all.len() as u64;
    let skip = usize::try_from(slice.page.saturating_mul(slice.limit)).unwrap_or(usize::MAX);
    let take = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let items: Vec<Value> = all.iter().skip(skip).take(take).map(shown).collect();
    Ok(Json(Listed::linked(app::Sliced { items, count }, slice, PATH, "", |hook| hook)))
}

async fn events(Shared(app): Shared<Arc<App>>, Portal(caller): Portal) -> Result<Json<Vec<Value>>, Fault> {
    must_manage(&app, &caller).await?;
    let event = |event: &domain::EventType| json!({"id": event_id(event.name), "name": event.name, "description": event.description});
    Ok(Json(EVENT_TYPES.iter().map(event).collect()))
}

async fn create(
    Shared(app): Shared<Arc<App>>,
    sent: Sent<HookInput>,
) -> Result<(StatusCode, Json<Made>), Fault> {
    must_manage(&app, &sent.caller).await?;
    let endpoint = make(&app, &sent.caller, sent.body, None).await?;
    Ok((StatusCode::CREATED, Json(Made::new(PATH, endpoint.id.0))))
}

async fn get(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<Json<Value>, Fault> {
    must_manage(&app, &caller).await?;
    let found = app.webhook_endpoint(&caller, hook_id(&id)?).await.map_err(|error| about(&id, error))?;
    Ok(Json(shown(&found.endpoint)))
}

async fn put(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    sent: Sent<HookInput>,
) -> Result<Json<Value>, Fault> {
    must_manage(&app, &sent.caller).await?;
    let hook = hook_id(&id)?;
    let present = app.webhook_endpoint(&sent.caller, hook).await.map_err(|error| about(&id, error))?.endpoint;
    let enabled = sent.body.enabled;
    let new = draft(sent.body, Some(&present))?;
    let edit = |draft: &mut WebhookEndpointDraft| *draft = new;
    let mut endpoint = app.update_webhook_endpoint(&sent.caller, hook, None, edit).await?;
    if let Some(enabled) = enabled.filter(|enabled| *enabled != endpoint.disabled.is_none()) {
        endpoint = app.set_webhook_endpoint_enabled(&sent.caller, hook, enabled).await?;
    }
    Ok(Json(shown(&endpoint)))
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Portal(caller): Portal,
    Path(id): Path<String>,
) -> Result<StatusCode, Fault> {
    must_manage(&app, &caller).await?;
    app.delete_webhook_endpoint(&caller, hook_id(&id)?, None).await.map_err(|error| about(&id, error))?;
    Ok(StatusCode::NO_CONTENT)
}
