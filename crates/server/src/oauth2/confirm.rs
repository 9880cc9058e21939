//! `/oauth2/confirm` and `/oauth2/reject`: somebody was asked, and has answered.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use oauth::Params;

use super::Routes;
use super::answer::{refused, show};
use edge::state::State;
use web::{Anybody, PageAnswer, Sent};

/// The field that carries the request.
pub(super) const REQUEST: &str = "request";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.post("/oauth2/confirm", "Somebody allows a client what it asks for", confirm).post(
        "/oauth2/reject",
        "Somebody does not",
        reject,
    )
}

async fn confirm(app: Shared<Arc<App>>, state: Shared<State>, sent: Sent<Anybody>) -> PageAnswer {
    answer(app, state, sent, true).await
}

async fn reject(app: Shared<Arc<App>>, state: Shared<State>, sent: Sent<Anybody>) -> PageAnswer {
    answer(app, state, sent, false).await
}

async fn answer(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    Sent { visit, typed }: Sent<Anybody>,
    agrees: bool,
) -> PageAnswer {
    let params = match Params::parse(typed.text(REQUEST).as_bytes()) {
        Ok(params) => params,
        Err(error) => return Ok(refused(&error)),
    };
    let authorized = app.answer_question(&visit.caller, &params, agrees).await?;
    show(authorized, &app, &state, &visit).await
}
