//! `/console/administrators/invite`, and what becomes of those invitations.

use std::sync::Arc;

use app::{App, ToName, every};
use axum::extract::State as Shared;
use domain::{AdministratorInvitationId, InvitationStatus};

use super::administrators::{PATH, role_fields, role_in_words, role_typed};
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::fresh::must_be_fresh;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use edge::extract::Path;
use edge::words;

pub(super) const INVITE: &str = "/console/administrators/invite";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(INVITE, "Invite an administrator", show)
        .post(INVITE, "Invite an administrator", invite)
        .post("/console/administrator-invitations/{id}/resend", "Invite an administrator again", resend)
        .post(
            "/console/administrator-invitations/{id}/withdraw",
            "Take an invitation of an administrator back",
            withdraw,
        )
}

async fn form(app: &App, guest: &Guest) -> Result<Form, Refused> {
    Ok(Form::new(guest, INVITE, "Send the invitation")
        .once()
        .field(Field::email("").focused())
        .fields(role_fields(app, guest, None).await?)
        .cancel(PATH))
}

fn view(form: Form) -> View {
    View::new(Place::Administrators, "Invite an administrator")
        .crumb(PATH, "Administrators")
        .lead("A link goes to the address. Whoever opens it within 48 hours chooses the password, so that nobody else ever knows it.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    must_be_fresh(&app, &visit, INVITE).await?;
    view(form(&app, &visit).await?).show(&app, &visit).await
}

async fn invite(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    match app.invite_administrator(&visit.caller, typed.text("email"), role_typed(&typed)).await {
        Ok(_) => go_to(PATH, Notice::AdministratorInvited),
        Err(error) => {
            let (status, form) = form(&app, &visit).await?.refused(&typed, error)?;
            view(form).answer(status, &app, &visit).await
        }
    }
}

async fn resend(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorInvitationId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    must_be_fresh(&app, &visit, PATH).await?;
    app.resend_administrator_invitation(&visit.caller, id).await?;
    go_to(PATH, Notice::AdministratorInvited)
}

async fn withdraw(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorInvitationId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.withdraw_administrator_invitation(&visit.caller, id).await?;
    go_to(PATH, Notice::Withdrawn)
}

/// Those that nobody answered yet; `None` if there are none.
///
/// # Errors
/// If the caller may not see them.
pub(super) async fn waiting(app: &App, guest: &Guest) -> Result<Option<Section>, Refused> {
    let open = every(|page| app.administrator_invitations(&guest.caller, true, page)).await?;
    if open.is_empty() {
        return Ok(None);
    }
    let gateways = open.iter().filter_map(|it| it.role.gateway()).collect();
    let names = app.names(ToName { gateways, ..ToName::default() }).await?;
    let now = app.clock().now();
    let rows = open.iter().map(|it| {
        let role = Cell::text(role_in_words(it.role));
        let role = match it.role.gateway() {
            Some(id) => Cell::Stack(vec![role, Cell::quiet(words!("of {name}", name = names.of(id)))]),
            None => role,
        };
        let state = match it.status(now) {
            InvitationStatus::Expired => Cell::badge((Tone::Bad, "Expired")),
            InvitationStatus::Open | InvitationStatus::Accepted | InvitationStatus::Withdrawn => {
                Cell::badge((Tone::Waits, "Open"))
            }
        };
        let at = |act: &str| format!("/console/administrator-invitations/{}/{act}", it.id);
        let about = words!("the invitation to {email}", email = it.email);
        let actions = vec![
            Action::post(guest, at("resend"), "Send again").quiet().about(about.clone()),
            Action::post(guest, at("withdraw"), "Withdraw").quiet().about(about),
        ];
        vec![Cell::text(&it.email), role, state, Cell::time(it.expires_at), Cell::Buttons(actions)]
    });
    let columns = ["Address", "Role", "State", "Works until", ""];
    let table = Table::new("Invitations", &columns, rows.collect(), "None.");
    Ok(Some(Section::table(table).heading("Invitations")))
}
