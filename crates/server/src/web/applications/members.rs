//! `/applications/{id}/members`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{ApplicationId, ApplicationRole, DeveloperId};

use super::{Shown, Tab};
use crate::extract::Path;
use crate::web::Pages;
use crate::web::cell::{Action, Cell};
use crate::web::field::{Choice, Field};
use crate::web::form::Form;
use crate::web::members;
use crate::web::notice::{Notice, go_to};
use crate::web::refused::Answer;
use crate::web::states;
use crate::web::view::{Section, Table, View};
use crate::web::visit::{Guest, Person, Sent, Visit};

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/applications/{id}/members", "Who works on an application", show)
        .post("/applications/{id}/members", "Add somebody to an application", add)
        .post("/applications/{id}/members/{developer_id}/role", "Change a member’s role", change)
        .post("/applications/{id}/members/{developer_id}/remove", "Take somebody off an application", remove)
}

fn roles(chosen: ApplicationRole) -> Vec<Choice> {
    [ApplicationRole::Owner, ApplicationRole::Developer, ApplicationRole::ReadOnly]
        .into_iter()
        .map(|role| Choice::new(word(role), states::application_role(role)).chosen(role == chosen))
        .collect()
}

fn word(role: ApplicationRole) -> &'static str {
    match role {
        ApplicationRole::Owner => "owner",
        ApplicationRole::Developer => "developer",
        ApplicationRole::ReadOnly => "read_only",
    }
}

fn role(text: &str) -> ApplicationRole {
    match text {
        "owner" => ApplicationRole::Owner,
        "developer" => ApplicationRole::Developer,
        // Whatever else was sent: the least of them.
        _ => ApplicationRole::ReadOnly,
    }
}

fn form(guest: &Guest, shown: &Shown) -> Form {
    Form::new(guest, format!("{}/members", shown.path()), "Add")
        .field(Field::email("").hint("Of somebody who is registered here."))
        .field(Field::select("role", "Role", roles(ApplicationRole::Developer)))
}

fn view(guest: &Guest, shown: &Shown, form: Form) -> View {
    let rows = shown.application.members.iter().map(|(id, role)| {
        let (name, email) = (shown.names.of(*id), shown.names.email(*id));
        let mut row = vec![
            Cell::Stack(vec![Cell::text(name), Cell::Quiet(email.to_owned())]),
            Cell::text(states::application_role(*role)),
        ];
        if shown.rights.members {
            let path = format!("{}/members/{id}", shown.path());
            let others = [ApplicationRole::Owner, ApplicationRole::Developer, ApplicationRole::ReadOnly];
            let others = others.into_iter().filter(|other| other != role).map(|other| {
                Action::post(
                    guest,
                    format!("{path}/role"),
                    &format!("Make {}", states::application_role(other)),
                )
                .quiet()
                .with("role", word(other))
                .about(format!("of {name}"))
            });
            let remove = Action::post(guest, format!("{path}/remove"), "Remove").danger().about(name);
            row.push(Cell::Buttons(others.chain([remove]).collect()));
        }
        row
    });
    let columns: &[&str] = if shown.rights.members { &["Name", "Role", ""] } else { &["Name", "Role"] };
    let empty = "Nobody works on it besides its owner.";
    let table = Table::new("Members", columns, rows.collect(), empty);
    shown
        .head(guest, Tab::Members)
        .section(
            Section::table(table)
                .text("Owners do everything. Developers see it and change its description. Who may look sees it, without secrets."),
        )
        .section_if(guest.is_administrator(), || Section::form(form).heading("Add somebody"))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    view(&visit, &shown, form(&visit, &shown)).answer(StatusCode::OK, &app, &visit).await
}

async fn add(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    if !shown.rights.members {
        return Err(members::not_allowed());
    }
    let done = match members::find(&app, &visit, typed.text("email")).await {
        Ok(developer) => {
            app.set_application_member(&visit.caller, id, developer, role(typed.text("role"))).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => go_to(&format!("/applications/{id}/members"), Notice::MemberSaved),
        Err(error) => {
            let (status, form) = form(&visit, &shown).refused(&typed, members::about_email(error))?;
            view(&visit, &shown, form).answer(status, &app, &visit).await
        }
    }
}

async fn change(
    Shared(app): Shared<Arc<App>>,
    Path((id, developer)): Path<(ApplicationId, DeveloperId)>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    app.set_application_member(&visit.caller, id, developer, role(typed.text("role"))).await?;
    go_to(&format!("/applications/{id}/members"), Notice::MemberSaved)
}

async fn remove(
    Shared(app): Shared<Arc<App>>,
    Path((id, developer)): Path<(ApplicationId, DeveloperId)>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    app.remove_application_member(&visit.caller, id, developer).await?;
    go_to(&format!("/applications/{id}/members"), Notice::MemberRemoved)
}
