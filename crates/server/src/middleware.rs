//! What happens around every request of the public listener.

use std::time::{Duration, Instant};

use app::{Identity, RefusedAct};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use edge::brand;
use edge::extract::{RequestId, Seen};
use edge::problem::Problem;
use edge::state::State;
use edge::words::Reader;

/// How long a handler may take.
const HANDLER: Duration = Duration::from_secs(30);
/// What the log says where nothing is.
const NO_ROUTE: &str = "(no route)";
/// Parameters in a query.
const MAX_PARAMETERS: usize = 256;

/// Puts the request id, the log line, limits and protective headers around a router.
pub(crate) fn around(router: Router, state: State) -> Router {
    router
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this path does not take this method",
            )
        })
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .layer(DefaultBodyLimit::max(state.options.body_bytes))
        .layer(from_fn_with_state(state, every_request))
}

/// All that is done for every request. It is one layer, since each copies those within for every request.
async fn every_request(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let brand = brand::of(&state.app, request.headers()).await;
    let reader = Reader::of(&state.options.translations, request.headers());
    let answer = identify_and_log(&state, request, next);
    match (brand, reader) {
        (Some(brand), Some(reader)) => reader.within(brand::within(brand, answer)).await,
        (Some(brand), None) => brand::within(brand, answer).await,
        // Both are for those who read pages.
        (None, _) => answer.await,
    }
}

/// Gives the request an id, which every log line within, the answer's header and an error's body carry.
async fn identify_and_log(state: &State, mut request: Request, next: Next) -> Response {
    let id = state.request_ids.next(state.app.clock().now());
    let started = Instant::now();
    let wants_page = web::wants_page(&request);
    let tried = Tried::of(&request);
    request.extensions_mut().insert(RequestId(id));
    request.extensions_mut().insert(tried.by.clone());
    let span = tracing::info_span!("request", %id);
    let mut response = tracing::Instrument::instrument(limit_time(request, next), span).await;
    response = dialects::shaped(tried.uri.path(), id, response);
    let problem = response.extensions_mut().remove::<Problem>();
    if response.status() == StatusCode::FORBIDDEN {
        tried.note(state, problem.as_ref());
    }
    if let Some(problem) = problem {
        let problem = Problem { request_id: Some(id.to_string()), ..problem };
        response = if wants_page { as_page(response, &problem) } else { with_request_id(response, &problem) };
    }
    protect(&mut response, state.options.public_url.starts_with("https://"));
    if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    if tracing::enabled!(tracing::Level::INFO) {
        let (method, path, status) = (&tried.method, tried.loggable_path(), response.status().as_u16());
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(request_id = %id, %method, path, status, ms, "request");
    }
    response
}

/// What somebody tries: for the log, and for the audit log, should it be refused.
struct Tried {
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    by: Seen,
}

impl Tried {
    fn of(request: &Request) -> Self {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        Self { method, uri, route: request.extensions().get().cloned(), by: Seen::default() }
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str)
    }

    /// The path without what may be a secret in the wrong place: what is written in the route, and ids.
    fn loggable_path(&self) -> String {
        if self.route.is_none() {
            return NO_ROUTE.to_owned();
        }
        let segments = self.route().split('/').zip(self.uri.path().split('/'));
        let shown = segments.map(|(written, given)| match domain::parse_uuid(given) {
            Some(_) => given,
            None if written.starts_with('{') => "…",
            None => written,
        });
        shown.collect::<Vec<_>>().join("/")
    }

    /// Strangers are not noted: they are asked who they are, and refused nothing that is anybody's.
    fn note(&self, state: &State, problem: Option<&Problem>) {
        let Some(caller) = self.by.caller() else { return };
        if matches!(caller.identity, Identity::Anonymous) {
            return;
        }
        let code = problem.map_or("forbidden", |problem| &problem.code).to_owned();
        let act = format!("{} {}", self.method, self.route());
        let target = self.uri.path().split('/').find_map(domain::parse_uuid);
        state.app.note_refusal(caller, RefusedAct { act, target, code });
    }
}

/// Writes the problem again, now with the request id.
fn with_request_id(response: Response, problem: &Problem) -> Response {
    let Ok(body) = serde_json::to_vec(problem) else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

/// Shows the problem to a person; what its headers say stays.
fn as_page(response: Response, problem: &Problem) -> Response {
    let (mut head, _) = response.into_parts();
    let (page, body) = web::problem(problem).into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.extend(page.headers);
    Response::from_parts(head, body)
}

/// Nothing is cached, sniffed, framed or run unless a handler says otherwise. Where people reach us by https, browsers
/// are told to come by nothing else (RFC 6797); for a year, and for this host only, since others are not ours to speak
/// for.
fn protect(response: &mut Response, by_https: bool) {
    let headers = response.headers_mut();
    if by_https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    let defaults = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, web::POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), ""),
    ];
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// Refuses what a proxy in front may have read differently: compressed bodies, and far too many parameters.
async fn refuse_oddities(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let detail = "send the body without Content-Encoding";
        return Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", detail).into_response();
    }
    let parameters = request.uri().query().map_or(0, |query| query.split('&').count());
    if parameters > MAX_PARAMETERS {
        let detail = format!("the query has more than {MAX_PARAMETERS} parameters");
        return Problem::new(StatusCode::BAD_REQUEST, "too_many_parameters", detail).into_response();
    }
    next.run(request).await
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(HANDLER, refuse_oddities(request, next)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = "this took too long; try again, or ask for less at once";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).retry_after(5).into_response()
        }
    }
}
