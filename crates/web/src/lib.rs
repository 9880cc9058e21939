//! The pages. Plain forms that work without JavaScript: what is wrong stands beside its field, nothing that was typed is
//! lost (but passwords are typed again), and what went well ends in a redirect. `templates` mirrors this folder.

mod access_tokens;
mod account;
mod administrator_invitation;
mod apis;
mod applications;
mod approvals;
mod audit_line;
mod cell;
mod chart;
mod clients;
mod consents;
mod console;
mod credentials;
mod cross_site;
mod csrf;
mod csv;
mod example;
mod factor;
mod field;
mod forgot_password;
mod form;
mod frame;
mod fresh;
mod home;
mod invitation;
mod list;
mod markdown;
mod members;
mod message;
mod moment;
mod notice;
mod one_time_link;
mod partners;
mod passkeys;
mod policy;
mod portal;
mod qr;
mod refused;
mod refused_calls;
mod requests;
mod reset_password;
mod reveal;
mod second_step;
mod setup;
mod sign_in;
mod sign_out;
mod sign_up;
mod states;
mod subscriptions;
mod typed;
mod upload;
mod usage;
mod verify_email;
mod view;
mod visit;

use askama::Template;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing;

use edge::RouteInfo;
use edge::handler::{Plain, boxed};
use edge::problem::Problem;
use edge::state::State;

pub use frame::{Frame, Place};
pub use message::{problem, wants_page};
pub use policy::{POLICY, with_form_action, with_policy};
pub use refused::Answer as PageAnswer;
pub use sign_in::path_for as sign_in_path;
pub use sign_out::signed_out;
pub use typed::Typed;
pub use visit::{Anybody, Guest, Sent, Visit};

/// Pages with their handlers, in the order they are added.
#[derive(Default)]
struct Pages {
    router: Router<State>,
    routes: Vec<RouteInfo>,
}

impl Pages {
    /// A page to look at.
    fn get<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        self.route("GET", path, summary, routing::get(boxed(handler)))
    }

    /// A form to send.
    fn post<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        self.route("POST", path, summary, routing::post(boxed(handler)))
    }

    /// A form to send that may be as large as a specification.
    fn post_large<T: 'static>(self, path: &str, summary: &str, handler: impl Plain<T>) -> Self {
        // Each character of it may become three on its way.
        let limit = DefaultBodyLimit::max(3 * domain::openapi::MAX_SPECIFICATION);
        self.route("POST", path, summary, routing::post(boxed(handler)).layer(limit))
    }

    fn route(
        mut self,
        method: &str,
        path: &str,
        summary: &str,
        handler: routing::MethodRouter<State>,
    ) -> Self {
        let (path, method, summary) = (path.to_owned(), method.to_owned(), summary.to_owned());
        self.router = self.router.route(&path, handler);
        self.routes.push(RouteInfo { path, method, summary });
        self
    }
}

fn pages() -> Pages {
    let pages = home::routes(Pages::default());
    let pages = setup::routes(pages);
    let pages = sign_up::routes(pages);
    let pages = verify_email::routes(pages);
    let pages = sign_in::routes(pages);
    let pages = second_step::routes(pages);
    let pages = sign_out::routes(pages);
    let pages = forgot_password::routes(pages);
    let pages = reset_password::routes(pages);
    let pages = administrator_invitation::routes(pages);
    let pages = account::routes(pages);
    let pages = factor::routes(pages);
    let pages = passkeys::routes(pages);
    let pages = consents::routes(pages);
    let pages = portal::routes(pages);
    let pages = apis::routes(pages);
    let pages = applications::routes(pages);
    let pages = credentials::routes(pages);
    let pages = clients::routes(pages);
    let pages = usage::routes(pages);
    let pages = refused_calls::routes(pages);
    let pages = subscriptions::routes(pages);
    let pages = requests::routes(pages);
    let pages = approvals::routes(pages);
    let pages = access_tokens::routes(pages);
    let pages = partners::routes(pages);
    let pages = invitation::routes(pages);
    console::routes(pages)
}

/// All pages.
pub fn router(state: State) -> Router {
    only_our_own(pages().router, &state).with_state(state)
}

/// Takes forms from our own pages only.
pub fn only_our_own(router: Router<State>, state: &State) -> Router<State> {
    router.route_layer(from_fn_with_state(state.clone(), cross_site::refuse))
}

/// The paths of all pages.
pub fn routes() -> Vec<RouteInfo> {
    pages().routes
}

/// Answers with a page.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            Problem::internal().into_response()
        }
    }
}

/// Answers with a page for somebody who may be signed in.
pub fn framed(status: StatusCode, template: &impl Template) -> Response {
    with_referrer(page(status, template))
}

/// Lets the browser say to ourselves, and to nobody else, which page a form was sent from. Pages whose own address is a
/// secret do without.
fn with_referrer(mut response: Response) -> Response {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
