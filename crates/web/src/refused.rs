//! Why a page is not shown, or a form not taken.

use app::Error;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::sign_in;
use edge::problem::Problem;
use edge::words;
use edge::words::Words;

/// What pages answer.
pub type Answer = Result<Response, Refused>;

/// Why not.
#[derive(Debug)]
pub enum Refused {
    /// Nobody is signed in: that comes first, then this path.
    SignIn(String),
    /// Somebody is signed in, but not lately enough for this: to this path, which leads back.
    SignInAgain(String),
    /// Something else.
    Problem(Box<Problem>),
}

impl Refused {
    /// Somebody sent a form and was not signed in any more.
    pub fn signed_out() -> Self {
        let detail = "you were signed out in the meantime; sign in in another window, then come back, reload the page and send the form again";
        Problem::new(StatusCode::FORBIDDEN, "signed_out", detail).into()
    }

    /// Somebody is signed in, but not as one of those whom this is for.
    pub fn not_for_you(whom: impl Into<Words>) -> Self {
        let detail =
            words!("this is for {whom} only; sign out and sign in as one to see it", whom = whom.into());
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail).into()
    }

    /// A form that is none of ours, or too old.
    pub fn foreign_form() -> Self {
        let detail = "this form is out of date; go back, reload the page and send it again";
        Problem::new(StatusCode::FORBIDDEN, "csrf", detail).into()
    }

    /// There is nothing.
    pub fn not_found() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing with this id").into()
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(path) => Redirect::to(&sign_in::path_to(&path)).into_response(),
            Self::SignInAgain(path) => Redirect::to(&path).into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}
