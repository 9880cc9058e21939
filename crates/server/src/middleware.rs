//! What happens around every request of the public listener.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{Identity, RefusedAct};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower::Service;
use uuid::Uuid;

use edge::brand;
use edge::extract::{RequestId, Seen};
use edge::problem::Problem;
use edge::state::State;
use edge::words::Reader;

use crate::listen::Answers;

/// How long a handler may take.
const HANDLER: Duration = Duration::from_secs(30);
/// What the log says where nothing is.
const NO_ROUTE: &str = "(no route)";
/// Parameters in a query.
const MAX_PARAMETERS: usize = 256;

/// A router with what happens around every request. It is no layer: layers are copied, and what they do is put into a
/// box, for every request anew.
#[derive(Clone)]
pub struct Public {
    router: Router,
    around: Arc<Around>,
}

struct Around {
    state: State,
    routes: Written,
}

/// The paths as they are written in the routes, for the logs. The router says it to those within only.
struct Written(matchit::Router<String>);

impl Written {
    fn new(paths: impl IntoIterator<Item = String>) -> Self {
        let mut router = matchit::Router::new();
        for path in paths {
            // Each method has a line of its own; one of them is enough.
            let _ = router.insert(path.clone(), path);
        }
        Self(router)
    }

    fn of(&self, path: &str) -> Option<&str> {
        self.0.at(path).ok().map(|found| found.value.as_str())
    }
}

/// Puts the request id, the log line, limits and protective headers around a router that answers these paths.
pub(crate) fn around(router: Router, paths: impl IntoIterator<Item = String>, state: State) -> Public {
    let router = router
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this path does not take this method",
            )
        })
        // Routes are made ready once, not at each request.
        .with_state(());
    Public { router, around: Arc::new(Around { state, routes: Written::new(paths) }) }
}

impl Answers for Public {
    async fn answer(self, request: Request) -> Response {
        let state = &self.around.state;
        let brand = brand::of(&state.app, request.headers()).await;
        let reader = Reader::of(&state.options.translations, request.headers());
        let answer = self.identify_and_log(request);
        match (brand, reader) {
            (Some(brand), Some(reader)) => reader.within(brand::within(brand, answer)).await,
            (Some(brand), None) => brand::within(brand, answer).await,
            // Both are for those who read pages.
            (None, _) => answer.await,
        }
    }
}

impl Public {
    /// Gives the request an id, which every log line within, the answer's header and an error's body carry.
    async fn identify_and_log(self, mut request: Request) -> Response {
        let Self { router, around } = self;
        let state = &around.state;
        let id = state.request_ids.next(state.app.clock().now());
        let started = Instant::now();
        let wants_page = web::wants_page(&request);
        let tried = Tried::of(&request);
        request.extensions_mut().insert(RequestId(id));
        request.extensions_mut().insert(tried.by.clone());
        DefaultBodyLimit::max(state.options.body_bytes).apply(&mut request);
        let span = tracing::info_span!("request", %id);
        let mut response = tracing::Instrument::instrument(limit_time(router, request), span).await;
        response = dialects::shaped(tried.uri.path(), id, response);
        let problem = response.extensions_mut().remove::<Problem>();
        if response.status() == StatusCode::FORBIDDEN {
            tried.note(&around, problem.as_ref());
        }
        if let Some(problem) = problem {
            let problem = Problem { request_id: Some(id.to_string()), ..problem };
            response =
                if wants_page { as_page(response, &problem) } else { with_request_id(response, &problem) };
        }
        protect(&mut response, state.options.public_url.starts_with("https://"));
        if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        if tracing::enabled!(tracing::Level::INFO) {
            let path = tried.loggable_path(&around.routes);
            let (method, status) = (&tried.method, response.status().as_u16());
            let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(request_id = %id, %method, path, status, ms, "request");
        }
        response
    }
}

/// What somebody tries: for the log, and for the audit log, should it be refused.
struct Tried {
    method: Method,
    uri: Uri,
    by: Seen,
}

impl Tried {
    fn of(request: &Request) -> Self {
        Self { method: request.method().clone(), uri: request.uri().clone(), by: Seen::default() }
    }

    /// The path as routes are written. Konnect's clients may begin it with two slashes.
    fn path(&self) -> &str {
        let path = self.uri.path();
        path.strip_prefix('/').filter(|rest| rest.starts_with('/')).unwrap_or(path)
    }

