//! How Konnect says no: problem details with every field that its clients read.

use std::borrow::Cow;

use app::Error;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Invalid;
use serde::Serialize;
use uuid::Uuid;

use edge::problem::Problem;

/// Why a request was not carried out. It becomes a body when the id of the request is known.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    title: Cow<'static, str>,
    detail: String,
    kind: Option<&'static str>,
    invalid_parameters: Vec<Wrong>,
    retry_after_s: Option<u64>,
}

/// Where in a request something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    Path,
    Body,
    Query,
}

/// One entry of `invalid_parameters`. Which of the last four are there makes its shape: there are five.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Wrong {
    field: String,
    reason: String,
    rule: &'static str,
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependents: Option<Vec<String>>,
}

impl Wrong {
    /// `reason` is a predicate: clients show it behind the field's name.
    pub(super) fn new(
        source: Source,
        field: impl Into<String>,
        rule: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        let (field, reason) = (field.into(), reason.into());
        Self { field, reason, rule, source, minimum: None, maximum: None, choices: None, dependents: None }
    }

    pub(super) fn is_about(&self, field: &str) -> bool {
        self.field == field
    }

    /// Too little of something; `rule` is one of the minimum's.
    pub(super) fn minimum(self, minimum: u64) -> Self {
        Self { minimum: Some(minimum), ..self }
    }

    /// Too much of something; `rule` is one of the maximum's.
    pub(super) fn maximum(self, maximum: u64) -> Self {
        Self { maximum: Some(maximum), ..self }
    }

    /// Not one of these.
    pub(super) fn choice(source: Source, field: impl Into<String>, choices: &[&str]) -> Self {
        let reason = format!("must be one of {}", choices.join(", "));
        let choices = Some(choices.iter().map(|&choice| choice.to_owned()).collect());
        Self { choices, ..Self::new(source, field, "enum", reason) }
    }

    /// Something that goes only with something else.
    pub(super) fn dependent(
        source: Source,
        field: impl Into<String>,
        reason: impl Into<String>,
        dependents: &[&str],
    ) -> Self {
        let dependents = Some(dependents.iter().map(|&name| name.to_owned()).collect());
        Self { dependents, ..Self::new(source, field, "dependent_fields", reason) }
    }
}

/// The place of problem types that Konnect's production answers name.
const TYPES: &str = "https://kongapi.info/konnect/";

#[derive(Serialize)]
struct Shape<'a> {
    status: u16,
    title: &'a str,
    #[serde(rename = "type")]
    kind: String,
    instance: String,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[Wrong]>::is_empty")]
    invalid_parameters: &'a [Wrong],
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        title: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let (title, detail) = (title.into(), detail.into());
        Self { status, title, detail, kind: None, invalid_parameters: Vec::new(), retry_after_s: None }
    }

    /// 400 with at least one wrong field.
    pub(super) fn invalid(invalid_parameters: Vec<Wrong>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "Bad Request", "Invalid Parameters");
        Self { invalid_parameters, ..refusal }
    }

    /// 400 because of one field.
    pub(super) fn wrong(wrong: Wrong) -> Self {
        Self::invalid(vec![wrong])
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", "The resource requested was not found.")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// 400 of a body that is wrong in a way that was not noted.
    pub(super) fn malformed() -> Self {
        Self::wrong(Wrong::new(Source::Body, "body", "invalid", "is not valid"))
    }

    /// 422: whoever evaluates the application's tokens does not say which scopes it was granted.
    pub(super) fn no_granted_scopes() -> Self {
        let detail = "This feature is not supported by the application.";
        let refusal = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unsupported IDP", detail);
        Self { kind: Some("portal/granted-scopes-unavailable"), ..refusal }
    }

    fn slug(&self) -> &'static str {
        self.kind.unwrap_or(match self.status.as_u16() {
            400 => "bad-request",
            401 => "unauthenticated",
            403 => "unauthorized",
            404 => "not-found",
            405 => "method-not-allowed",
            409 => "resource-conflict",
            412 => "precondition-failed",
            429 => "rate-limited",
            501 => "not-implemented",
            502..=504 => "unavailable",
            500 => "internal",
            _ => "invalid-request",
        })
    }

    fn body(&self, request: Uuid) -> Vec<u8> {
        let shape = Shape {
            status: self.status.as_u16(),
            title: &self.title,
            kind: format!("{TYPES}{}", self.slug()),
            instance: format!("kong:trace:{request}"),
            detail: &self.detail,
            invalid_parameters: &self.invalid_parameters,
        };
        serde_json::to_vec(&shape).unwrap_or_default()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes a refusal, ours or one of the server around us, now that the request has an id.
pub(crate) fn shaped(request: Uuid, mut response: Response) -> Response {
    let extensions = response.extensions_mut();
    let ours = extensions.remove::<Problem>().map(Refusal::from);
    let Some(refusal) = extensions.remove::<Refusal>().or(ours) else { return response };
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.remove(header::WWW_AUTHENTICATE);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(head, Body::from(refusal.body(request)))
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wrong = |parameter: edge::problem::InvalidParameter| {
            Wrong::new(Source::Body, parameter.field, "invalid", parameter.reason)
        };
        let mut wrong: Vec<Wrong> = problem.invalid_parameters.into_iter().map(wrong).collect();
        if status == StatusCode::BAD_REQUEST && wrong.is_empty() {
            wrong.push(Wrong::new(Source::Body, "body", "invalid", "is not valid"));
        }
        let refusal = Self::new(status, problem.title, problem.detail);
        Self { invalid_parameters: wrong, retry_after_s: problem.retry_after_s, ..refusal }
    }
}

