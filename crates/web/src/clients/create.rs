//! `/applications/{id}/client/new`: OAuth settings of a type that was chosen on the page before.

use std::sync::Arc;

use app::{App, ClientRequest};
use axum::extract::State as Shared;
use domain::{ApplicationId, ClientType};

use super::words::{about_type, client_type, parse_type, type_word};
use super::{path, settings, told};
use crate::applications::Shown;
use crate::field::Field;
use crate::form::Form;
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/client/new", "Give an application OAuth settings", show).post(
        "/applications/{id}/client/new",
        "Give an application OAuth settings",
        submit,
    )
}

/// The type that was chosen; without one, that of programs that act for themselves.
fn chosen(typed: &Typed) -> ClientType {
    parse_type(typed.text("client_type")).unwrap_or(ClientType::NonInteractive)
}

async fn form(app: &App, guest: &Guest, shown: &Shown, kind: ClientType) -> Result<Form, Refused> {
    let draft = ClientRequest::of(kind).draft;
    Ok(Form::new(guest, format!("{}/new", path(shown)), "Create the client")
        .once()
        .field(Field::hidden("client_type", type_word(kind)))
        .fields(settings::fields(app, guest, &draft, None).await?)
        .cancel(path(shown)))
}

fn view(guest: &Guest, shown: &Shown, kind: ClientType, form: Form) -> View {
    shown
        .below(guest, client_type(kind))
        .crumb(path(shown), "OAuth")
        .lead(about_type(kind))
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let kind = chosen(&visit.query);
    view(&visit, &shown, kind, form(&app, &visit, &shown, kind).await?).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    if !shown.rights.client {
        return Err(members::not_allowed());
    }
    let kind = chosen(&typed);
    let by_administrator = visit.is_administrator();
    let mut request = ClientRequest::of(kind);
    request.token_definition = settings::definition(&typed, by_administrator).flatten();
    let made = match settings::fill(&mut request.draft, &typed, by_administrator) {
        Ok(()) => app.create_client(&visit.caller, id, request).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(created) => told(&app, &visit, &shown, created, None).await,
        Err(error) => {
            let (status, form) = form(&app, &visit, &shown, kind).await?.refused(&typed, error)?;
            view(&visit, &shown, kind, form).answer(status, &app, &visit).await
        }
    }
}
