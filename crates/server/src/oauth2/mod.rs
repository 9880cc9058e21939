//! The authorization server: what clients and browsers ask of it. The rules are in the crate `oauth`, what happens is in
//! `app`; here their words become HTTP.

mod answer;
mod authorize;
mod confirm;
mod cors;
mod introspect;
mod jwks;
mod logout;
mod revoke;
mod token;
mod userinfo;
mod well_known;

use axum::Router;
use axum::routing;

use edge::RouteInfo;
use edge::handler::{Plain, boxed};
use edge::state::State;

/// Routes with their handlers, and what they do.
#[derive(Default)]
struct Routes {
    router: Router<State>,
    routes: Vec<RouteInfo>,
}

impl Routes {
    fn get<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        self.route("GET", path, summary, routing::get(boxed(handler)))
    }

    fn post<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        self.route("POST", path, summary, routing::post(boxed(handler)))
    }

    fn route(
        mut self,
        method: &str,
        path: &str,
        summary: &str,
        handler: routing::MethodRouter<State>,
    ) -> Self {
        self.routes.push(RouteInfo::from((method, path, summary)));
        self.router = self.router.route(path, handler);
        self
    }
}

/// What other sites and programs may call.
fn open() -> Routes {
    let routes = authorize::routes(Routes::default());
    let routes = token::routes(routes);
    let routes = userinfo::routes(routes);
    let routes = logout::routes(routes);
    let routes = jwks::routes(routes);
    let routes = introspect::routes(routes);
    let routes = revoke::routes(routes);
    well_known::routes(routes)
}

/// Forms of our own pages, which only those pages may send.
fn own() -> Routes {
    logout::own_routes(confirm::routes(Routes::default()))
}

/// All of it.
pub(crate) fn router(state: State) -> Router {
    let own = web::only_our_own(own().router, &state);
    let open = cors::preflights(open().router);
    open.merge(own).with_state(state)
}

/// The paths of all of it.
pub(crate) fn routes() -> Vec<RouteInfo> {
    open().routes.into_iter().chain(own().routes).collect()
}
