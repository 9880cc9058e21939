//! `/api/v1/portal`: how this installation shows itself to those who use its APIs.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{PortalDraft, PortalPicture};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::reply;
use super::routes::routes;
use super::wire::{present, set_if_given};
use edge::extract::{IfMatch, Json, Raw, Who};
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get, update))
        .routes(routes!(logo, put_logo, delete_logo))
        .routes(routes!(cover, put_cover, delete_cover))
}

/// How this installation shows itself to those who use its APIs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Portal {
    id: Uuid,
    name: String,
    /// Whether everybody may look at the catalogue, signed in or not.
    is_public: bool,
    /// Whether subscriptions work at once, whatever their API version or plan says.
    approves_subscriptions: bool,
    /// The line on top of the catalogue.
    headline: String,
    /// What stands below it.
    welcome: String,
    /// Origins of pages elsewhere that may call for whoever is signed in.
    allowed_origins: Vec<String>,
    /// The colour of links and buttons, made darker or lighter where text in it could not be read; null: Keywright's own.
    #[schema(pattern = "^#[0-9a-f]{6}$", example = "#0f766e")]
    accent: Option<String>,
    /// What stands at the foot of every page.
    links: Vec<PortalLink>,
}

/// A link at the foot of every page.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortalLink {
    #[schema(min_length = 1, max_length = 60, example = "Terms of use")]
    label: String,
    #[schema(max_length = 2000, example = "https://example.com/terms")]
    url: String,
}

impl From<domain::Portal> for Portal {
    fn from(portal: domain::Portal) -> Self {
        Self {
            id: portal.id.0,
            name: portal.name.to_string(),
            is_public: portal.is_public,
            approves_subscriptions: portal.approves_subscriptions,
            headline: portal.headline.as_str().to_owned(),
            welcome: portal.welcome.as_str().to_owned(),
            allowed_origins: portal.allowed_origins,
            accent: portal.accent.map(|color| color.to_string()),
            links: portal.links.into_iter().map(|it| PortalLink { label: it.label, url: it.url }).collect(),
        }
    }
}

/// What is to change; what is left out stays. A list is replaced by the one that is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PortalChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    is_public: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    approves_subscriptions: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    headline: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 4000, nullable = false)]
    welcome: Option<String>,
    /// Exactly as browsers write them; no wildcards.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 50, nullable = false, example = json!(["https://portal.example.com"]))]
    allowed_origins: Option<Vec<String>>,
    /// Empty: Keywright's own.
    #[serde(default, deserialize_with = "present")]
    #[schema(pattern = "^(#[0-9a-fA-F]{6})?$", nullable = false, example = "#0f766e")]
    accent: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 8, nullable = false)]
    links: Option<Vec<PortalLink>>,
}

impl PortalChange {
    fn apply(self, draft: &mut PortalDraft) {
        set_if_given(&mut draft.name, self.name);
        set_if_given(&mut draft.is_public, self.is_public);
        set_if_given(&mut draft.approves_subscriptions, self.approves_subscriptions);
        set_if_given(&mut draft.headline, self.headline);
        set_if_given(&mut draft.welcome, self.welcome);
        set_if_given(&mut draft.allowed_origins, self.allowed_origins);
        set_if_given(&mut draft.accent, self.accent);
        let links = self.links.map(|links| {
            links.into_iter().map(|it| domain::PortalLink { label: it.label, url: it.url }).collect()
        });
        set_if_given(&mut draft.links, links);
    }
}

/// Get the portal's settings
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/portal", tag = "Portal",
    responses((status = 200, description = "The settings", body = Portal), Problems))]
async fn get(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<Response, Problem> {
    Ok(reply::one::<_, Portal>(app.portal_settings(&caller).await?))
}

/// Change the portal's settings
///
/// Administrators only.
#[utoipa::path(patch, path = "/api/v1/portal", tag = "Portal", request_body = PortalChange,
    params(("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The settings as they are now", body = Portal), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    IfMatch(version): IfMatch,
    Json(change): Json<PortalChange>,
) -> Result<Response, Problem> {
    Ok(reply::one::<_, Portal>(app.update_portal(&caller, version, |draft| change.apply(draft)).await?))
}

/// Get the logo
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/portal/logo", tag = "Portal",
    responses((status = 200, description = "The picture", content((String = "image/png"), (String = "image/jpeg"))),
        Problems))]
async fn logo(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<Response, Problem> {
    show(&app, &caller, PortalPicture::Logo).await
}

/// Put the logo
///
/// Administrators only. A PNG or JPEG of up to 200 KiB; it takes the place of the one before.
#[utoipa::path(put, path = "/api/v1/portal/logo", tag = "Portal",
    request_body(content((String = "image/png"), (String = "image/jpeg"))),
    responses((status = 204, description = "It is there"), Problems))]
async fn put_logo(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Raw(bytes): Raw,
) -> Result<StatusCode, Problem> {
    app.set_portal_picture(&caller, PortalPicture::Logo, Some(bytes)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete the logo
///
/// Administrators only.
#[utoipa::path(delete, path = "/api/v1/portal/logo", tag = "Portal",
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete_logo(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<StatusCode, Problem> {
    app.set_portal_picture(&caller, PortalPicture::Logo, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the banner over the catalogue
///
/// Administrators only.
#[utoipa::path(get, path = "/api/v1/portal/cover", tag = "Portal",
    responses((status = 200, description = "The picture", content((String = "image/png"), (String = "image/jpeg"))),
        Problems))]
async fn cover(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<Response, Problem> {
    show(&app, &caller, PortalPicture::Cover).await
}

/// Put the banner over the catalogue
///
/// Administrators only. A PNG or JPEG of up to 200 KiB; it takes the place of the one before.
#[utoipa::path(put, path = "/api/v1/portal/cover", tag = "Portal",
    request_body(content((String = "image/png"), (String = "image/jpeg"))),
    responses((status = 204, description = "It is there"), Problems))]
async fn put_cover(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Raw(bytes): Raw,
) -> Result<StatusCode, Problem> {
    app.set_portal_picture(&caller, PortalPicture::Cover, Some(bytes)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete the banner over the catalogue
///
/// Administrators only.
#[utoipa::path(delete, path = "/api/v1/portal/cover", tag = "Portal",
    responses((status = 204, description = "It is gone"), Problems))]
async fn delete_cover(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<StatusCode, Problem> {
    app.set_portal_picture(&caller, PortalPicture::Cover, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn show(app: &App, caller: &app::Caller, kind: PortalPicture) -> Result<Response, Problem> {
    app.portal_settings(caller).await?;
    let (format, bytes) = app.portal_picture(kind).await?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], bytes).into_response())
}
