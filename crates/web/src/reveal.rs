//! A secret, shown this once.

use app::App;
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::frame::{Frame, Place};
use super::framed;
use super::refused::Refused;
use super::visit::Guest;
use edge::words::Words;

/// What is said around a secret.
pub(super) struct Revealed {
    pub(super) title: Words,
    pub(super) crumbs: Vec<(String, Words)>,
    /// What the secret is called, and whose it is.
    pub(super) name: Words,
    pub(super) secret: String,
    /// What goes with it and is no secret: names and values.
    pub(super) beside: Vec<(Words, String)>,
    /// Something to be known, such as what becomes of the one that it replaces.
    pub(super) note: Option<Words>,
    pub(super) usage_heading: Words,
    pub(super) usage: Words,
    /// A call that carries it.
    pub(super) call: String,
    /// Where to go when it is stored.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "reveal.html")]
struct Page {
    frame: Frame,
    it: Revealed,
}

impl Revealed {
    /// Shows it.
    ///
    /// # Errors
    /// If the database is not available.
    pub(super) async fn show(self, app: &App, guest: &Guest, place: Place) -> Result<Response, Refused> {
        let frame = Frame::around(app, guest, place).await?;
        Ok(framed(StatusCode::OK, &Page { frame, it: self }))
    }
}
