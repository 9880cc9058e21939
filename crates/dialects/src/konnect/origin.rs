//! Pages of other sites: a few may call for whoever is signed in, the others may not.
//!
//! Every browser names the origin of a page that sends a request to another site, whatever the method, but for reads
//! that a page may not look at anyway (Fetch §3.2). A request without an origin comes from a program, which holds its
//! cookie on purpose.

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::Refusal;
use edge::state::State;

/// Refuses changes that a foreign page asks for, and lets the pages on the list read their answers.
pub(super) async fn guard(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let is_listed = match &origin {
        Some(origin) => match state.app.portal().await {
            Ok(portal) => {
                portal.allowed_origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            }
            Err(error) => return Refusal::from(error).into_response(),
        },
        None => false,
    };
    let mut response = if is_preflight(&request) {
        preflight(is_listed)
    } else if is_foreign(&request, origin.as_ref(), is_listed, &state.options.public_url) {
        let detail = "You do not have permission to perform this action";
        Refusal::new(StatusCode::FORBIDDEN, "Forbidden", detail).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin.filter(|_| is_listed) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        let policy = HeaderName::from_static("cross-origin-resource-policy");
        headers.insert(policy, HeaderValue::from_static("cross-origin"));
    }
    response
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && request.headers().contains_key(header::ORIGIN)
}

/// The browser's question whether a page may ask (Fetch §3.2.2).
fn preflight(is_listed: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if is_listed {
        let headers = response.headers_mut();
        let methods = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers
            .insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, accept"));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// Whether a page that is neither ours nor on the list asks for a change.
fn is_foreign(request: &Request, origin: Option<&HeaderValue>, is_listed: bool, own: &str) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_listed {
        return false;
    }
    match origin {
        Some(origin) => !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()),
        None => says_cross_site(request.headers()),
    }
}

fn says_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}
