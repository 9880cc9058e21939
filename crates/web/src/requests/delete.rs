//! `/requests/{id}/delete`: somebody takes a request back.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Request, RequestId};

use crate::Pages;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/requests/{id}/delete", "Take a request back", show).post(
        "/requests/{id}/delete",
        "Take a request back",
        submit,
    )
}

fn form(guest: &Guest, request: &Request) -> Form {
    let path = format!("/requests/{}", request.id);
    Form::new(guest, format!("{path}/delete"), "Take it back").danger().cancel(path)
}

async fn view(app: &App, guest: &Guest, request: &Request, form: Form) -> Result<View, Refused> {
    let names = super::names(app, std::slice::from_ref(request)).await?;
    let title = super::title(&names, request);
    Ok(View::new(Place::Requests, "Take this request back?")
        .crumb(super::list_path(guest), "Requests")
        .crumb(format!("/requests/{}", request.id), title)
        .lead("Nobody has to decide on it any more. An application that it was to make is removed.")
        .section(Section::form(form)))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<RequestId>, visit: Visit<Person>) -> Answer {
    let request = app.request(&visit.caller, id).await?;
    view(&app, &visit, &request, form(&visit, &request)).await?.show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<RequestId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let request = app.request(&visit.caller, id).await?;
    match app.delete_request(&visit.caller, id).await {
        Ok(()) => go_to(super::list_path(&visit), Notice::TakenBack),
        Err(error) => {
            let (status, form) = form(&visit, &request).refused(&typed, error)?;
            view(&app, &visit, &request, form).await?.answer(status, &app, &visit).await
        }
    }
}
