//! `/api/v2/portal`: what a portal says of itself to whoever opens it.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::{PictureFormat, PortalPicture};
use serde_json::{Value, json};

use super::Doors;
use super::caller::Guest;
use super::error::Refusal;
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .get("/api/v2/portal", "Konnect: the portal", context)
        .get("/api/v2/portal/appearance", "Konnect: how the portal looks", appearance)
        .get("/api/v2/portal/logo", "Konnect: the portal's logo", logo)
        .get("/api/v2/portal/catalog-cover", "Konnect: the banner over the catalogue", cover)
        .get("/api/v2/portal/favicon.ico", "Konnect: the portal's icon", logo)
        .get("/api/v2/portal/stylesheet.css", "Konnect: the portal's stylesheet", stylesheet)
        .get("/api/v2/portal/stylesheet/font.css", "Konnect: the portal's fonts", stylesheet)
}

/// One transparent pixel, for a portal that was given no picture: the operation knows no 404.
const NO_PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\x0bIDATx\xdac`\0\x02\0\0\x05\0\x01\xe9\xfa\xdc\xd8\0\0\0\0IEND\xaeB`\x82";

/// Roles are always enforced, so clients are told to ask what may be done with a product before they offer it.
async fn context(Shared(state): Shared<State>, Guest(_): Guest) -> Result<Json<Value>, Refusal> {
    let portal = state.app.portal().await?;
    Ok(Json(json!({
        "portal_id": portal.id.0,
        "org_id": state.app.organisation_id(),
        "featureset_id": "keywright",
        "feature_set": "keywright",
        "basic_auth_enabled": true,
        "oidc_auth_enabled": state.app.ways_in().await?.iter().any(|way| way.developers),
        "is_public": portal.is_public,
        "rbac_enabled": true,
        "dcr_provider_ids": state.app.bridged_strategies().await?,
        "allowed_time_period": "90d",
        "name": portal.name.as_str(),
        "canonical_domain": host(&state.options.public_url),
    })))
}

fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, host)| host)
}

async fn appearance(Shared(state): Shared<State>, Guest(_): Guest) -> Result<Json<Value>, Refusal> {
    let portal = state.app.portal().await?;
    let url = &state.options.public_url;
    Ok(Json(json!({
        "variables": {"catalog": {
            "logo": {"url": format!("{url}/api/v2/portal/logo")},
            "cover": {"url": format!("{url}/api/v2/portal/catalog-cover")},
            "primary_header": {"text": portal.headline.as_str()},
            "welcome_message": {"text": portal.welcome.as_str()},
        }},
        "stylesheets": {"global": {"main": {"data": {}}}},
    })))
}

async fn logo(Shared(state): Shared<State>, Guest(_): Guest) -> Result<Response, Refusal> {
    picture(&state, PortalPicture::Logo).await
}

async fn cover(Shared(state): Shared<State>, Guest(_): Guest) -> Result<Response, Refusal> {
    picture(&state, PortalPicture::Cover).await
}

async fn picture(state: &State, kind: PortalPicture) -> Result<Response, Refusal> {
    let (format, bytes) = match state.app.portal_picture(kind).await {
        Ok(picture) => picture,
        Err(app::Error::NotFound(_)) => (PictureFormat::Png, NO_PICTURE.to_vec()),
        Err(error) => return Err(error.into()),
    };
    let kind = match format {
        PictureFormat::Png => "image/png",
        // As Konnect writes it.
        PictureFormat::Jpeg => "image/jpg",
    };
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

async fn stylesheet(Guest(_): Guest) -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], "").into_response()
}
