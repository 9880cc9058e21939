//! `/account/passkeys`: one's own passkeys.

use std::sync::Arc;

use app::{App, Error};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use domain::{Passkey, PasskeyId};

use super::Pages;
use super::cell::{Action, Cell, Tone};
use super::factor::show_new_codes;
use super::field::Field;
use super::form::Form;
use super::frame::Place;
use super::fresh::must_be_fresh;
use super::notice::{Notice, go_to};
use super::refused::{Answer, Refused};
use super::view::{Section, Table, View};
use super::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

const NEW: &str = "/account/passkeys/new";

/// What stands where a browser cannot do it: scripts take it away.
const WITHOUT: &str = "This browser makes no passkeys, or runs no scripts here. Use another one, or set up a second factor with an app for codes.";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(NEW, "Add a passkey", show_new)
        .post(NEW, "Add a passkey", add)
        .get("/account/passkeys/{id}", "One of one's passkeys", show)
        .post("/account/passkeys/{id}", "Call a passkey something else", rename)
        .get("/account/passkeys/{id}/remove", "Remove a passkey", show_remove)
        .post("/account/passkeys/{id}/remove", "Remove a passkey", remove)
}

fn path(id: PasskeyId) -> String {
    format!("/account/passkeys/{id}")
}

/// What the account's page says of them.
pub(super) async fn section(app: &App, guest: &Guest) -> Result<Section, Refused> {
    let passkeys = app.own_passkeys(&guest.caller).await?;
    let why_not = app.why_no_own_passkeys(&guest.caller).await?;
    let about = why_not.unwrap_or(
        "A passkey of your device or password manager signs you in without password: nobody can guess it, and no other site gets at it.",
    );
    let section = if passkeys.is_empty() {
        Section::words(about)
    } else {
        let columns = ["Name", "Kept", "Added", "Last used", ""];
        let rows = passkeys.iter().map(row).collect();
        Section::table(Table::new("Passkeys", &columns, rows, "There is none.")).text(about)
    };
    let section = section.heading("Passkeys");
    Ok(if why_not.is_none() { section.action(Action::link(NEW, "Add a passkey").quiet()) } else { section })
}

fn row(passkey: &Passkey) -> Vec<Cell> {
    let remove = Action::link(format!("{}/remove", path(passkey.id)), "Remove").danger();
    vec![
        Cell::link(path(passkey.id), &passkey.name),
        kept(passkey),
        Cell::time(passkey.meta.created_at),
        Cell::maybe_time(passkey.last_used_at, "Never"),
        Cell::Buttons(vec![remove.about(words!("the passkey {name}", name = passkey.name))]),
    ]
}

fn kept(passkey: &Passkey) -> Cell {
    if passkey.synced {
        Cell::Badge(Tone::Good, "Synced".into())
    } else {
        Cell::Badge(Tone::Plain, "On one device".into())
    }
}

fn below(title: impl Into<Words>) -> View {
    View::new(Place::Account, title).crumb("/account", "Your account")
}

fn name_field(name: &str) -> Field {
    Field::text("name", "Name", name).hint("For yourself: where it is kept.")
}

/// The system that a browser says it runs on, or the word itself.
pub(super) fn usual_name(headers: &HeaderMap) -> &'static str {
    let agent = edge::user_agent(headers);
    // Android says that it is Linux, and telephones of Apple that they are like a Mac.
    let systems = ["iPhone", "iPad", "Android", "Windows", "Mac", "Linux"];
    systems.into_iter().find(|system| agent.contains(system)).unwrap_or("Passkey")
}

async fn new_page(app: &App, guest: &Guest, status: StatusCode, form: Form) -> Answer {
    let request = app.begin_passkey(&guest.caller).await?;
    below("Add a passkey")
        .lead("Your browser asks where to keep it, and for the PIN, the finger or the face that opens it.")
        .section(Section::form(form.asking("create", &request, WITHOUT)))
        .answer(status, app, guest)
        .await
}

