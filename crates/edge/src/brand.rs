//! What every page shows of this installation: its name, its logo, its colour, what stands at the foot. Pages ask for it
//! while they are written; the layer around them knows it.

use std::sync::Arc;

use app::{App, Brand};
use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Color, PortalPicture};

use crate::problem::Problem;

tokio::task_local! {
    static BRAND: Arc<Brand>;
}

/// What the page that is being written shows.
pub fn current() -> Arc<Brand> {
    BRAND.try_with(Arc::clone).unwrap_or_default()
}

/// What the answer to somebody who reads pages shows. Programs are answered without one, and without looking it up.
pub async fn of(app: &App, asked: &HeaderMap) -> Option<Arc<Brand>> {
    if reads_pages(asked) { Some(app.brand().await) } else { None }
}

/// Whether somebody reads pages, and is no program.
pub fn reads_pages(asked: &HeaderMap) -> bool {
    let mut accepted = asked.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/html"))
}

/// Lets pages know it while they are written.
pub async fn within(brand: Arc<Brand>, answer: impl Future<Output = Response>) -> Response {
    BRAND.scope(brand, answer).await
}

/// Where the logo is.
pub const LOGO: &str = "/brand/logo";

/// Where the style sheet with a colour is. It holds for ever.
pub fn style(accent: &Color) -> String {
    format!("/brand/{}.css", accent.to_string().trim_start_matches('#'))
}

/// What is answered here.
pub const ROUTES: [(&str, &str, &str); 2] =
    [("GET", LOGO, "The logo"), ("GET", "/brand/{file}", "The style sheet with the portal's colour")];

/// Serves both.
pub fn router(app: Arc<App>) -> Router {
    Router::new().route(LOGO, get(logo)).route("/brand/{file}", get(sheet)).with_state(app)
}

async fn logo(Shared(app): Shared<Arc<App>>) -> Result<Response, Problem> {
    let (format, bytes) = app.portal_picture(PortalPicture::Logo).await?;
    Ok(([(header::CONTENT_TYPE, format.media_type()), (header::CACHE_CONTROL, "public, max-age=60")], bytes)
        .into_response())
}

async fn sheet(Path(file): Path<String>) -> Result<Response, Problem> {
    let digits = file.strip_suffix(".css").filter(|digits| !digits.starts_with('#'));
    let accent = digits.and_then(|digits| Color::parse(&format!("#{digits}")).ok());
    let accent = accent
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"))?;
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, css(accent)).into_response())
}

/// The darkest ground of light pages, and the lightest of dark ones, that links stand on: see `style.css`.
const LIGHT: Color = Color::new(0xe9, 0xed, 0xec);
const DARK: Color = Color::new(0x25, 0x2e, 0x2b);
/// The text of buttons in dark mode.
const ON_DARK: Color = Color::new(0x06, 0x21, 0x1d);

/// The colour as links and buttons have it: as close to the one that was wished for as can be read.
fn css(accent: Color) -> String {
    let light = accent.readable_on(LIGHT, Color::BLACK);
    let dark = accent.readable_on(DARK, Color::WHITE);
    let (strong, bright) = (light.mixed(Color::BLACK, 20), dark.mixed(Color::WHITE, 25));
    format!(
        ":root{{--accent:light-dark({light},{dark});--accent-strong:light-dark({strong},{bright});\
         --on-accent:light-dark(#ffffff,{ON_DARK})}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::READABLE;

    #[test]
    fn every_color_can_be_read_on_every_ground() {
        for text in ["#ffff00", "#ffffff", "#000000", "#0f766e", "#ff0000", "#7f7f7f"] {
            let accent = Color::parse(text).unwrap();
            let (light, dark) =
                (accent.readable_on(LIGHT, Color::BLACK), accent.readable_on(DARK, Color::WHITE));
            assert!(light.contrast(LIGHT) >= READABLE && light.contrast(Color::WHITE) >= READABLE, "{text}");
            assert!(dark.contrast(DARK) >= READABLE && dark.contrast(ON_DARK) >= READABLE, "{text}");
        }
        assert!(css(Color::parse("#0f766e").unwrap()).starts_with(":root{--accent:light-dark(#0f7"));
        assert_eq!(style(&Color::BLACK), "/brand/000000.css");
    }
}
