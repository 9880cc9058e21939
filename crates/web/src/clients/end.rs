//! `/applications/{id}/client/end-tokens` and `/applications/{id}/client/revoke`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::ApplicationId;

use super::Owned;
use crate::form::{Form, confirmed};
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/applications/{id}/client/end-tokens", "End all tokens of a client", show_end)
        .post("/applications/{id}/client/end-tokens", "End all tokens of a client", end)
        .get("/applications/{id}/client/revoke", "End a client for good", show_revoke)
        .post("/applications/{id}/client/revoke", "End a client for good", revoke)
}

fn end_view(guest: &Guest, owned: &Owned) -> View {
    let form = Form::new(guest, format!("{}/end-tokens", owned.path()), "End all its tokens").danger();
    owned
        .below(guest, "End all tokens?")
        .lead("Every token that it got until now is refused, refresh tokens too: people have to sign in again. It may ask for new ones at once; its secret stays. JWTs that others verify by themselves go on until they end.")
        .section(Section::form(form.cancel(owned.path())))
}

async fn show_end(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    visit: Visit<Person>,
) -> Answer {
    let owned = Owned::load(&app, &visit, id).await?;
    end_view(&visit, &owned).show(&app, &visit).await
}

async fn end(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    app.end_client_tokens(&visit.caller, id).await?;
    go_to(&format!("/applications/{id}/client"), Notice::TokensEnded)
}

fn revoke_form(guest: &Guest, owned: &Owned) -> Form {
    Form::new(guest, format!("{}/revoke", owned.path()), "Revoke this client")
        .confirm(&owned.client.client_id)
        .cancel(owned.path())
}

fn revoke_view(guest: &Guest, owned: &Owned, form: Form) -> View {
    owned
        .below(guest, "Revoke this client?")
        .lead("Its secrets and all its tokens are worth nothing from then on, and its id never works again. This cannot be undone. The application stays, with its keys and subscriptions, and may get another client.")
        .section(Section::form(form))
}

async fn show_revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    visit: Visit<Person>,
) -> Answer {
    let owned = Owned::load(&app, &visit, id).await?;
    revoke_view(&visit, &owned, revoke_form(&visit, &owned)).show(&app, &visit).await
}

async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let owned = Owned::load(&app, &visit, id).await?;
    if !owned.shown.rights.client {
        return Err(members::not_allowed());
    }
    let done = match confirmed(&typed, &owned.client.client_id) {
        Ok(()) => app.revoke_client(&visit.caller, id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => go_to(&owned.path(), Notice::Revoked),
        Err(error) => {
            let (status, form) = revoke_form(&visit, &owned).refused(&typed, error)?;
            revoke_view(&visit, &owned, form).answer(status, &app, &visit).await
        }
    }
}
