//! `/applications/{id}`, and what administrators do there: suspend and resume.

use std::sync::Arc;

use app::{App, CredentialFilter, PageRequest, SubscriptionFilter};
use axum::extract::State as Shared;
use domain::{ApplicationId, ApplicationState, Owner, SubscriptionStatus};

use super::{Shown, Tab};
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::Section;
use crate::visit::{Administrator, Person, Sent, Visit};
use edge::extract::Path;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/applications/{id}", "An application", show)
        .post("/console/applications/{id}/suspend", "Stop an application’s calls", suspend)
        .post("/console/applications/{id}/resume", "Let an application’s calls through again", resume)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let application = &shown.application;
    let owner = match application.owner {
        Owner::Partner(partner) => {
            Cell::link(format!("/partners/{partner}"), Words::said(shown.names.owner(application.owner)))
        }
        Owner::Developer(developer) if visit.is_administrator() => Cell::link(
            format!("/console/developers/{developer}"),
            Words::said(shown.names.owner(application.owner)),
        ),
        Owner::Developer(_) => Cell::text(Words::said(shown.names.owner(application.owner))),
    };
    let mut view = shown.head(&visit, Tab::Overview).action_if(shown.rights.edit, shown.edit_action());
    if visit.runs_it_all() {
        view = view.action(match application.state {
            ApplicationState::Active => {
                Action::post(&visit, format!("/console/applications/{id}/suspend"), "Suspend").danger()
            }
            ApplicationState::Suspended => {
                Action::post(&visit, format!("/console/applications/{id}/resume"), "Resume").quiet()
            }
        });
    }
    if application.state == ApplicationState::Suspended {
        view = view.section(Section::note(
            Tone::Bad,
            "An administrator has suspended this application: all its calls are refused. Nothing of it is lost.",
        ));
    } else if !visit.caller.is_approver() && !visit.only_looks() {
        view = next_step(&app, &visit, &shown, view).await?;
    }
    view.section(Section::facts(vec![
        ("Owner", owner),
        ("Created", Cell::time(application.meta.created_at)),
        ("Sends its key as", Cell::text(Words::said(shown.names.of(application.auth_strategy_id)))),
        ("Id", Cell::Copy(id.to_string())),
        ("Description", Cell::text(&application.description)),
    ]))
    .section_if(shown.rights.transfer, || {
        Section::words("Its members, keys and subscriptions go with it.")
            .heading("Give it to another owner")
            .action(Action::link(format!("/applications/{id}/transfer"), "Transfer").quiet())
    })
    .section_if(shown.rights.delete, || {
        Section::words("Its keys and subscriptions go with it, and its calls are refused from then on.")
            .heading("Delete it")
            .action(Action::link(format!("/applications/{id}/delete"), "Delete").danger())
    })
    .show(&app, &visit)
    .await
}

/// What is missing until the first call gets through.
async fn next_step(
    app: &App,
    visit: &Visit<Person>,
    shown: &Shown,
    view: crate::view::View,
) -> Result<crate::view::View, crate::refused::Refused> {
    let id = shown.application.id;
    let first = PageRequest::first(50);
    let filter = SubscriptionFilter { application_id: Some(id), ..SubscriptionFilter::default() };
    let subscriptions = app.subscriptions(&visit.caller, filter, first).await?.items;
    let filter = CredentialFilter { application_id: Some(id), ..CredentialFilter::default() };
    let credentials = app.credentials(&visit.caller, filter, first).await?.items;
    let now = app.clock().now();
    let apis = if visit.is_administrator() { "/console/apis" } else { "/apis" };
    let step = if subscriptions.is_empty() {
        Some((
            "It may not call anything yet: choose an API and subscribe.",
            Action::link(apis, "Choose an API"),
        ))
    } else if !credentials.iter().any(|it| it.status(now).is_usable()) {
        let new = format!("/applications/{id}/credentials/new");
        Some(("It has no key yet to prove itself with.", Action::link(new, "Issue a key")))
    } else if subscriptions.iter().all(|it| it.status == SubscriptionStatus::Pending) {
        let path = format!("/applications/{id}/subscriptions");
        Some(("Its subscription waits for approval.", Action::see(path, "See it")))
    } else {
        None
    };
    Ok(match step {
        Some((words, action)) => view.section(Section::words(words).heading("Next").action(action)),
        None => view,
    })
}

async fn suspend(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.set_application_state(&visit.caller, id, ApplicationState::Suspended).await?;
    go_to(&format!("/applications/{id}"), Notice::Suspended)
}

async fn resume(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.set_application_state(&visit.caller, id, ApplicationState::Active).await?;
    go_to(&format!("/applications/{id}"), Notice::Resumed)
}
