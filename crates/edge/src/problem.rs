//! How the own API says no: problem details (RFC 9457).

use app::Error;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Invalid;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// Why a request was not carried out (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Identifies the kind of problem; the same for the same `code`.
    #[serde(rename = "type")]
    #[schema(example = "urn:keywright:problem:not_found")]
    pub kind: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// Stable, for programs.
    #[schema(example = "not_found")]
    pub code: String,
    /// For people: what is wrong and what to do.
    pub detail: String,
    /// To be told to the administrator, who finds the log lines by it. Filled in by the edge of the process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The wrong fields, if that is what is wrong, or the one that stands against something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid_parameters: Vec<InvalidParameter>,
    /// Not before so many seconds, for the header `Retry-After`.
    #[serde(skip)]
    pub retry_after_s: Option<u64>,
}

/// One wrong field.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InvalidParameter {
    /// Where it is, such as `name` or `limits[0].requests`.
    pub field: String,
    /// Stable, for programs.
    pub code: String,
    /// A predicate for people: "must be …".
    pub reason: String,
}

/// What every operation may answer besides its success.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its description is used, in the OpenAPI document")]
pub enum Problems {
    /// Something in the request is wrong; `invalid_parameters` names the fields.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// No token, or none that opens anything.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Problem),
    /// The token does not open this, your role does not allow it, or there are too many already.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// It does not exist, or you may not see it.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// Its state, or something else, stands against it.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// Any other refusal: the status and `code` say which.
    #[response(status = "default", content_type = "application/problem+json")]
    Other(Problem),
}

impl Problem {
    /// A problem of this kind.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:keywright:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            request_id: None,
            invalid_parameters: Vec::new(),
            retry_after_s: None,
        }
    }

    /// Something that cannot happen did. What it was is for the log.
    pub fn internal() -> Self {
        let detail = "something went wrong here; tell the administrator the request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// The caller is to wait.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let mut problem = Self::new(StatusCode::BAD_REQUEST, "invalid", invalid.to_string());
        problem.invalid_parameters = parameters(&invalid);
        problem
    }
}

fn parameters(invalid: &Invalid) -> Vec<InvalidParameter> {
    let each = invalid.fields().iter().map(|field| InvalidParameter {
        field: field.field.clone(),
        code: field.code.to_owned(),
        reason: field.message.clone(),
    });
    each.collect()
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if let Some(detail) = error.internal_detail() {
            tracing::error!(code = error.code(), detail, "request failed");
        }
        let status = match &error {
            Error::Invalid(invalid) => return invalid.clone().into(),
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::Conflict { .. } => StatusCode::CONFLICT,
            Error::Gone(_) => StatusCode::GONE,
            Error::Stale => StatusCode::PRECONDITION_FAILED,
            Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) | Error::Quota(_) | Error::Reauthenticate => StatusCode::FORBIDDEN,
            Error::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Upstream(_) => StatusCode::BAD_GATEWAY,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut problem = Self::new(status, error.code(), error.to_string());
        if let Some(wrong) = error.field_in_conflict() {
            problem.invalid_parameters = parameters(&wrong);
        }
        match error {
            Error::Limited { retry_after_s } => problem.retry_after(retry_after_s),
            Error::Unavailable(_) => problem.retry_after(2),
            _ => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after_s;
        let unauthenticated = status == StatusCode::UNAUTHORIZED;
        // Kept for the middleware, which knows the request id.
        let extension = self.clone();
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"keywright\""));
        }
        response.extensions_mut().insert(extension);
        response
    }
}