    /// The path without what may be a secret in the wrong place: what is written in the route, and ids.
    fn loggable_path(&self, routes: &Written) -> String {
        let Some(route) = routes.of(self.path()) else { return NO_ROUTE.to_owned() };
        let segments = route.split('/').zip(self.path().split('/'));
        let shown = segments.map(|(written, given)| match domain::parse_uuid(given) {
            Some(_) => given,
            None if written.starts_with('{') => "…",
            None => written,
        });
        shown.collect::<Vec<_>>().join("/")
    }

    /// Strangers are not noted: they are asked who they are, and refused nothing that is anybody's.
    fn note(&self, around: &Around, problem: Option<&Problem>) {
        let Some(caller) = self.by.caller() else { return };
        if matches!(caller.identity, Identity::Anonymous) {
            return;
        }
        let code = problem.map_or("forbidden", |problem| &problem.code).to_owned();
        let act = format!("{} {}", self.method, around.routes.of(self.path()).unwrap_or(NO_ROUTE));
        let target = self.uri.path().split('/').find_map(domain::parse_uuid);
        around.state.app.note_refusal(caller, RefusedAct { act, target, code });
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

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Made once, as long as this program: a value is looked at character by character before it is one.
static PROTECTION: [(HeaderName, HeaderValue); 8] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(web::POLICY)),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (RESOURCE_POLICY, HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("")),
];

/// Nothing is cached, sniffed, framed or run unless a handler says otherwise. Where people reach us by https, browsers
/// are told to come by nothing else (RFC 6797); for a year, and for this host only, since others are not ours to speak
/// for.
fn protect(response: &mut Response, by_https: bool) {
    let headers = response.headers_mut();
    if by_https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    for (name, value) in &PROTECTION {
        headers.entry(name).or_insert_with(|| value.clone());
    }
}

/// What a proxy in front may have read differently is refused: compressed bodies, and far too many parameters.
fn oddity(request: &Request) -> Option<Problem> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        let detail = "send the body without Content-Encoding";
        return Some(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", detail));
    }
    let parameters = request.uri().query().map_or(0, |query| query.split('&').count());
    (parameters > MAX_PARAMETERS).then(|| {
        let detail = format!("the query has more than {MAX_PARAMETERS} parameters");
        Problem::new(StatusCode::BAD_REQUEST, "too_many_parameters", detail)
    })
}

/// Handlers get so much time and no more. One that panics has an answer, too: what it held is given back as it is
/// dropped, and nothing of it is looked at again.
async fn limit_time(mut router: Router, request: Request) -> Response {
    if let Some(problem) = oddity(&request) {
        return problem.into_response();
    }
    let answer = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind();
    match tokio::time::timeout(HANDLER, answer).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_panic)) => Problem::internal().into_response(),
        Err(_) => {
            let detail = "this took too long; try again, or ask for less at once";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).retry_after(5).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;

    use super::*;

    fn request(path: &str) -> Request {
        Request::builder().uri(path).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_handler_that_panics_has_an_answer() {
        async fn at_once() {
            panic!("on purpose")
        }
        async fn later() {
            tokio::task::yield_now().await;
            panic!("on purpose")
        }
        let router = Router::new().route("/at-once", get(at_once)).route("/later", get(later));
        for path in ["/at-once", "/later"] {
            let response = limit_time(router.clone(), request(path)).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
            assert!(response.extensions().get::<Problem>().is_some(), "{path}");
        }
    }

    #[test]
    fn a_request_is_logged_by_its_route() {
        let id = "0197f2a0-0000-7000-8000-000000000001";
        let routes = Written::new(crate::public_routes().into_iter().map(|route| route.path));
        let logged = |path: &str| Tried::of(&request(path)).loggable_path(&routes);
        assert_eq!(logged("/oauth2/token?secret=1"), "/oauth2/token");
        assert_eq!(logged(&format!("/api/v1/partners/{id}")), format!("/api/v1/partners/{id}"));
        assert_eq!(logged("/api/v1/partners/hunter2"), "/api/v1/partners/…");
        assert_eq!(logged("//api/v2/applications"), "/api/v2/applications");
        assert_eq!(logged("/api/v1/hunter2"), NO_ROUTE);
        for route in crate::public_routes() {
            let path = route.path.replace(['{', '}', '*'], "");
            assert_ne!(logged(&path), NO_ROUTE, "{}", route.path);
        }
    }
}
