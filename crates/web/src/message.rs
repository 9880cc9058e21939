//! Pages that say one thing: what has happened, or why it has not.

use std::borrow::Cow;

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

use super::page;
use edge::problem::Problem;
use edge::words::Words;

/// One thing to be said, and perhaps where to go from there.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub title: Words,
    pub text: Words,
    /// Address and words of a link.
    pub next: Option<(Cow<'static, str>, Words)>,
    pub request_id: Option<String>,
}

impl Message {
    /// Answers with it.
    pub(crate) fn reply(self, status: StatusCode) -> Response {
        page(status, &self)
    }
}

/// Whether problems are shown to a person: a browser asks, and not for the API.
pub fn wants_page(request: &Request) -> bool {
    !request.uri().path().starts_with("/api/") && edge::brand::reads_pages(request.headers())
}

/// A problem as a page.
pub fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let title = match status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::FORBIDDEN => "This is not possible",
        StatusCode::TOO_MANY_REQUESTS => "Please wait a moment",
        status if status.is_server_error() => "Something went wrong",
        _ => "This did not work",
    };
    let next = Some((Cow::Borrowed("/"), "Go to the front page".into()));
    let request_id = problem.request_id.clone();
    let text = sentence(&Words::known(&problem.detail)).into();
    Message { title: title.into(), text, next, request_id }.reply(status)
}

/// Our messages are halves of sentences; this makes whole ones of them.
pub(crate) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}
