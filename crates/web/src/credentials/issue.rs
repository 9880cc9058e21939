//! `/applications/{id}/credentials/new`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApplicationId, CredentialDraft, Instant, Invalid};

use super::reveal;
use crate::applications::Shown;
use crate::field::Field;
use crate::form::Form;
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, moment};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/credentials/new", "Issue an API key", show).post(
        "/applications/{id}/credentials/new",
        "Issue an API key",
        submit,
    )
}

fn form(guest: &Guest, shown: &Shown) -> Form {
    Form::new(guest, format!("{}/credentials/new", shown.path()), "Issue key")
        .once()
        .field(
            Field::text("name", "Name", "")
                .hint("Where it is used, such as “production”: so that you know later which one to replace.")
                .focused(),
        )
        .field(last_day(None))
        .cancel(format!("{}/credentials", shown.path()))
}

/// The field for the end of a credential.
pub(crate) fn last_day(expires_at: Option<Instant>) -> Field {
    // The day before the moment from which on it is worth nothing.
    let day = expires_at.map(|at| moment::day(at - std::time::Duration::from_micros(1))).unwrap_or_default();
    Field::day("expires_at", "Last day", &day)
        .hint("It works until the end of this day, in UTC. Without one it works until it is revoked.")
}

/// What was typed there.
///
/// # Errors
/// If it is no day.
pub(crate) fn typed_last_day(typed: &Typed) -> Result<Option<Instant>, Invalid> {
    let Some(day) = typed.given("expires_at") else { return Ok(None) };
    let end = moment::end_of_day(day);
    Ok(Some(end.ok_or_else(|| Invalid::field("expires_at", "invalid", "must be a day like 2027-01-31"))?))
}

fn view(guest: &Guest, shown: &Shown, form: Form) -> View {
    shown
        .below(guest, "New API key")
        .crumb(format!("{}/credentials", shown.path()), "Credentials")
        .lead("You see the key once, on the next page. Have a safe place for it at hand.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    view(&visit, &shown, form(&visit, &shown)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let issued = match typed_last_day(&typed) {
        Ok(expires_at) => {
            let draft = CredentialDraft { name: typed.text("name").to_owned(), expires_at };
            app.issue_api_key(&visit.caller, id, draft).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match issued {
        Ok(issued) => match &issued.secret {
            Some(secret) => reveal(&app, &visit, &shown, &issued.value, secret, None).await,
            None => Err(app::Error::Internal("a key without its secret".to_owned()).into()),
        },
        Err(error) => {
            let (status, form) = form(&visit, &shown).refused(&typed, error)?;
            view(&visit, &shown, form).answer(status, &app, &visit).await
        }
    }
}
