//! What a browser is shown, or where it is sent.

use app::{App, Authorized, Question};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use oauth::response::Answer;
use oauth::{OAuthError, redirect_uri};

use edge::problem::Problem;
use edge::state::State;
use web::{Frame, Guest, PageAnswer, Place, with_form_action, with_policy};

/// The only script of the authorization server: it sends the form of `response_mode=form_post`. Where it does not run,
/// there is a button.
const SEND: &str = "document.forms[0].submit()";
/// Its SHA-256, by which the page's policy knows it.
const SEND_HASH: &str = "sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE=";

#[derive(Template)]
#[template(path = "oauth2/consent.html")]
struct Consent<'a> {
    frame: Frame,
    question: &'a Question,
}

#[derive(Template)]
#[template(path = "oauth2/form_post.html")]
struct FormPost<'a> {
    action: &'a str,
    host: String,
    fields: &'a [(String, String)],
    script: &'static str,
}

#[derive(Template)]
#[template(path = "oauth2/told.html")]
struct Told<'a> {
    frame: Frame,
    host: &'a str,
    error: &'a OAuthError,
    answer: &'a Answer,
}

/// Shows what a request came to.
pub(super) async fn show(authorized: Authorized, app: &App, state: &State, guest: &Guest) -> PageAnswer {
    Ok(match authorized {
        Authorized::Answer(answer) => go(&answer),
        Authorized::SignIn { hint, query, fresh, may_stay } => {
            let next = format!("/oauth2/authorize?{query}");
            Redirect::to(&web::sign_in_path(&next, hint.as_deref(), fresh, may_stay)).into_response()
        }
        Authorized::Ask(question) => {
            let frame = Frame::around(app, guest, Place::Front).await?;
            let page = web::framed(StatusCode::OK, &Consent { frame, question: &question });
            let origins = app.redirect_origin(&question.query);
            with_form_action(page, origins.as_deref())
        }
        Authorized::Refuse(error) => refused(&error),
        Authorized::Tell { error, answer, host } => {
            let frame = Frame::around(app, guest, Place::Front).await?;
            let page = web::framed(
                StatusCode::BAD_REQUEST,
                &Told { frame, host: &host, error: &error, answer: &answer },
            );
            let action = match &answer {
                Answer::Redirect(_) => None,
                Answer::Form { action, .. } => redirect_uri::origin(action),
            };
            with_form_action(page, action.as_deref())
        }
    })
    .inspect(|_| tracing::trace!(url = state.options.public_url, "authorize"))
}

/// Sends a browser to a client.
pub(super) fn go(answer: &Answer) -> Response {
    match answer {
        // 303: whatever the browser has just posted, such as a password, is not posted there again (RFC 9700 §4.12).
        Answer::Redirect(uri) => Redirect::to(uri).into_response(),
        Answer::Form { action, fields } => {
            let host = redirect_uri::shown(action);
            let page = web::page(StatusCode::OK, &FormPost { action, host, fields, script: SEND });
            let origin = redirect_uri::origin(action).unwrap_or_default();
            let policy = format!(
                "default-src 'none'; script-src 'self' '{SEND_HASH}'; style-src 'self'; img-src data:; form-action {origin}; base-uri 'none'; frame-ancestors 'none'"
            );
            with_policy(page, &policy)
        }
    }
}

/// An error that only the person can be told.
pub(super) fn refused(error: &OAuthError) -> Response {
    let status = match error.status() {
        401 => StatusCode::BAD_REQUEST,
        other => StatusCode::from_u16(other).unwrap_or(StatusCode::BAD_REQUEST),
    };
    Problem::new(status, error.code.as_str(), error.description.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_knows_the_script() {
        use base64::Engine as _;
        let hash = base64::prelude::BASE64_STANDARD.encode(domain::secret::sha256(SEND.as_bytes()));
        assert_eq!(SEND_HASH, format!("sha256-{hash}"));
    }
}
