//! `/credentials/{id}/revoke`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::CredentialId;

use super::One;
use crate::form::{Form, confirmed};
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, members, moment};
use edge::extract::Path;
use edge::words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/credentials/{id}/revoke", "End a credential for good", show).post(
        "/credentials/{id}/revoke",
        "End a credential for good",
        submit,
    )
}

fn form(guest: &Guest, one: &One) -> Form {
    Form::new(guest, format!("{}/revoke", one.path()), "Revoke this key")
        .confirm(one.credential.name.as_str())
        .cancel(one.path())
}

fn view(app: &App, guest: &Guest, one: &One, form: Form) -> View {
    let now = app.clock().now();
    let used = match one.credential.last_used_at {
        Some(at) => words!("It was last used {when}.", when = moment::from_now(at, now)),
        None => "It was never used, as far as was noted.".into(),
    };
    one.below(guest, words!("Revoke {credential}?", credential = one.credential.name))
        .lead(words!("{used} The next call with it is refused, and it never works again. To change over without a failed call, rotate it instead.", used))
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<CredentialId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    view(&app, &visit, &one, form(&visit, &one)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<CredentialId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    if !one.shown.rights.credentials {
        return Err(members::not_allowed());
    }
    let done = match confirmed(&typed, one.credential.name.as_str()) {
        Ok(()) => app.revoke_credential(&visit.caller, id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => go_to(&one.path(), Notice::Revoked),
        Err(error) => {
            let (status, form) = form(&visit, &one).refused(&typed, error)?;
            view(&app, &visit, &one, form).answer(status, &app, &visit).await
        }
    }
}
