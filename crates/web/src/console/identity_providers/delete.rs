//! `/console/identity-providers/{id}/delete`.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{IdentityProvider, IdentityProviderId};

use super::PATH;
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
    pages.get("/console/identity-providers/{id}/delete", "Delete an identity provider", show).post(
        "/console/identity-providers/{id}/delete",
        "Delete an identity provider",
        delete,
    )
}

fn form(guest: &Guest, provider: &IdentityProvider) -> Form {
    let path = format!("{PATH}/{}", provider.id);
    Form::new(guest, format!("{path}/delete"), "Delete this provider")
        .confirm(provider.name.as_str())
        .cancel(path)
}

fn view(provider: &IdentityProvider, form: Form) -> View {
    View::new(Place::IdentityProviders, words!("Delete {provider}?", provider = provider.name))
        .crumb(PATH, "Identity providers")
        .lead("Its links go with it, and whoever came from it is signed out at once. Who has no password gets one by mail; administrators who have none do not get in any more.")
        .section(Section::form(form))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<IdentityProviderId>,
    visit: Visit<Administrator>,
) -> Answer {
    let provider = app.identity_provider(&visit.caller, id).await?;
    view(&provider, form(&visit, &provider)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<IdentityProviderId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let provider = app.identity_provider(&visit.caller, id).await?;
    let done = match confirmed(&typed, provider.name.as_str()) {
        Ok(()) => app.delete_identity_provider(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        // It may have been the way that this very session came.
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = form(&visit, &provider).refused(&typed, error)?;
            view(&provider, form).answer(status, &app, &visit).await
        }
    }
}