/// What a field of ours is called there.
fn their_name(field: &str) -> &str {
    match field {
        "reference" => "reference_id",
        "api_version_id" => "product_version_id",
        other => other,
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::named(&invalid, their_name)
    }
}

impl Refusal {
    /// Wrong fields under the names that they have in a request.
    pub(super) fn named(invalid: &Invalid, name: impl Fn(&str) -> &str) -> Self {
        let wrong = invalid.fields().iter().map(|field| {
            let rule = match field.code {
                "required" => "required",
                "too_short" => "min_length",
                _ => "invalid",
            };
            let wrong = Wrong::new(Source::Body, name(&field.field), rule, field.message.clone());
            if rule == "min_length" { wrong.minimum(SHORTEST_PASSWORD) } else { wrong }
        });
        Self::invalid(wrong.collect())
    }
}

/// The only thing of ours that can be too short is a password.
const SHORTEST_PASSWORD: u64 = 15;

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        if let Some(detail) = error.internal_detail() {
            tracing::error!(code = error.code(), detail, "request failed");
        }
        let text = error.to_string();
        match error {
            Error::Invalid(invalid) => invalid.into(),
            Error::NotFound(_) => Self::not_found(),
            Error::Conflict { code: "no_default_strategy", .. } => Self::not_found(),
            Error::Conflict { .. } | Error::Stale => Self::new(StatusCode::CONFLICT, "Conflict", text),
            Error::Gone(_) => Self::new(StatusCode::GONE, "Gone", "The token has expired"),
            Error::Unauthenticated(app::ACCOUNT_WAITS) => Self::new(
                StatusCode::UNAUTHORIZED,
                "Approval Required",
                "Your account is pending approval for access.",
            ),
            Error::Unauthenticated(_) => Self::unauthorized(),
            Error::Forbidden(_) | Error::Reauthenticate => Self::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "You do not have permission to perform this action",
            ),
            Error::Quota(_) => Self::new(StatusCode::FORBIDDEN, "Forbidden", text),
            Error::Limited { retry_after_s } => {
                let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", text);
                Self { retry_after_s: Some(retry_after_s), ..refusal }
            }
            Error::IdempotencyMismatch => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Unprocessable Content", text)
            }
            Error::Unavailable(_) => {
                let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", text);
                Self { retry_after_s: Some(2), ..refusal }
            }
            // No operation of theirs names a status for it; any 5xx aborts what was under way.
            Error::Upstream(_) => Self::new(StatusCode::BAD_GATEWAY, "Bad Gateway", text),
            Error::Internal(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error", text),
        }
    }
}
