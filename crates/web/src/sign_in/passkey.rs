//! `/sign-in/passkey`: with a passkey and without a password.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::http::HeaderMap;

use super::{finish, may_stay_for, page};
use crate::Pages;
use crate::field::Field;
use crate::form::Form;
use crate::refused::{Answer, Refused};
use crate::visit::{Anybody, Guest, Sent};
use edge::even::evenly_unless_done;
use edge::own_path;
use edge::state::State;

const PATH: &str = "/sign-in/passkey";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.post(PATH, "Sign in with a passkey", submit)
}

pub(super) fn form(guest: &Guest) -> Form {
    Form::new(guest, PATH, "Sign in with a passkey").quiet()
}

/// The form, ready to be shown; `None`: there are no passkeys here.
pub(super) async fn asking(app: &App, form: Form, next: &str) -> Result<Option<Form>, Refused> {
    let request = app.passkey_to_sign_in().await?;
    Ok(request.map(|request| form.field(Field::hidden("next", next)).asking("get", &request, "")))
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    headers: HeaderMap,
    Sent { visit, typed }: Sent<Anybody>,
) -> Answer {
    let next = own_path(typed.text("next")).unwrap_or_default();
    let keep_for = may_stay_for(&app, next).filter(|_| typed.is_ticked("stay"));
    let (ticket, answer) = (typed.text("ticket"), typed.text("answer"));
    let agent = edge::user_agent(&headers);
    let signing_in = app.sign_in_with_passkey(&visit.caller, ticket, answer, agent, keep_for);
    match evenly_unless_done(signing_in).await {
        Ok(signed_in) => finish(&app, &state, &visit, next, &signed_in).await,
        Err(error) => {
            let (status, refused) = form(&visit).refused(&typed, error)?;
            let password = super::form(&app, &visit, "", next);
            page(&app, status, None, password, refused, next, false).await
        }
    }
}
