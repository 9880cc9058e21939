//! Answers with a version, and answers to creates.

use app::Created;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Noun;
use serde::Serialize;

/// The `ETag` of a thing.
pub(crate) fn etag(thing: &impl Noun) -> HeaderValue {
    HeaderValue::from_str(&format!("\"v{}\"", thing.meta().version))
        .unwrap_or(HeaderValue::from_static("\"\""))
}

/// 200 with a thing and its `ETag`.
pub(crate) fn one<T: Noun, W: From<T> + Serialize>(thing: T) -> Response {
    one_with(thing, W::from)
}

/// As [`one`], for things that show differently at different times.
pub(crate) fn one_with<T: Noun, W: Serialize>(thing: T, show: impl FnOnce(T) -> W) -> Response {
    let tag = etag(&thing);
    ([(header::ETAG, tag)], Json(show(thing))).into_response()
}

/// 200 with what is shown of several things, under the `ETag` of one.
pub(crate) fn tagged(tag: HeaderValue, body: &impl Serialize) -> Response {
    ([(header::ETAG, tag)], Json(body)).into_response()
}

/// 201 with a new thing, its `ETag` and its place. `body` is what is shown of it.
pub(crate) fn created<T: Noun, W: Serialize>(
    path: &str,
    created: Created<T>,
    body: impl FnOnce(Created<T>) -> W,
) -> Response {
    let place = format!("{path}/{}", created.value.id());
    created_at(&place, created, body)
}

/// As [`created`], for a thing whose place is not called after its id.
pub(crate) fn created_at<T: Noun, W: Serialize>(
    place: &str,
    created: Created<T>,
    body: impl FnOnce(Created<T>) -> W,
) -> Response {
    let tag = etag(&created.value);
    let place = HeaderValue::from_str(place).ok();
    let replayed = created.replayed;
    made(tag, place, replayed, &body(created))
}

/// 201 with what was made of several things.
pub(crate) fn made(
    tag: HeaderValue,
    place: Option<HeaderValue>,
    replayed: bool,
    body: &impl Serialize,
) -> Response {
    let mut response = (StatusCode::CREATED, [(header::ETAG, tag)], Json(body)).into_response();
    if let Some(place) = place {
        response.headers_mut().insert(header::LOCATION, place);
    }
    if replayed {
        response
            .headers_mut()
            .insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    }
    response
}
