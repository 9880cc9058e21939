//! `/oauth2/token`: tokens for grants (RFC 6749 §3.2).

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::{RawQuery, Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oauth::client_auth::{self, Presented};
use oauth::{ErrorCode, OAuthError, Params};
use serde::Serialize;

use super::Routes;
use super::cors::Origin;
use edge::extract::{Machine, form_params};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.post("/oauth2/token", "A client gets tokens", token)
}

async fn token(
    Shared(app): Shared<Arc<App>>,
    Machine(caller): Machine,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let origin = Origin::of(request.headers());
    let by_header = request.headers().contains_key(header::AUTHORIZATION);
    let mut client_id = None;
    let done = async {
        let (presented, params) = client_request(query.as_deref(), request).await?;
        client_id = Some(presented.client_id.clone());
        app.token(&caller, &presented, &params).await
    };
    let response = match done.await {
        Ok(answer) => fresh(Json(answer).into_response()),
        Err(error) => refused(&error, by_header),
    };
    origin.allow(&app, client_id.as_deref(), response)
}

/// What a client sends to one of its doors: who it is, and what it wants, in a form.
///
/// # Errors
/// If it says not who it is, or says something in the query, where logs keep it (RFC 6749 §2.3.1).
pub(super) async fn client_request(
    query: Option<&str>,
    request: Request,
) -> Result<(Presented, Params), OAuthError> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter().cloned();
    // A third one says nothing more than that there are several.
    let values = [values.next(), values.next()];
    let params = form_params(request).await.map_err(|problem| OAuthError::invalid_request(problem.detail))?;
    let values = values.iter().flatten().map(|value| value.to_str().unwrap_or("?"));
    let presented = client_auth::read(values, &params)?;
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(OAuthError::invalid_request("send the parameters in the body, not in the query"));
    }
    Ok((presented, params))
}

/// An error as RFC 6749 §5.2 writes it.
#[derive(Serialize)]
struct Wire<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// Says no. Who tried to say in a header who they are is told that HTTP Basic is what it is for (§5.2).
pub(super) fn refused(error: &OAuthError, by_header: bool) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    // RFC 6749 §5.2 has 400 for these; 403 is for pages.
    let status = if status == StatusCode::FORBIDDEN { StatusCode::BAD_REQUEST } else { status };
    let body = Wire { error: error.code.as_str(), error_description: &error.description };
    let mut response = (status, Json(body)).into_response();
    if error.code == ErrorCode::InvalidClient && by_header {
        let basic = HeaderValue::from_static("Basic realm=\"keywright\", charset=\"UTF-8\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    if error.code == ErrorCode::TemporarilyUnavailable {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    fresh(response)
}

/// Tokens are kept by nobody on their way (RFC 6749 §5.1).
pub(super) fn fresh(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
