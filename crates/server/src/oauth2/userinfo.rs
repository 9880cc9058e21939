//! `/oauth2/userinfo`: who a token acts for (OpenID Connect Core §5.3).

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::{RawQuery, Request, State as Shared};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oauth::{ErrorCode, OAuthError, Params, userinfo};

use super::Routes;
use super::cors::Origin;
use super::token::fresh;
use edge::extract::form_params;

const PATH: &str = oauth::discovery::path::USERINFO;

pub(super) fn routes(routes: Routes) -> Routes {
    let summary = "What is told about the person of an access token";
    routes.get(PATH, summary, answer).post(PATH, summary, answer)
}

async fn answer(Shared(app): Shared<Arc<App>>, RawQuery(query): RawQuery, request: Request) -> Response {
    let origin = Origin::of(request.headers());
    let mut client_id = None;
    let response = match read(&app, query.as_deref().unwrap_or_default(), request, &mut client_id).await {
        Ok(Some(claims)) => fresh(Json(claims).into_response()),
        Ok(None) => refused(None),
        Err(error) => refused(Some(&error)),
    };
    origin.allow(&app, client_id.as_deref(), response)
}

async fn read(
    app: &App,
    query: &str,
    request: Request,
    client_id: &mut Option<String>,
) -> Result<Option<serde_json::Map<String, serde_json::Value>>, OAuthError> {
    let query = Params::parse(query.as_bytes())?;
    let headers = request.headers().clone();
    let has_form = request.method() == Method::POST
        && headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    let form = if has_form {
        form_params(request).await.map_err(|problem| OAuthError::invalid_request(problem.detail))?
    } else {
        Params::default()
    };
    let values = headers.get_all(header::AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or("?"));
    match userinfo::bearer(values, &query, &form)? {
        Some(token) => {
            *client_id = app.client_id_of(token).await?;
            app.userinfo(token).await.map(Some)
        }
        None => Ok(None),
    }
}

/// RFC 6750 §3.
fn refused(error: Option<&OAuthError>) -> Response {
    let status = error.map_or(StatusCode::UNAUTHORIZED, |error| {
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED)
    });
    let body = error.map(
        |error| serde_json::json!({"error": error.code.as_str(), "error_description": error.description}),
    );
    let mut response = match body {
        Some(body) => (status, Json(body)).into_response(),
        None => status.into_response(),
    };
    let is_ours = error.is_none_or(|error| {
        !matches!(error.code, ErrorCode::ServerError | ErrorCode::TemporarilyUnavailable)
    });
    if let (true, Ok(value)) = (is_ours, HeaderValue::from_str(&userinfo::challenge("keywright", error))) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    fresh(response)
}
