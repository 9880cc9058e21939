//! `/refused-calls/{id}`: why was this refused?

use std::sync::Arc;

use app::{App, RefusedCall, ToName};
use axum::extract::State as Shared;
use domain::ApplicationId;
use uuid::Uuid;

use super::advice::advice;
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::frame::Place;
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Visit};
use edge::extract::Path;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/refused-calls/{id}", "Why a call was refused", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<Uuid>, visit: Visit<Person>) -> Answer {
    let call = app.refused_call(&visit.caller, id).await?;
    let why =
        app.calls().why(&call.reason).map_or_else(|| Words::said(&call.reason), |why| Words::known(&why));
    let view = head(&visit, call.application_id).badge((Tone::Bad, call.status.to_string())).lead(why);
    let view = view.section_if(advice(&call.reason).is_some(), || {
        Section::note(Tone::Waits, advice(&call.reason).unwrap_or_default())
    });
    let view = with_ways_out(view, &call);
    view.section(Section::facts(facts(&app, &visit, &call).await?).heading("The call"))
        .show(&app, &visit)
        .await
}

/// Where it is: among all of them, or among those of an application.
fn head(guest: &Guest, application: Option<ApplicationId>) -> View {
    let title = "Why was this refused?";
    match application {
        _ if guest.is_administrator() => {
            View::new(Place::RefusedCalls, title).crumb("/console/refused-calls", "Refused calls")
        }
        Some(id) => View::new(Place::Applications, title)
            .crumb("/applications", "Applications")
            .crumb(format!("/applications/{id}/refused-calls"), "Refused calls"),
        None => View::new(Place::Applications, title).crumb("/applications", "Applications"),
    }
}

/// Where what is in the way can be changed.
fn with_ways_out(view: View, call: &RefusedCall) -> View {
    let Some(id) = call.application_id else { return view };
    let at = |part: &str| format!("/applications/{id}/{part}");
    match call.reason.as_str() {
        reason if reason.starts_with("subscription_") => {
            view.action(Action::see(at("subscriptions"), "Subscriptions"))
        }
        reason if reason.starts_with("credential_") => {
            view.action(Action::see(at("credentials"), "Credentials"))
        }
        "insufficient_scope" | "address_not_allowed" => {
            view.action(Action::see(at("client"), "OAuth settings"))
        }
        _ => view,
    }
}

async fn facts(app: &App, guest: &Guest, call: &RefusedCall) -> Result<Vec<(&'static str, Cell)>, Refused> {
    let names = app
        .names(ToName {
            applications: call.application_id.into_iter().collect(),
            versions: call.api_version_id.into_iter().collect(),
            ..ToName::default()
        })
        .await?;
    let version = call.api_version_id.map_or(Cell::nothing("none of this desk"), |id| {
        let name = names.of(id).to_owned();
        if guest.is_administrator() {
            Cell::link(format!("/console/api-versions/{id}"), name)
        } else {
            Cell::text(name)
        }
    });
    let application = call.application_id.map_or(Cell::nothing("not known"), |id| {
        Cell::link(format!("/applications/{id}"), Words::said(names.of(id).to_owned()))
    });
    Ok(vec![
        ("When", Cell::time(call.at)),
        ("Request id", Cell::Copy(call.id.to_string())),
        ("Reason", Cell::Code(call.reason.clone())),
        ("API", version),
        ("Application", application),
        ("Method", Cell::text(&call.method)),
        ("Host", Cell::text(&call.host)),
        ("Path", Cell::text(&call.path)),
        ("From", Cell::text(call.address.clone().unwrap_or_default())),
    ])
}
