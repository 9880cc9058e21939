//! Stylesheets and the like, built into the binary. The name holds a hash of the content, so that it may be kept for
//! ever: `/assets/docs-1f2e….css`.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::Problem;

/// A file that pages refer to.
pub struct Asset {
    path: String,
    media_type: &'static str,
    content: &'static str,
}

/// The documentation of the API.
pub static DOCS: LazyLock<Asset> = LazyLock::new(|| Asset::css("docs", include_str!("../assets/docs.css")));

/// All pages but that.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::css("style", include_str!("../assets/style.css")));

/// What pages do besides, where scripts run.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::script("script", include_str!("../assets/script.js")));

/// Every file that is served.
static ALL: [&LazyLock<Asset>; 3] = [&DOCS, &STYLE, &SCRIPT];

impl Asset {
    fn css(name: &str, content: &'static str) -> Self {
        let path = format!("/assets/{name}-{:016x}.css", hash(content));
        Self { path, media_type: "text/css; charset=utf-8", content }
    }

    fn script(name: &str, content: &'static str) -> Self {
        let path = format!("/assets/{name}-{:016x}.js", hash(content));
        Self { path, media_type: "text/javascript; charset=utf-8", content }
    }

    /// Where it is served.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// FNV-1a: it tells versions of our own files apart; nobody attacks it.
fn hash(content: &str) -> u64 {
    content
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is answered here.
pub const ROUTE: (&str, &str, &str) = ("GET", "/assets/{*file}", "Stylesheets and the like");

/// Serves them.
pub fn router() -> Router {
    Router::new().route(ROUTE.1, get(asset))
}

async fn asset(uri: Uri) -> Result<Response, Problem> {
    let found = ALL.iter().find(|asset| asset.path == uri.path());
    let asset = found
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"))?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.content).into_response())
}
