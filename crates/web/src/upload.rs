//! Forms that carry a file.

use std::convert::Infallible;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};

use super::csrf;
use super::refused::Refused;
use super::typed::Typed;
use super::visit::{For, Guest, Visit};
use edge::extract::read_body;
use edge::problem::Problem;
use edge::state::State;

/// More parts have none of our forms.
const MOST_PARTS: usize = 16;

/// A form with a file from one of our own pages (`multipart/form-data`, RFC 7578), sent by somebody whom it is for.
pub(crate) struct SentFile<W> {
    /// Who sent it.
    pub(crate) visit: Visit<W>,
    /// What was typed into it.
    pub(crate) typed: Typed,
    /// What is in the file; nothing if none was chosen.
    pub(crate) file: Vec<u8>,
}

impl<W: For> FromRequest<State> for SentFile<W> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &State) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let guest = Guest::sending::<W>(&mut parts, state).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
        // Without parts there is nothing that ties the form to the browser.
        let boundary = boundary.ok_or_else(Refused::foreign_form)?;
        let bytes = read_body(Request::from_parts(parts, body)).await?;
        let (typed, file) = read(bytes, boundary).await.ok_or_else(|| {
            Problem::new(StatusCode::BAD_REQUEST, "malformed", "the form could not be read")
        })?;
        if !guest.may_send(typed.text(csrf::FIELD)) {
            return Err(Refused::foreign_form());
        }
        Ok(Self { visit: Visit::of(guest), typed, file })
    }
}

/// Text from parts without a file name, and the file. `None` if they cannot be read.
async fn read(bytes: axum::body::Bytes, boundary: String) -> Option<(Typed, Vec<u8>)> {
    let whole = futures_util::stream::once(async move { Ok::<_, Infallible>(bytes) });
    let mut form = multer::Multipart::new(whole, boundary);
    let mut texts = Vec::new();
    let mut file = Vec::new();
    let mut count = 0;
    while let Some(part) = form.next_field().await.ok()? {
        count += 1;
        if count > MOST_PARTS {
            return None;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.ok()?;
        if is_file {
            file = bytes.to_vec();
        } else {
            texts.push((name, String::from_utf8(bytes.to_vec()).ok()?));
        }
    }
    let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(texts).finish();
    Some((Typed::parse(text.as_bytes())?, file))
}
