//! `/invitation`: somebody accepts an invitation, by the link in the mail; and takes one back that they sent.

use std::sync::Arc;
use std::time::Duration;

use app::{App, Error};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use domain::{InvitationId, Membership, SecretKind, secret};

use super::Pages;
use super::cell::Cell;
use super::field::Field;
use super::form::Form;
use super::frame::Place;
use super::notice::{Notice, go_to};
use super::refused::{Answer, Refused};
use super::states;
use super::view::{Section, View};
use super::visit::{Anybody, Developer, For as _, Guest, Person, Sent, Visit};
use edge::cookie::INVITED;
use edge::extract::Path;
use edge::state::State;
use edge::words;

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

/// For how long the link is kept for somebody who registers first: as long as the link to confirm the address works.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// The page of the invitation that a browser came with before its user had an account.
pub(super) fn brought_along(headers: &HeaderMap, public_url: &str) -> Option<String> {
    let token = INVITED.read(headers, public_url).filter(|token| is_invitation(token))?;
    Some(format!("{PATH}?token={token}"))
}

fn is_invitation(token: &str) -> bool {
    secret::kind_of(token) == Some(SecretKind::Invitation)
}

/// Somebody who is not signed in signs in first, or registers: this browser remembers the link meanwhile.
fn first_sign_in(visit: &Guest, token: &str, public_url: &str) -> Response {
    let mut response = Refused::SignIn(visit.here.clone()).into_response();
    if is_invitation(token) {
        let mut cookie = INVITED.set_for(token, KEPT, public_url);
        cookie.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

async fn show(Shared(app): Shared<Arc<App>>, Shared(state): Shared<State>, visit: Visit<Anybody>) -> Answer {
    let token = visit.query.text("token");
    if !visit.is_signed_in() {
        return Ok(first_sign_in(&visit, token, &state.options.public_url));
    }
    Developer::admit(&visit)?;
    let form = form(&visit, token);
    let page = match app.invitation_behind(&visit.caller, token).await? {
        Some((invitation, name)) => {
            let (kind, role) = words(invitation.to);
            View::new(Place::Partners, words!("Join {name}?", name))
                .section(Section::facts(vec![
                    (kind, Cell::text(&name)),
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

async fn accept(
    Shared(app): Shared<Arc<App>>,
    Shared(state): Shared<State>,
    Sent { visit, typed }: Sent<Developer>,
) -> Answer {
    let token = typed.text("token");
    match app.accept_invitation(&visit.caller, token).await {
        Ok(invitation) => {
            let mut response = go_to(&path(invitation.to), Notice::Joined)?;
            response.headers_mut().append(header::SET_COOKIE, INVITED.clear(&state.options.public_url));
            Ok(response)
        }
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