fn new_form(guest: &Guest, name: &str) -> Form {
    Form::new(guest, NEW, "Make the passkey").field(name_field(name)).cancel("/account")
}

async fn show_new(Shared(app): Shared<Arc<App>>, headers: HeaderMap, visit: Visit<Person>) -> Answer {
    must_be_fresh(&app, &visit, NEW).await?;
    let form = new_form(&visit, usual_name(&headers));
    match new_page(&app, &visit, StatusCode::OK, form).await {
        Err(Refused::Problem(problem))
            if problem.code == "no_passkeys" || problem.code == "quota_exceeded" =>
        {
            below("Add a passkey").section(section(&app, &visit).await?).show(&app, &visit).await
        }
        other => other,
    }
}

async fn add(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Person>) -> Answer {
    must_be_fresh(&app, &visit, NEW).await?;
    let name = typed.text("name");
    match app.add_passkey(&visit.caller, typed.text("ticket"), typed.text("answer"), name).await {
        Ok(codes) if codes.is_empty() => go_to("/account", Notice::PasskeyAdded),
        Ok(codes) => show_new_codes(&app, &visit, &codes).await,
        Err(error) => {
            let (status, form) = new_form(&visit, "").refused(&typed, error)?;
            new_page(&app, &visit, status, form).await
        }
    }
}

async fn own(app: &App, guest: &Guest, id: PasskeyId) -> Result<Passkey, Refused> {
    let own = app.own_passkeys(&guest.caller).await?;
    Ok(own.into_iter().find(|it| it.id == id).ok_or(Error::NotFound(PasskeyId::KIND))?)
}

fn one(passkey: &Passkey, form: Form) -> View {
    let remove = Action::link(format!("{}/remove", path(passkey.id)), "Remove");
    below(&passkey.name)
        .action(remove.danger())
        .section(Section::facts(vec![
            ("Kept", kept(passkey)),
            ("Added", Cell::time(passkey.meta.created_at)),
            ("Last used", Cell::maybe_time(passkey.last_used_at, "Never")),
        ]))
        .section(Section::form(form))
}

fn rename_form(guest: &Guest, passkey: &Passkey) -> Form {
    Form::new(guest, path(passkey.id), "Save").field(name_field(passkey.name.as_str()))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<PasskeyId>, visit: Visit<Person>) -> Answer {
    let passkey = own(&app, &visit, id).await?;
    one(&passkey, rename_form(&visit, &passkey)).show(&app, &visit).await
}

async fn rename(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PasskeyId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    match app.rename_passkey(&visit.caller, id, typed.text("name")).await {
        Ok(()) => go_to("/account", Notice::Saved),
        Err(error) => {
            let passkey = own(&app, &visit, id).await?;
            let (status, form) = rename_form(&visit, &passkey).refused(&typed, error)?;
            one(&passkey, form).answer(status, &app, &visit).await
        }
    }
}

async fn show_remove(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PasskeyId>,
    visit: Visit<Person>,
) -> Answer {
    let passkey = own(&app, &visit, id).await?;
    let here = format!("{}/remove", path(id));
    must_be_fresh(&app, &visit, &here).await?;
    let by_app = app.own_factor(&visit.caller).await?.is_some_and(|it| it.secret.is_some());
    let is_last = app.own_passkeys(&visit.caller).await?.len() == 1;
    let words = if is_last && !by_app {
        "It is the last thing that you have besides the password: that alone signs you in from then on, and the recovery codes work no more."
    } else {
        "It signs you in no more from then on."
    };
    let form = Form::new(&visit, here, "Remove it").danger().cancel("/account");
    let title = words!("Remove the passkey {name}?", name = passkey.name);
    below(title).lead(words).section(Section::form(form)).show(&app, &visit).await
}

async fn remove(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PasskeyId>,
    Sent { visit, .. }: Sent<Person>,
) -> Answer {
    own(&app, &visit, id).await?;
    must_be_fresh(&app, &visit, &format!("{}/remove", path(id))).await?;
    app.remove_passkey(&visit.caller, id).await?;
    go_to("/account", Notice::PasskeyRemoved)
}
