//! `/console/api-clients/{id}`

use std::sync::Arc;

use app::{ApiClient, App};
use axum::extract::State as Shared;
use domain::ClientId;

use super::PATH;
use super::create::{fields, fill};
use crate::Pages;
use crate::cell::{Action, Cell};
use crate::clients::{client_type, legacy_warning, state};
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/api-clients/{id}", "An API client", show).post(
        "/console/api-clients/{id}",
        "Change an API client",
        submit,
    )
}

async fn form(app: &App, guest: &Guest, whole: &ApiClient) -> Result<Form, Refused> {
    Ok(Form::new(guest, format!("{PATH}/{}", whole.client.id), "Save settings")
        .version(whole.client.meta.version)
        .field(Field::text("name", "Name", whole.application.name.as_str()))
        .fields(fields(app, guest, &whole.client.draft()).await?))
}

fn view(whole: &ApiClient, form: Form) -> View {
    let client = &whole.client;
    let at = |part: &str| format!("{PATH}/{}/{part}", client.id);
    let secret = if client.confidential { "••••••••" } else { "" };
    let view =
        View::new(Place::ApiClients, &whole.application.name).crumb(PATH, "API clients").badge(state(client));
    let mut view = view.section(Section::facts(vec![
        ("Consumer key", Cell::Copy(client.client_id.clone())),
        ("Consumer secret", Cell::text(secret)),
        ("Client type", Cell::text(client_type(client.client_type))),
        (
            "Application",
            Cell::link(format!("/applications/{}", whole.application.id), &whole.application.name),
        ),
        ("Created", Cell::time(client.meta.created_at)),
    ]));
    if !client.is_live() {
        return view;
    }
    if let Some(warning) = legacy_warning(client) {
        view = view.section(warning);
    }
    view.action_if(client.confidential, Action::link(at("regenerate-secret"), "Regenerate secret").quiet())
        .section(Section::form(form).heading("Settings"))
        .section(
            Section::words("Its secret and its tokens end with it, for good.")
                .heading("Revoke access")
                .action(Action::link(at("revoke-access"), "Revoke access").danger()),
        )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ClientId>, visit: Visit<Overseer>) -> Answer {
    let whole = app.api_client(&visit.caller, id).await?;
    view(&whole, form(&app, &visit, &whole).await?).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ClientId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let whole = app.api_client(&visit.caller, id).await?;
    let (mut application, mut draft) = (whole.application.draft(), whole.client.draft());
    let done = match fill(&mut application, &mut draft, &typed) {
        Ok(()) => {
            let edit = |named: &mut domain::ApplicationDraft, settings: &mut domain::ClientDraft| {
                named.name = application.name;
                *settings = draft;
            };
            app.update_api_client(&visit.caller, id, typed.version(), edit).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let (status, form) = form(&app, &visit, &whole).await?.refused(&typed, error)?;
            view(&whole, form).answer(status, &app, &visit).await
        }
    }
}
