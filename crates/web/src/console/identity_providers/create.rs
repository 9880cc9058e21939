//! `/console/identity-providers/new`.

use std::sync::Arc;

use app::{App, callback_path};
use axum::extract::State as Shared;
use domain::IdentityProviderDraft;

use super::{PATH, fields};
use crate::Pages;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};

pub(super) const NEW: &str = "/console/identity-providers/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(NEW, "Set an identity provider up", show).post(NEW, "Set an identity provider up", create)
}

fn form(guest: &Guest) -> Form {
    let draft = IdentityProviderDraft::default();
    let fields = fields::fixed(&draft).into_iter().chain(fields::changeable(&draft, true));
    Form::new(guest, NEW, "Set it up").once().fields(fields).cancel(PATH)
}

fn view(app: &App, form: Form) -> View {
    let redirect_uri = format!("{}{}", app.settings().public_url, callback_path("WORD"));
    View::new(Place::IdentityProviders, "New identity provider")
        .crumb(PATH, "Identity providers")
        .lead("Register Keywright there first, as a web application with the authorization code flow.")
        .section(
            Section::copy(redirect_uri)
                .heading("Redirect URI to register there")
                .text("Instead of WORD, the word in addresses that you choose below."),
        )
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    view(&app, form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let made = match fields::read(&typed) {
        Ok(edit) => {
            let mut draft = IdentityProviderDraft::default();
            fields::read_fixed(&typed, &mut draft);
            edit(&mut draft);
            app.create_identity_provider(&visit.caller, draft, typed.given("client_secret")).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(created) => go_to(&format!("{PATH}/{}", created.value.id), Notice::Created),
        Err(error) => {
            let (status, form) = form(&visit).refused(&typed, fields::about_fields(error))?;
            view(&app, form).answer(status, &app, &visit).await
        }
    }
}
