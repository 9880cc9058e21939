//! `/applications/{id}/members`

use std::sync::Arc;

use app::{App, InvitationFilter};
use axum::extract::State as Shared;
use domain::{ApplicationId, ApplicationRole, DeveloperId, Membership};

use super::{Shown, Tab};
use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::Choice;
use crate::form::Form;
use crate::members;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::states;
use crate::view::{Section, Table, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/applications/{id}/members", "Who works on an application", show)
        .post("/applications/{id}/members", "Invite somebody to an application", invite)
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
    members::invite_form(guest, format!("{}/members", shown.path()), roles(ApplicationRole::Developer))
}

async fn view(app: &App, guest: &Guest, shown: &Shown, form: Form) -> Result<View, Refused> {
    let rows = shown.application.members.iter().map(|(id, role)| {
        let (name, email) = (shown.names.of(*id), shown.names.email(*id));
        let mut row = vec![
            Cell::Stack(vec![Cell::text(Words::said(name)), Cell::quiet(email.to_owned())]),
            Cell::text(states::application_role(*role)),
        ];
        if shown.rights.members {
            let path = format!("{}/members/{id}", shown.path());
            let others = [ApplicationRole::Owner, ApplicationRole::Developer, ApplicationRole::ReadOnly];
            let others = others.into_iter().filter(|other| other != role).map(|other| {
                Action::post(
                    guest,
                    format!("{path}/role"),
                    words!("Make {role}", role = Words::from(states::application_role(other))),
                )
                .quiet()
                .with("role", word(other))
                .about(words!("of {name}", name))
            });
            let remove =
                Action::post(guest, format!("{path}/remove"), "Remove").danger().about(Words::said(name));
            row.push(Cell::Buttons(others.chain([remove]).collect()));
        }
        row
    });
    let columns: &[&str] = if shown.rights.members { &["Name", "Role", ""] } else { &["Name", "Role"] };
    let empty = "Nobody works on it besides its owner.";
    let table = Table::new("Members", columns, rows.collect(), empty);
    let view = shown.head(guest, Tab::Members).section(
        Section::table(table)
            .text("Owners do everything. Developers see it and change its description. Who may look sees it, without secrets."),
    );
    if !shown.rights.members {
        return Ok(view);
    }
    let filter = InvitationFilter::Application(shown.application.id);
    let view = match members::invitations(app, guest, filter).await? {
        Some(section) => view.section(section),
        None => view,
    };
    Ok(view.section(Section::form(form).heading("Invite somebody")))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let form = form(&visit, &shown);
    view(&app, &visit, &shown, form).await?.show(&app, &visit).await
}

async fn invite(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApplicationId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    if !shown.rights.members {
        return Err(members::not_allowed());
    }
    let to = Membership::Application(id, role(typed.text("role")));
    match app.invite(&visit.caller, typed.text("email"), to).await {
        Ok(_) => go_to(&format!("/applications/{id}/members"), Notice::Invited),
        Err(error) => {
            let (status, form) = form(&visit, &shown).refused(&typed, error)?;
            view(&app, &visit, &shown, form).await?.answer(status, &app, &visit).await
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
