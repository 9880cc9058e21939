//! `/sign-in`: how to sign in, from a terminal: there is nothing to work in behind a page yet. Who has just got a
//! password comes here.

use std::sync::Arc;

use app::App;
use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Pages, page};
use crate::extract::Query;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/sign-in", "How to sign in", show)
}

/// What has just gone well. Only these texts can be brought onto the page by an address.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Notice {
    /// The address is proven, the account open.
    Confirmed,
    /// The address is proven; an administrator is to look.
    Waiting,
    /// There is a new password.
    PasswordChanged,
}

impl Notice {
    /// Where it is shown.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Confirmed => "/sign-in?notice=confirmed",
            Self::Waiting => "/sign-in?notice=waiting",
            Self::PasswordChanged => "/sign-in?notice=password_changed",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Confirmed => "Your address is confirmed and your password is set. You can sign in now.",
            Self::Waiting => {
                "Your address is confirmed and your password is set. An administrator has to approve your account before you can sign in; you get a mail then."
            }
            Self::PasswordChanged => "Your password is changed, and you were signed out everywhere.",
        }
    }
}

#[derive(Deserialize)]
struct Asked {
    notice: Option<Notice>,
}

#[derive(Template)]
#[template(path = "web/sign_in.html")]
struct SignIn<'a> {
    notice: Option<&'static str>,
    url: &'a str,
}

async fn show(Shared(app): Shared<Arc<App>>, Query(asked): Query<Asked>) -> Response {
    let notice = asked.notice.map(Notice::text);
    page(StatusCode::OK, &SignIn { notice, url: &app.settings().public_url })
}
