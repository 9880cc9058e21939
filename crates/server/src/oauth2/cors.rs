//! Which scripts of other sites may read what is answered (Fetch §3.2): those of public clients, from the places that
//! they have registered, and never with cookies. What everybody may read says so beside its handler.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use edge::state::State;
use oauth::discovery::path::{REVOKE, TOKEN, USERINFO};

/// Where browsers' programs ask.
const PATHS: [&str; 3] = [TOKEN, REVOKE, USERINFO];

/// For how long a browser may remember what it was told.
const REMEMBER: HeaderValue = HeaderValue::from_static("600");

/// `OPTIONS` there: what browsers ask before they send what a script wants to send. Who the client is they do not say
/// then, so that every place counts that any public client has registered.
pub(super) fn preflights(router: Router<State>) -> Router<State> {
    PATHS.into_iter().fold(router, |router, path| router.route(path, routing::options(preflight)))
}

async fn preflight(Shared(app): Shared<Arc<App>>, uri: Uri, asked: HeaderMap) -> Response {
    let mut response = Origin::of(&asked).allow(&app, None, StatusCode::NO_CONTENT.into_response());
    let headers = response.headers_mut();
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        let methods = if uri.path() == USERINFO { "GET, POST" } else { "POST" };
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        let sent = HeaderValue::from_static("authorization, content-type");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, sent);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBER);
    }
    response
}

/// Where the script is from that asks; one that names several places is from nowhere.
pub(super) struct Origin(Option<HeaderValue>);

impl Origin {
    pub(super) fn of(asked: &HeaderMap) -> Self {
        let mut origins = asked.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) => Self(Some(origin.clone())),
            _ => Self(None),
        }
    }

    /// Lets the script read the answer, if it comes from a place of the client; without a client, of any.
    pub(super) fn allow(self, app: &App, client_id: Option<&str>, mut response: Response) -> Response {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        let is_allowed =
            |origin: &HeaderValue| origin.to_str().is_ok_and(|origin| app.allows_origin(origin, client_id));
        if let Some(origin) = self.0.filter(is_allowed) {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response
    }
}
