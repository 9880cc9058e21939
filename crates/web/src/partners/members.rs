//! `/partners/{id}/members`: who acts for a partner.

use std::sync::Arc;

use app::{App, Names};
use axum::extract::State as Shared;
use domain::{DeveloperId, Membership, Partner, PartnerId, PartnerRole};

use super::one;
use crate::cell::{Action, Cell};
use crate::field::Choice;
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::Table;
use crate::visit::{Guest, Person, Sent};
use crate::{Pages, members, states};
use edge::extract::Path;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .post("/partners/{id}/members", "Invite somebody to a partner", invite)
        .post("/partners/{id}/members/{developer_id}/role", "Change a member’s role", change)
        .post("/partners/{id}/members/{developer_id}/remove", "Take somebody off a partner", remove)
}

fn word(role: PartnerRole) -> &'static str {
    match role {
        PartnerRole::Owner => "owner",
        PartnerRole::ReadOnly => "read_only",
    }
}

/// Whatever else was sent: the least of them.
fn role(text: &str) -> PartnerRole {
    if text == "owner" { PartnerRole::Owner } else { PartnerRole::ReadOnly }
}

/// The form by which somebody is invited.
pub(super) fn form(guest: &Guest, id: PartnerId) -> Form {
    let roles = [PartnerRole::Owner, PartnerRole::ReadOnly];
    let roles = roles.map(|role| Choice::new(word(role), states::partner_role(role))).into();
    members::invite_form(guest, format!("/partners/{id}/members"), roles)
}

/// The members, one in each row.
pub(super) fn table(guest: &Guest, partner: &Partner, names: &Names, may_edit: bool) -> Table {
    let rows = partner.members.iter().map(|(id, role)| {
        let (name, email) = (names.of(*id), names.email(*id));
        let mut row = vec![
            Cell::Stack(vec![Cell::text(Words::said(name)), Cell::quiet(email.to_owned())]),
            Cell::text(states::partner_role(*role)),
        ];
        if may_edit {
            let path = format!("/partners/{}/members/{id}", partner.id);
            let other = match role {
                PartnerRole::Owner => PartnerRole::ReadOnly,
                PartnerRole::ReadOnly => PartnerRole::Owner,
            };
            let words = match other {
                PartnerRole::Owner => "Make owner",
                PartnerRole::ReadOnly => "Only let look",
            };
            row.push(Cell::Buttons(vec![
                Action::post(guest, format!("{path}/role"), words)
                    .quiet()
                    .with("role", word(other))
                    .about(Words::said(name)),
                Action::post(guest, format!("{path}/remove"), "Remove").danger().about(Words::said(name)),
            ]));
        }
        row
    });
    let columns: &[&str] = if may_edit { &["Name", "Role", ""] } else { &["Name", "Role"] };
    Table::new("Members", columns, rows.collect(), "It has no members yet.")
}

async fn invite(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PartnerId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let partner = app.partner(&visit.caller, id).await?;
    if !app.may_edit_partner(&visit.caller, &partner) {
        return Err(members::not_allowed());
    }
    let to = Membership::Partner(id, role(typed.text("role")));
    match app.invite(&visit.caller, typed.text("email"), to).await {
        Ok(_) => go_to(&format!("/partners/{id}"), Notice::Invited),
        Err(error) => {
            let (status, form) = form(&visit, id).refused(&typed, error)?;
            one::view(&app, &visit, id, Some(form)).await?.answer(status, &app, &visit).await
        }
    }
}

async fn change(
    Shared(app): Shared<Arc<App>>,
    Path((id, developer)): Path<(PartnerId, DeveloperId)>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    app.set_partner_member(&visit.caller, id, developer, role(typed.text("role"))).await?;
    go_to(&format!("/partners/{id}"), Notice::MemberSaved)
}

async fn remove(
    Shared(app): Shared<Arc<App>>,
    Path((id, developer)): Path<(PartnerId, DeveloperId)>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    app.remove_partner_member(&visit.caller, id, developer).await?;
    go_to(&format!("/partners/{id}"), Notice::MemberRemoved)
}
