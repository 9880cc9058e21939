//! What the pages about members of partners and of applications have in common: who is invited, and how to invite.

use app::{App, Error, InvitationFilter, every};
use domain::{InvitationStatus, Membership};

use super::cell::{Action, Cell, Tone};
use super::field::{Choice, Field};
use super::form::Form;
use super::refused::Refused;
use super::states;
use super::view::{Section, Table};
use super::visit::Guest;
use edge::words;

/// Somebody may look at the members, and no more.
pub(super) fn not_allowed() -> Refused {
    Error::Forbidden("your role does not allow this".to_owned()).into()
}

/// The form by which somebody is invited.
pub(super) fn invite_form(guest: &Guest, action: String, roles: Vec<Choice>) -> Form {
    Form::new(guest, action, "Send the invitation")
        .once()
        .field(
            Field::email("")
                .hint("Whoever reads mail there, and has an account with this address, can accept."),
        )
        .field(Field::select("role", "Role", roles))
}

/// The invitations; `None` if there was none.
///
/// # Errors
/// If the caller may not see them.
pub(super) async fn invitations(
    app: &App,
    guest: &Guest,
    filter: InvitationFilter,
) -> Result<Option<Section>, Refused> {
    let invitations = every(|page| app.invitations(&guest.caller, filter, page)).await?;
    if invitations.is_empty() {
        return Ok(None);
    }
    let now = app.clock().now();
    let rows = invitations.iter().map(|it| {
        let status = it.status(now);
        let (tone, word) = match status {
            InvitationStatus::Open => (Tone::Waits, "Open"),
            InvitationStatus::Accepted => (Tone::Good, "Accepted"),
            InvitationStatus::Withdrawn => (Tone::Plain, "Withdrawn"),
            InvitationStatus::Expired => (Tone::Plain, "Expired"),
        };
        let role = match it.to {
            Membership::Partner(_, role) => states::partner_role(role),
            Membership::Application(_, role) => states::application_role(role),
        };
        let last = if status == InvitationStatus::Open {
            let path = format!("/invitations/{}/withdraw", it.id);
            let action = Action::post(guest, path, "Withdraw").quiet();
            Cell::Buttons(vec![action.about(words!("the invitation to {email}", email = it.email))])
        } else {
            Cell::nothing("")
        };
        vec![
            Cell::text(&it.email),
            Cell::text(role),
            Cell::badge((tone, word)),
            Cell::time(it.meta.created_at),
            last,
        ]
    });
    let table = Table::new("Invitations", &["Address", "Role", "State", "Sent", ""], rows.collect(), "None.");
    Ok(Some(Section::table(table).heading("Invitations")))
}
