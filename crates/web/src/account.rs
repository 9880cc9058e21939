//! `/account`: one's own name, password and sessions.

use std::sync::Arc;

use app::{App, Error, OwnIdentity};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{Invalid, LinkedIdentityId, SessionId};

use super::cell::{Action, Cell, Tone};
use super::field::{Field, typed_twice};
use super::form::{Form, confirmed};
use super::frame::Place;
use super::fresh::must_be_fresh;
use super::notice::{Notice, go_to};
use super::refused::Answer;
use super::states;
use super::view::{Section, Table, View};
use super::visit::{Developer, Guest, Person, Sent, SignedIn, Visit};
use super::{Pages, factor, passkeys};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/account", "One's own account", show)
        .post("/account/name", "Change one's name", rename)
        .get("/account/password", "Choose another password", show_password)
        .post("/account/password", "Choose another password", change_password)
        .post("/account/sessions/{id}/end", "End one of one's sessions", end_session)
        .post("/account/sessions/end-others", "End all one's other sessions", end_other_sessions)
        .post("/account/identities/{id}/unlink", "Take away a link with an identity provider", unlink)
        .get("/account/delete", "Delete one's account", show_delete)
        .post("/account/delete", "Delete one's account", delete)
}

fn name_form(guest: &Guest, name: &str, version: i64) -> Form {
    Form::new(guest, "/account/name", "Save").version(version).field(Field::name(name))
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<SignedIn>) -> Answer {
    view(&app, &visit, None).await?.show(&app, &visit).await
}

/// The page; with a form that was refused in the place of the fresh one.
async fn view(app: &App, guest: &Guest, refused: Option<Form>) -> Result<View, super::refused::Refused> {
    let mut view = View::new(Place::Account, "Your account");
    let is_developer = guest.caller.developer().is_some();
    if !is_developer {
        let role = guest
            .role()
            .map_or_else(|| Words::from("technical user of a gateway"), states::administrator_role);
        let name = app.own_name(&guest.caller).await?;
        view = view.lead(words!("You are signed in as the {role} {name}.", role, name));
    } else {
        let account = app.account(&guest.caller).await?;
        let form = refused.unwrap_or_else(|| name_form(guest, account.name.as_str(), account.meta.version));
        view = view
            .section(Section::facts(vec![
                ("E-mail address", Cell::text(&account.email)),
                ("Registered", Cell::time(account.meta.created_at)),
            ]))
            .section(Section::form(form).heading("Name"))
            .section(
                Section::words("A new password signs you out everywhere.")
                    .heading("Password")
                    .action(Action::link("/account/password", "Choose another password").quiet()),
            );
    }
    let identities = app.own_identities(&guest.caller).await?;
    if guest.caller.provider().is_none() {
        view = view.section(factor::section(app, guest).await?).section(passkeys::section(app, guest).await?);
    }
    view = view.section(sessions(app, guest).await?);
    view = view.section_if(!identities.is_empty(), || linked(guest, &identities));
    if is_developer {
        view = view.section(
            Section::words("Applications that act for you, because you have allowed it.")
                .heading("What you have allowed")
                .action(Action::link("/account/consents", "See what you have allowed").quiet()),
        );
    }
    Ok(if !is_developer {
        view
    } else {
        view.section(
            Section::words("Your own applications, their keys and their subscriptions go with it.")
                .heading("Delete your account")
                .action(Action::link("/account/delete", "Delete").danger()),
        )
    })
}

async fn sessions(app: &App, guest: &Guest) -> Result<Section, super::refused::Refused> {
    let sessions = app.sessions(&guest.caller).await?;
    let now = app.clock().now();
    let rows = sessions.iter().map(|session| {
        let current = guest.session() == Some(session.id);
        let device = if session.user_agent.is_empty() { "Unknown device" } else { &session.user_agent };
        let last = if current {
            Cell::badge((Tone::Good, "This one"))
        } else {
            let end = format!("/account/sessions/{}/end", session.id);
            Cell::Buttons(vec![
                Action::post(guest, end, "End")
                    .quiet()
                    .about(words!("the session from {address}", address = session.address)),
            ])
        };
        vec![
            Cell::text(device.to_owned()),
            Cell::text(&session.address),
            Cell::time(session.meta.created_at),
            Cell::ago(session.last_seen_at, now),
            last,
        ]
    });
    let columns = ["Device", "Address", "Signed in", "Last seen", ""];
    let table = Table::new("Sessions", &columns, rows.collect(), "There is none.");
    let section = Section::table(table).heading("Where you are signed in");
    Ok(if sessions.len() > 1 {
        let action = Action::post(guest, "/account/sessions/end-others", "End all others");
        section.action(action.quiet())
    } else {
        section
    })
}

