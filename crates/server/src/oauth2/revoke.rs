//! `/oauth2/revoke`: a client gives a token back (RFC 7009).

use std::sync::Arc;

use app::App;
use axum::extract::{RawQuery, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Routes;
use super::cors::Origin;
use super::token::{client_request, fresh, refused};
use edge::extract::Machine;

pub(super) fn routes(routes: Routes) -> Routes {
    routes.post("/oauth2/revoke", "A client gives a token back", revoke)
}

async fn revoke(
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
        let proven = app.authenticate_client(&caller, &presented).await?;
        app.revoke_token(&caller, &proven, params.require("token")?).await
    };
    let response = match done.await {
        // RFC 7009 §2.2: whether there was such a token or not.
        Ok(()) => fresh(StatusCode::OK.into_response()),
        Err(error) => refused(&error, by_header),
    };
    origin.allow(&app, client_id.as_deref(), response)
}
