//! How Developer Portal says no: `{"code", "message", "errors"?}` with its fixed texts.

use app::Error;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A refusal.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    code: u16,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl Fault {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { code: status.as_u16(), message: message.into(), errors: Vec::new(), retry_after_s: None }
    }

    /// The caller did not say who they are, or not convincingly.
    pub(super) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Invalid credentials")
    }

    /// The caller may not do that.
    pub(super) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "Insufficient privileges")
    }

    /// Something in the request is wrong.
    pub(super) fn wrong(error: impl Into<String>) -> Self {
        let fault = Self::new(StatusCode::BAD_REQUEST, "User provided data is not correct");
        Self { errors: vec![error.into()], ..fault }
    }

    /// The body is not what it has to be.
    pub(super) fn payload(error: impl Into<String>) -> Self {
        let fault = Self::new(StatusCode::BAD_REQUEST, "The payload given is invalid");
        Self { errors: vec![error.into()], ..fault }
    }

    pub(super) fn unknown_request() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Unable to find the User Request")
    }

    pub(super) fn unknown_application() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Unable to find the Application")
    }

    pub(super) fn unknown_provider(id: &str) -> Self {
        let shown: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
        Self::new(StatusCode::NOT_FOUND, format!("Unable to find the Provider with id [{shown}]"))
    }

    /// So many requests, or bad tries, are enough for now.
    pub(super) fn limited(seconds: u64) -> Self {
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        Self { retry_after_s: Some(seconds), ..fault }
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if let Some(detail) = error.internal_detail() {
            tracing::error!(code = error.code(), detail, "request failed");
        }
        let message = error.to_string();
        match error {
            Error::Invalid(invalid) => {
                let errors =
                    invalid.fields().iter().map(|field| format!("{} {}", field.field, field.message));
                Self { errors: errors.collect(), ..Self::wrong("") }
            }
            Error::NotFound("request") => Self::unknown_request(),
            Error::NotFound("application") => Self::unknown_application(),
            Error::NotFound("api") => Self::new(StatusCode::NOT_FOUND, "Unable to find the API"),
            Error::NotFound("approval" | "approval_flow") => {
                Self::new(StatusCode::NOT_FOUND, "Unable to find the Approval")
            }
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "Unable to find the resource"),
            Error::Conflict { .. } | Error::Stale => Self::new(StatusCode::CONFLICT, message),
            Error::Gone(_) => Self::new(StatusCode::GONE, message),
            // Somebody who cannot know it otherwise is told what to do.
            Error::Unauthenticated(app::SECOND_FACTOR | app::SECOND_FACTOR_MISSING) => {
                Self::new(StatusCode::UNAUTHORIZED, message)
            }
            Error::Unauthenticated(_) => Self::unauthenticated(),
            Error::Forbidden(_) | Error::Quota(_) | Error::Reauthenticate => Self::forbidden(),
            Error::Limited { retry_after_s } => Self::limited(retry_after_s),
            Error::IdempotencyMismatch => Self::new(StatusCode::UNPROCESSABLE_ENTITY, message),
            Error::Unavailable(_) => {
                let fault = Self::new(StatusCode::SERVICE_UNAVAILABLE, message);
                Self { retry_after_s: Some(2), ..fault }
            }
            Error::Upstream(_) => Self::new(StatusCode::BAD_GATEWAY, message),
            Error::Internal(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, message),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status(), self.retry_after_s);
        let mut response = (status, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 7617 §2.1: names and passwords are read as UTF-8.
            let basic = HeaderValue::from_static("Basic realm=\"keywright\", charset=\"UTF-8\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}
