//! webMethods Developer Portal (`/portal/rest/v1`, also written `/rest/v1`) and API-Portal (`/abs/apirepository`).
//! What is covered and what was decided: `docs/dialects/webmethods-developer-portal.md` and
//! `docs/dialects/webmethods-api-portal.md`.

mod apis;
mod applications;
mod approvals;
mod auth;
mod body;
mod credentials;
mod csrf;
mod error;
mod events;
mod external_tokens;
mod hooks;
mod legacy;
mod map;
mod page;
mod policy;
mod providers;
mod requests;
mod trace;
mod wire;

use axum::Router;
use axum::routing::MethodRouter;

use edge::RouteInfo;
use edge::state::State;

/// Where Developer Portal's resources are: both prefixes are in use, and links are written with the first.
const PREFIXES: [&str; 2] = ["/portal", ""];

/// Paths with their handlers, in the order they are added.
#[derive(Default)]
struct Doors {
    router: Router<State>,
    routes: Vec<RouteInfo>,
}

impl Doors {
    /// A resource of Developer Portal: `path` begins with `/rest/v1`.
    fn portal(mut self, path: &str, methods: &[(&str, &str)], handlers: &MethodRouter<State>) -> Self {
        for prefix in PREFIXES {
            self = self.door(&format!("{prefix}{path}"), methods, handlers.clone());
        }
        self
    }

    /// A resource at exactly this path.
    fn door(mut self, path: &str, methods: &[(&str, &str)], handlers: MethodRouter<State>) -> Self {
        self.router = self.router.route(path, handlers);
        self.routes.extend(methods.iter().map(|(method, what)| RouteInfo::from((*method, path, *what))));
        self
    }
}

fn doors() -> Doors {
    let doors = csrf::routes(Doors::default());
    let doors = providers::routes(doors);
    let doors = hooks::routes(doors);
    let doors = requests::routes(doors);
    let doors = applications::routes(doors);
    let doors = apis::routes(doors);
    let doors = policy::routes(doors);
    let doors = approvals::routes(doors);
    let doors = events::routes(doors);
    let doors = external_tokens::routes(doors);
    legacy::routes(doors)
}

/// All routes of both dialects.
pub(super) fn router(state: State) -> Router {
    doors().router.with_state(state)
}

/// What all routes of both dialects do.
pub(super) fn routes() -> Vec<RouteInfo> {
    doors().routes
}