fn linked(guest: &Guest, identities: &[OwnIdentity]) -> Section {
    let rows = identities.iter().map(|it| {
        let unlink = format!("/account/identities/{}/unlink", it.identity.id);
        let unlink = Action::post(guest, unlink, "Unlink").quiet();
        vec![
            Cell::text(&it.provider_name),
            Cell::text(&it.identity.email),
            Cell::time(it.identity.meta.created_at),
            Cell::Buttons(vec![
                unlink.about(words!("from {provider_name}", provider_name = it.provider_name)),
            ]),
        ]
    });
    let columns = ["Identity provider", "Address there", "Linked", ""];
    let table = Table::new("Linked identities", &columns, rows.collect(), "There is none.");
    Section::table(table).heading("Where else you sign in")
}

async fn unlink(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<LinkedIdentityId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    app.unlink_own_identity(&visit.caller, id).await?;
    go_to("/account", Notice::Unlinked)
}

async fn rename(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Developer>) -> Answer {
    match app.update_account(&visit.caller, typed.version(), Some(typed.text("name"))).await {
        Ok(_) => go_to("/account", Notice::Saved),
        Err(error) => {
            let version = app.account(&visit.caller).await?.meta.version;
            let (status, form) = name_form(&visit, "", version).refused(&typed, error)?;
            view(&app, &visit, Some(form)).await?.answer(status, &app, &visit).await
        }
    }
}

fn password_view(form: Form) -> View {
    View::new(Place::Account, "Choose another password")
        .crumb("/account", "Your account")
        .lead("It takes the place of the present one, and signs you out everywhere.")
        .section(Section::form(form))
}

fn password_form(guest: &Guest) -> Form {
    Form::new(guest, "/account/password", "Choose this password")
        .field(Field::password("current_password", "Present password").focused())
        .fields(Field::new_password())
        .cancel("/account")
}

async fn show_password(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    must_be_fresh(&app, &visit, "/account/password").await?;
    password_view(password_form(&visit)).show(&app, &visit).await
}

async fn change_password(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Developer>) -> Answer {
    let done = match typed_twice(typed.text("password"), typed.text("repeat")) {
        Ok(new) => app.change_password(&visit.caller, typed.text("current_password"), new).await,
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(()) => go_to("/sign-in", Notice::PasswordChanged),
        Err(error) => {
            let error = as_typed_here(error);
            let (status, form) = password_form(&visit).refused(&typed, error)?;
            password_view(form).answer(status, &app, &visit).await
        }
    }
}

/// The API calls the field differently, since it has no repetition beside it.
fn as_typed_here(error: Error) -> Error {
    match error {
        Error::Invalid(wrong) => match wrong.fields().first() {
            Some(first) if first.field == "new_password" => {
                Invalid::field("password", first.code, first.message.clone()).into()
            }
            _ => Error::Invalid(wrong),
        },
        other => other,
    }
}

async fn end_session(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SessionId>,
    Sent { visit, .. }: Sent<SignedIn>,
) -> Answer {
    app.end_session(&visit.caller, id).await?;
    go_to("/account", Notice::SessionEnded)
}

async fn end_other_sessions(Shared(app): Shared<Arc<App>>, Sent { visit, .. }: Sent<SignedIn>) -> Answer {
    for session in app.sessions(&visit.caller).await? {
        if Some(session.id) != visit.session() {
            app.end_session(&visit.caller, session.id).await?;
        }
    }
    go_to("/account", Notice::SessionEnded)
}

fn delete_view(form: Form) -> View {
    View::new(Place::Account, "Delete your account?")
        .crumb("/account", "Your account")
        .lead("Your own applications are deleted with their keys and subscriptions: their calls are refused from then on. You leave all partners. This cannot be undone.")
        .section(Section::form(form))
}

fn delete_form(guest: &Guest, email: &str) -> Form {
    Form::new(guest, "/account/delete", "Delete my account").confirm(email).cancel("/account")
}

async fn show_delete(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    must_be_fresh(&app, &visit, "/account/delete").await?;
    let account = app.account(&visit.caller).await?;
    delete_view(delete_form(&visit, account.email.as_str())).answer(StatusCode::OK, &app, &visit).await
}

async fn delete(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Developer>) -> Answer {
    let account = app.account(&visit.caller).await?;
    let done = match confirmed(&typed, account.email.as_str()) {
        Ok(()) => app.delete_account(&visit.caller, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to("/sign-in", Notice::AccountDeleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, account.email.as_str()).refused(&typed, error)?;
            delete_view(form).answer(status, &app, &visit).await
        }
    }
}
