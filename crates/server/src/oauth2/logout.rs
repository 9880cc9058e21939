//! `/oauth2/logout`: a client asks that somebody be signed out (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use app::App;
use askama::Template;
use axum::extract::{RawQuery, Request, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use oauth::{OAuthError, Params, redirect_uri};

use super::Routes;
use super::answer::refused;
use edge::extract::form_params;
use edge::problem::Problem;
use edge::state::State;
use web::{Anybody, Frame, Guest, PageAnswer, Place, Sent, Visit, with_form_action};

const PATH: &str = oauth::discovery::path::LOGOUT;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get(PATH, "A client asks that somebody be signed out", ask).post(
        PATH,
        "The same, by a form of the client's page",
        by_form,
    )
}

pub(super) fn own_routes(routes: Routes) -> Routes {
    routes.post("/oauth2/logout/confirm", "Somebody was asked whether to be signed out, and is", confirm)
}

#[derive(Template)]
#[template(path = "oauth2/logout.html")]
struct Logout<'a> {
    frame: Frame,
    host: Option<&'a str>,
    query: &'a str,
}

async fn ask(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    visit: Visit<Anybody>,
    RawQuery(query): RawQuery,
) -> PageAnswer {
    let query = query.unwrap_or_default();
    let asked = match read(&app, &visit, &query).await {
        Ok(asked) => asked,
        Err(error) => return Ok(refused(&error)),
    };
    if !asked.must_ask {
        return sign_out(&app, &state, &visit, asked.target.as_deref()).await;
    }
    let frame = Frame::around(&app, &visit, Place::Front).await?;
    let page = web::framed(StatusCode::OK, &Logout { frame, host: asked.host.as_deref(), query: &query });
    let origin = asked.target.as_deref().and_then(redirect_uri::origin);
    Ok(with_form_action(page, origin.as_deref()))
}

/// As at the authorization endpoint: the form of another site changes nothing, and the browser asks again by itself.
async fn by_form(RawQuery(query): RawQuery, request: Request) -> Result<Response, Problem> {
    let form = form_params(request).await?;
    let both = [query.unwrap_or_default(), form.to_query()];
    let query = both.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("&");
    Ok(Redirect::to(&format!("{PATH}?{query}")).into_response())
}

async fn confirm(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    Sent { visit, typed }: Sent<Anybody>,
) -> PageAnswer {
    match read(&app, &visit, typed.text("request")).await {
        Ok(asked) => sign_out(&app, &state, &visit, asked.target.as_deref()).await,
        Err(error) => Ok(refused(&error)),
    }
}

async fn read(app: &App, guest: &Guest, query: &str) -> Result<app::Logout, OAuthError> {
    let params = Params::parse(query.as_bytes())?;
    app.logout_request(&guest.caller, &params).await
}

async fn sign_out(app: &App, state: &State, guest: &Guest, target: Option<&str>) -> PageAnswer {
    if guest.is_signed_in() {
        app.sign_out(&guest.caller).await?;
    }
    Ok(web::signed_out(target.unwrap_or("/sign-in?notice=signed_out"), &state.options.public_url))
}
