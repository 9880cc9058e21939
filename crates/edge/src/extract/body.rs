//! Bodies of requests: strict JSON, and text.

use app::{Caller, Claim};
use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError};
use hyper::body::Body as _;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::objects::Objects;
use super::{Who, field_error};
use crate::problem::Problem;
use crate::state::State;

/// A JSON body. Unknown and repeated fields are errors that name them.
pub struct Json<T>(pub T);

/// A JSON body that may be left out.
pub struct MayJson<T>(pub T);

/// A JSON body that makes something, with its caller, who may have sent an `Idempotency-Key`.
pub struct Create<T> {
    /// Who asks.
    pub caller: Caller,
    /// What is to be made.
    pub body: T,
}

/// A body of bytes, whatever it is said to be.
pub struct Raw(pub Vec<u8>);

/// A body of text.
pub struct Text(pub String);

impl<T: DeserializeOwned> FromRequest<State> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        must_be(JSON, request.headers())?;
        let bytes = read(request).await?;
        parse(&bytes).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<State> for MayJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let is_json = must_be(JSON, request.headers());
        let bytes = read(request).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        is_json?;
        parse::<Option<T>>(&bytes).map(|body| Self(body.unwrap_or_default()))
    }
}

impl<T: DeserializeOwned> FromRequest<State> for Create<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &State) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Who(mut caller) = Who::from_request_parts(&mut parts, state).await?;
        let key = idempotency_claim(&parts, state, &caller)?;
        must_be(JSON, &parts.headers)?;
        let bytes = read(Request::from_parts(parts, body)).await?;
        caller.claim = key.map(|key| {
            let marks = state.app.keys().marks();
            Claim { key, fingerprint: marks.fingerprint("idempotency-body", &[&bytes]) }
        });
        Ok(Self { caller, body: parse(&bytes)? })
    }
}

impl FromRequest<State> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        Ok(Self(read(request).await?.into()))
    }
}

impl FromRequest<State> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &State) -> Result<Self, Problem> {
        let bytes = read(request).await?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Ok(Self(text)),
            Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", "the body is not UTF-8")),
        }
    }
}

const JSON: &str = "application/json";

/// The `Idempotency-Key` of a request, bound to who sends it and to where.
pub fn idempotency_claim(
    parts: &axum::http::request::Parts,
    state: &State,
    caller: &Caller,
) -> Result<Option<[u8; 32]>, Problem> {
    let Some(key) = idempotency_key(&parts.headers)? else { return Ok(None) };
    let (kind, id) = caller.actor().parts();
    let who = format!("{kind}:{}", id.unwrap_or_default());
    let (method, route) = (parts.method.as_str(), parts.uri.path());
    let bound = [who.as_bytes(), method.as_bytes(), route.as_bytes(), key.as_bytes()];
    Ok(Some(state.app.keys().marks().fingerprint("idempotency-key", &bound)))
}

/// Reads the whole body. One that is announced to be too large is refused before its first byte.
pub async fn read(request: Request) -> Result<Bytes, Problem> {
    let announced = request.body().size_hint().lower();
    let body = request.into_limited_body();
    let too_large = || {
        let detail = "the body is larger than this path takes";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    };
    if body.size_hint().upper().is_some_and(|limit| announced > limit) {
        return Err(too_large());
    }
    match body.collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if is_over_limit(&error) => Err(too_large()),
        Err(_) => {
            Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", "the body could not be read to its end"))
        }
    }
}

fn is_over_limit(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<LengthLimitError>())
}

/// The body must be JSON.
pub fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    must_be(JSON, headers)
}

/// The body must be of this type, whatever is said about its character set.
pub(super) fn must_be(essence: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(essence) {
        return Ok(());
    }
    let detail = format!("send the body as Content-Type: {essence}");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

/// At most 255 visible ASCII characters.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    let fits = (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if values.next().is_some() || !fits {
        let detail = "must be given once, with 1 to 255 visible ASCII characters";
        return Err(domain::Invalid::field("Idempotency-Key", "invalid", detail).into());
    }
    Ok(Some(key.to_owned()))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Objects(&mut json)).map_err(|error| {
        let (path, inner) = (error.path().to_string(), error.inner());
        if inner.is_data() {
            return Problem::from(field_error(&path, &inner.to_string()));
        }
        // A word of a closed set that is no text at all is called bad syntax, too.
        let is_json = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        if is_json { field_error(&path, "").into() } else { malformed(inner) }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// Names the place and nothing of the content.
fn malformed(error: &serde_json::Error) -> Problem {
    let detail = format!("the body is no JSON: line {}, column {}", error.line(), error.column());
    Problem::new(StatusCode::BAD_REQUEST, "malformed", detail)
}
