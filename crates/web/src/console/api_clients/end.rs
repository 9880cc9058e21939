//! `/console/api-clients/{id}/regenerate-secret` and `/console/api-clients/{id}/revoke-access`

use std::sync::Arc;

use app::{ApiClient, App};
use axum::extract::State as Shared;
use domain::ClientId;

use super::{PATH, told};
use crate::Pages;
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/console/api-clients/{id}/regenerate-secret", "Regenerate a consumer secret", show_secret)
        .post("/console/api-clients/{id}/regenerate-secret", "Regenerate a consumer secret", regenerate)
        .get("/console/api-clients/{id}/revoke-access", "Revoke access of an API client", show_revoke)
        .post("/console/api-clients/{id}/revoke-access", "Revoke access of an API client", revoke)
}

fn below(whole: &ApiClient, title: &'static str) -> View {
    View::new(Place::ApiClients, title)
        .crumb(PATH, "API clients")
        .crumb(format!("{PATH}/{}", whole.client.id), &whole.application.name)
}

fn secret_form(guest: &Guest, whole: &ApiClient) -> Form {
    let path = format!("{PATH}/{}", whole.client.id);
    Form::new(guest, format!("{path}/regenerate-secret"), "Regenerate secret").danger().once().cancel(path)
}

fn secret_view(whole: &ApiClient, form: Form) -> View {
    below(whole, "Regenerate the consumer secret?")
        .lead(words!("The consumer key {client} stays. Its present secret ends at once: the program cannot get tokens until it has the new one. Tokens live on.", client = whole.client.client_id))
        .section(Section::form(form))
}

async fn show_secret(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ClientId>,
    visit: Visit<Administrator>,
) -> Answer {
    let whole = app.api_client(&visit.caller, id).await?;
    secret_view(&whole, secret_form(&visit, &whole)).show(&app, &visit).await
}

async fn regenerate(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ClientId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    match app.regenerate_api_client_secret(&visit.caller, id).await {
        Ok(created) => told(&app, &visit, created).await,
        Err(error) => {
            let whole = app.api_client(&visit.caller, id).await?;
            let (status, form) = secret_form(&visit, &whole).refused(&typed, error)?;
            secret_view(&whole, form).answer(status, &app, &visit).await
        }
    }
}

fn revoke_form(guest: &Guest, whole: &ApiClient) -> Form {
    let path = format!("{PATH}/{}", whole.client.id);
    Form::new(guest, format!("{path}/revoke-access"), "Revoke access")
        .confirm(whole.application.name.as_str())
        .cancel(path)
}

fn revoke_view(whole: &ApiClient, form: Form) -> View {
    below(whole, "Revoke access?")
        .lead("Its key, its secret and all its tokens are worth nothing from then on, and it cannot be switched on again. Its name may be used for a new client.")
        .section(Section::form(form))
}

async fn show_revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ClientId>,
    visit: Visit<Administrator>,
) -> Answer {
    let whole = app.api_client(&visit.caller, id).await?;
    revoke_view(&whole, revoke_form(&visit, &whole)).show(&app, &visit).await
}

async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ClientId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let whole = app.api_client(&visit.caller, id).await?;
    let done = match confirmed(&typed, whole.application.name.as_str()) {
        Ok(()) => app.revoke_api_client(&visit.caller, id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => go_to(PATH, Notice::AccessRevoked),
        Err(error) => {
            let (status, form) = revoke_form(&visit, &whole).refused(&typed, error)?;
            revoke_view(&whole, form).answer(status, &app, &visit).await
        }
    }
}
