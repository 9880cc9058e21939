//! `/oauth2/introspect`: what a token is worth (RFC 7662).

use std::sync::Arc;

use app::App;
use axum::Json;
use axum::extract::{RawQuery, Request, State as Shared};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Routes;
use super::token::{client_request, fresh, refused};
use edge::extract::Machine;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.post("/oauth2/introspect", "What a token is worth", introspect)
}

async fn introspect(
    Shared(app): Shared<Arc<App>>,
    Machine(caller): Machine,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let by_header = request.headers().contains_key(header::AUTHORIZATION);
    let done = async {
        let (presented, params) = client_request(query.as_deref(), request).await?;
        let proven = app.authenticate_client(&caller, &presented).await?;
        app.introspect(&proven, params.require("token")?).await
    };
    match done.await {
        Ok(answer) => fresh(Json(answer).into_response()),
        Err(error) => refused(&error, by_header),
    }
}
