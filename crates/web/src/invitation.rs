//! `/invitation`: somebody accepts an invitation, by the link in the mail; and takes one back that they sent.

use std::sync::Arc;

use app::{App, Error};
use axum::extract::State as Shared;
use domain::{InvitationId, Membership};

use super::Pages;
use super::cell::Cell;
use super::field::Field;
use super::form::Form;
use super::frame::Place;
use super::notice::{Notice, go_to};
use super::refused::Answer;
use super::states;
use super::view::{Section, View};
use super::visit::{Developer, Guest, Person, Sent, Visit};
use edge::extract::Path;

const PATH: &str = "/invitation";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Accept an invitation", show).post(PATH, "Accept an invitation", accept).post(
        "/invitations/{id}/withdraw",
        "Take an invitation back",
        withdraw,
    )
}

fn path(to: Membership) -> String {
    match to {
        Membership::Partner(id, _) => format!("/partners/{id}"),
        Membership::Application(id, _) => format!("/applications/{id}"),
    }
}

fn view(form: Form) -> View {
    View::new(Place::Partners, "Accept the invitation?")
        .lead("You join with the account that you are signed in with. It has to have the address that the invitation was sent to.")
        .section(Section::form(form))
}

fn form(guest: &Guest, token: &str) -> Form {
    Form::new(guest, PATH, "Accept").field(Field::hidden("token", token)).cancel("/home")
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let token = visit.query.text("token");
    let form = form(&visit, token);
    let page = match app.invitation_behind(&visit.caller, token).await? {
        Some((invitation, name)) => {
            let (kind, role) = words(invitation.to);
            View::new(Place::Partners, format!("Join {name}?"))
                .section(Section::facts(vec![
                    (kind, Cell::text(name.as_str())),
                    ("You become", Cell::text(role)),
                    ("Invited", Cell::time(invitation.meta.created_at)),
                ]))
                .section(Section::form(form))
        }
        None => view(form),
    };
    page.show(&app, &visit).await
}

/// What somebody is invited to, and as what.
fn words(to: Membership) -> (&'static str, &'static str) {
    match to {
        Membership::Partner(_, role) => ("Partner", states::partner_role(role)),
        Membership::Application(_, role) => ("Application", states::application_role(role)),
    }
}

async fn accept(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Developer>) -> Answer {
    let token = typed.text("token");
    match app.accept_invitation(&visit.caller, token).await {
        Ok(invitation) => go_to(&path(invitation.to), Notice::Joined),
        Err(error) => {
            // Whether it is somebody else's, or none at all, is told to nobody.
            let error = match error {
                Error::NotFound(_) => Error::Gone(
                    "this invitation is not for the address of your account, or it does not exist",
                ),
                other => other,
            };
            let (status, form) = form(&visit, token).refused(&typed, error)?;
            view(form).answer(status, &app, &visit).await
        }
    }
}

async fn withdraw(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<InvitationId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    let invitation = app.withdraw_invitation(&visit.caller, id).await?;
    let page = match invitation.to {
        Membership::Partner(..) => path(invitation.to),
        Membership::Application(..) => format!("{}/members", path(invitation.to)),
    };
    go_to(&page, Notice::Withdrawn)
}
