//! `/subscriptions/{id}/delete`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::SubscriptionId;

use super::One;
use crate::Pages;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/subscriptions/{id}/delete", "End a subscription", show).post(
        "/subscriptions/{id}/delete",
        "End a subscription",
        submit,
    )
}

fn form(guest: &Guest, one: &One) -> Form {
    Form::new(guest, format!("{}/delete", one.path()), "Unsubscribe")
        .version(one.subscription.meta.version)
        .danger()
        .cancel(one.path())
}

fn view(guest: &Guest, one: &One, form: Form) -> View {
    one.page(guest, words!("Unsubscribe from {api}?", api = one.api()))
        .crumb(one.path(), Words::said(one.api()))
        .lead(words!("From then on all calls of {application} to {api} are refused. To call it again, it has to subscribe anew, which may have to be approved.", application = one.shown.application.name, api = one.api()))
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<SubscriptionId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    view(&visit, &one, form(&visit, &one)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SubscriptionId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    match app.unsubscribe(&visit.caller, id, typed.version()).await {
        Ok(()) => go_to(&format!("{}/subscriptions", one.shown.path()), Notice::Unsubscribed),
        Err(error) => {
            let (status, form) = form(&visit, &one).refused(&typed, error)?;
            view(&visit, &one, form).answer(status, &app, &visit).await
        }
    }
}
