//! `/rest/v1/apis`: a gateway's pipeline publishes an API, as a form with parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::{App, Caller};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::routing;
use domain::openapi::{self, MAX_SPECIFICATION};
use domain::{ApiDraft, GatewayId};

use super::Doors;
use super::auth::Portal;
use super::error::Fault;
use super::wire::Made;
use edge::extract::read_body;
use edge::handler::boxed;
use edge::state::State;

const PATH: &str = "/rest/v1/apis";
/// A specification, and what stands around it.
const MAX_FORM: usize = MAX_SPECIFICATION + (64 << 10);
/// How many parts are read.
const MAX_PARTS: usize = 50;

pub(super) fn routes(doors: Doors) -> Doors {
    let publish = routing::post(boxed(publish)).layer(DefaultBodyLimit::max(MAX_FORM));
    doors.portal(PATH, &[("POST", "Publish an API")], &publish)
}

/// Who publishes, and the parts of the form, each as text.
struct Sent {
    caller: Caller,
    parts: BTreeMap<String, String>,
}

impl FromRequest<State> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &State) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let Portal(caller) = Portal::from_request_parts(&mut parts, state).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
        let boundary =
            boundary.ok_or_else(|| Fault::payload("must be multipart/form-data with a boundary"))?;
        let bytes = read_body(Request::from_parts(parts, body)).await.map_err(|problem| {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            Fault::new(status, problem.detail)
        })?;
        Ok(Self { caller, parts: read(bytes, boundary).await? })
    }
}

async fn read(bytes: Bytes, boundary: String) -> Result<BTreeMap<String, String>, Fault> {
    let broken = |_| Fault::payload("the parts of the form cannot be read");
    let whole = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(bytes) });
    let mut form = multer::Multipart::new(whole, boundary);
    let mut parts = BTreeMap::new();
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(broken)?;
        let text = String::from_utf8(bytes.to_vec());
        let text = text.map_err(|_| Fault::payload("the parts of the form must be UTF-8"))?;
        if parts.len() >= MAX_PARTS || parts.insert(name, text).is_some() {
            return Err(Fault::payload(format!("must have at most {MAX_PARTS} parts, each once")));
        }
    }
    Ok(parts)
}

impl Sent {
    fn given(&self, name: &str) -> Option<&str> {
        self.parts.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The specification. Nothing is fetched from an address that somebody names.
    async fn specification(&self) -> Result<Option<String>, Fault> {
        if self.given("url").is_some() {
            return Err(Fault::wrong("url is not fetched: send the specification as file or content"));
        }
        let Some(text) = self.given("file").or_else(|| self.given("content")) else { return Ok(None) };
        let text = text.to_owned();
        let reading = tokio::task::spawn_blocking(move || openapi::parse(&text).map(|_| text));
        match reading.await {
            Ok(read) => Ok(Some(read.map_err(app::Error::from)?)),
            Err(_) => Err(Fault::payload("the specification cannot be read")),
        }
    }

    /// The gateway that it is to belong to.
    async fn gateway(&self, app: &App) -> Result<Option<GatewayId>, Fault> {
        let Some(text) = self.given("providerid") else { return Ok(None) };
        let unknown = || Fault::unknown_provider(text);
        let id: GatewayId = text.parse().map_err(|_| unknown())?;
        Ok(Some(app.gateway(&self.caller, id).await.map_err(|_| unknown())?.id))
    }
}

async fn publish(Shared(app): Shared<Arc<App>>, sent: Sent) -> Result<(StatusCode, Json<Made>), Fault> {
    // Who may not is told that before anything else.
    app.may_make_apis(&sent.caller)?;
    let specification = sent.specification().await?;
    let gateway = sent.gateway(&app).await?;
    let draft = ApiDraft {
        name: sent.given("name").unwrap_or_default().to_owned(),
        description: sent.given("description").or(sent.given("summary")).unwrap_or_default().to_owned(),
        tags: Vec::new(),
    };
    let api = app.create_api(&sent.caller, draft).await?.value;
    if let Some(text) = specification {
        let name = sent.given("version").unwrap_or("1.0").to_owned();
        // It is called at the gateway whose it is. A gateway that asks us finds it at a path that nobody else has, until
        // somebody says otherwise.
        let path = format!("/{}", api.id);
        let edit = |draft: &mut domain::ApiVersionDraft| {
            (draft.name, draft.path_prefixes) = (name, vec![path]);
        };
        let version = app.create_api_version(&sent.caller, api.id, edit, true).await?.value;
        app.set_specification(&sent.caller, version.id, None, Some(text)).await?;
    }
    if let Some(gateway) = gateway {
        let reference = sent.given("externalRefKey").map(str::to_owned);
        app.link_apis(&sent.caller, gateway, vec![(api.id, reference)]).await?;
    }
    Ok((StatusCode::CREATED, Json(Made::new(PATH, api.id.0))))
}
