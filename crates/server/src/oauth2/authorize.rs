//! `/oauth2/authorize`, and `/oauth2/auth`, which is the same: a client sends somebody here (RFC 6749 §3.1).

use std::sync::Arc;

use app::App;
use axum::extract::{RawQuery, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use oauth::Params;

use super::Routes;
use super::answer::{refused, show};
use edge::extract::form_params;
use edge::problem::Problem;
use edge::state::State;
use web::{Anybody, PageAnswer, Visit};

const PATHS: [&str; 2] = ["/oauth2/authorize", "/oauth2/auth"];

/// Longer requests are not carried through a sign-in.
const LONGEST: usize = 8_000;

pub(super) fn routes(routes: Routes) -> Routes {
    PATHS.into_iter().fold(routes, |routes, path| {
        routes.get(path, "A client asks somebody to allow it something", ask).post(
            path,
            "The same, by a form of the client's page",
            by_form,
        )
    })
}

async fn ask(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    visit: Visit<Anybody>,
    RawQuery(query): RawQuery,
) -> PageAnswer {
    let query = query.unwrap_or_default();
    if query.len() > LONGEST {
        return Ok(too_long());
    }
    let params = match Params::parse(query.as_bytes()) {
        Ok(params) => params,
        Err(error) => return Ok(refused(&error)),
    };
    let authorized = app.authorize(&visit.caller, &params).await?;
    show(authorized, &app, &state, &visit).await
}

/// A form of another site brings no cookie along, and changes nothing: the browser asks again by itself (OpenID Connect
/// Core §3.1.2.1 wants that forms work).
async fn by_form(RawQuery(query): RawQuery, request: axum::extract::Request) -> Result<Response, Problem> {
    let form = form_params(request).await?;
    let both = [query.unwrap_or_default(), form.to_query()];
    let query = both.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("&");
    if query.len() > LONGEST {
        return Ok(too_long());
    }
    Ok(Redirect::to(&format!("{}?{query}", PATHS[0])).into_response())
}

fn too_long() -> Response {
    let detail = format!("the request is longer than {LONGEST} bytes");
    Problem::new(StatusCode::URI_TOO_LONG, "invalid_request", detail).into_response()
}
