//! `/console/administrators`: the people who run this installation, and what each may do.

use std::sync::Arc;

use app::{App, Error, ToName, every};
use axum::extract::State as Shared;
use domain::{Administrator as Somebody, AdministratorId, AdministratorRole, Invalid, Person};

use super::administrator_invitations::{self, INVITE};
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::field::{Choice, Field};
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::fresh::must_be_fresh;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) const PATH: &str = "/console/administrators";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Administrators", list)
        .get("/console/administrators/{id}", "An administrator", show)
        .post("/console/administrators/{id}", "Give an administrator another role", change)
        .get("/console/administrators/{id}/disable", "Shut an administrator out", show_disable)
        .post("/console/administrators/{id}/disable", "Shut an administrator out", disable)
        .post("/console/administrators/{id}/enable", "Let an administrator in again", enable)
        .post(
            "/console/administrators/{id}/remove-factor",
            "Remove a second factor that is lost",
            remove_factor,
        )
}

/// What each role may do, in words.
const ROLES: [(&str, &str, &str); 4] = [
    ("administrator", "Administrator", "Everything."),
    (
        "approver",
        "Approver",
        "Decides on subscriptions, accounts and requests that wait, sees what they are about, and nothing else.",
    ),
    ("auditor", "Auditor", "Sees everything but secrets, and changes nothing."),
    (
        "provider",
        "Provider",
        "The technical user of one gateway: its APIs, what is asked of it, what it was told.",
    ),
];

pub(super) fn role_in_words(role: AdministratorRole) -> &'static str {
    ROLES.iter().find(|(word, ..)| *word == role.as_str()).map_or("", |(_, words, _)| words)
}

fn state(it: &Somebody) -> (Tone, &'static str) {
    if it.disabled_at.is_some() { (Tone::Bad, "Disabled") } else { (Tone::Good, "May sign in") }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.administrators(&visit.caller, listing.request()).await?;
    let gateways = page.items.iter().filter_map(|it| it.role.gateway()).collect();
    let names = app.names(ToName { gateways, ..ToName::default() }).await?;
    let rows = page.items.iter().map(|it| {
        let of = it.role.gateway().map_or_else(Words::default, |id| words!("of {name}", name = names.of(id)));
        let (tone, words) = state(it);
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), &it.email, of),
            Cell::text(role_in_words(it.role)),
            Cell::badge((tone, words)),
            Cell::time(it.meta.created_at),
        ]
    });
    let table =
        Table::new("Administrators", &["Address", "Role", "State", "Made"], rows.collect(), "There is none.")
            .pages(listing.pages(page.next));
    let view = View::new(Place::Administrators, "Administrators")
        .lead("Who runs this installation, and what each may do. One who may do everything always remains.")
        .action(Action::link(INVITE, "Invite an administrator"))
        .section(Section::table(table));
    let waiting = administrator_invitations::waiting(&app, &visit).await?;
    waiting.into_iter().fold(view, View::section).show(&app, &visit).await
}

/// The fields that say what somebody may do.
pub(super) async fn role_fields(
    app: &App,
    guest: &Guest,
    chosen: Option<AdministratorRole>,
) -> Result<[Field; 2], Refused> {
    let word = chosen.map(AdministratorRole::as_str);
    let roles = ROLES.map(|(it, label, hint)| Choice::new(it, label).hint(hint).chosen(word == Some(it)));
    let gateways = every(|page| app.gateways(&guest.caller, page)).await?;
    let own = chosen.and_then(AdministratorRole::gateway);
    let gateways =
        gateways.into_iter().map(|it| Choice::new(it.id.to_string(), &it.name).chosen(own == Some(it.id)));
    let none = std::iter::once(Choice::new("", "None").chosen(own.is_none()));
    Ok([
        Field::radios("role", "Role", roles.into()),
        Field::select("gateway_id", "Gateway", none.chain(gateways).collect()).hint("Of a provider only."),
    ])
}

pub(super) fn role_typed(typed: &Typed) -> Result<AdministratorRole, Invalid> {
    let gateway = typed.given("gateway_id").map(str::parse).transpose();
    let gateway = gateway.map_err(|_| Invalid::field("gateway_id", "unknown", "must be one of these"))?;
    AdministratorRole::parse(typed.text("role"), gateway)
}

async fn role_form(app: &App, guest: &Guest, it: &Somebody) -> Result<Form, Refused> {
    Ok(Form::new(guest, format!("{PATH}/{}", it.id), "Save")
        .version(it.meta.version)
        .fields(role_fields(app, guest, Some(it.role)).await?)
        .cancel(PATH))
}

fn view(guest: &Guest, it: &Somebody, form: Form, has_factor: bool) -> View {
    let path = format!("{PATH}/{}", it.id);
    let view = View::new(Place::Administrators, &it.email)
        .crumb(PATH, "Administrators")
        .badge(state(it))
        .section(Section::facts(vec![
            ("Role", Cell::text(role_in_words(it.role))),
            ("Made", Cell::time(it.meta.created_at)),
            ("Shut out", Cell::maybe_time(it.disabled_at, "no")),
            ("Id", Cell::Copy(it.id.to_string())),
        ]));
    if guest.caller.actor() == domain::Actor::Administrator(it.id) {
        let words = "This is your own account: another administrator changes its role, or shuts it out.";
        return view.section(Section::note(Tone::Plain, words));
    }
    let view = view.section_if(has_factor, || {
        Section::words("For somebody who has lost the phone and the recovery codes. Passkeys go with it. They are told by mail.")
            .heading("Second factor")
            .action(Action::post(guest, format!("{path}/remove-factor"), "Remove it").danger())
    });
    let view = view.section(Section::form(form).heading("Role"));
    match it.disabled_at {
        Some(_) => view.section(
            Section::words("They may sign in again, in their role.")
                .heading("Let them in again")
                .action(Action::post(guest, format!("{path}/enable"), "Let in").quiet()),
        ),
        None => view.section(
            Section::words("They are signed out at once, and cannot sign in any more. Their traces stay.")
                .heading("Shut them out")
                .action(Action::link(format!("{path}/disable"), "Shut out").danger()),
        ),
    }
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorId>,
    visit: Visit<Overseer>,
) -> Answer {
    let it = app.administrator(&visit.caller, id).await?;
    let form = role_form(&app, &visit, &it).await?;
    let has_factor = app.has_factor(&visit.caller, Person::Administrator(id)).await?;
    view(&visit, &it, form, has_factor).show(&app, &visit).await
}

async fn change(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("{PATH}/{id}")).await?;
    let role = role_typed(&typed);
    match app.change_administrator_role(&visit.caller, id, typed.version(), role).await {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let it = app.administrator(&visit.caller, id).await?;
            let (status, form) = role_form(&app, &visit, &it).await?.refused(&typed, error)?;
            let has_factor = app.has_factor(&visit.caller, Person::Administrator(id)).await?;
            view(&visit, &it, form, has_factor).answer(status, &app, &visit).await
        }
    }
}

fn disable_form(guest: &Guest, it: &Somebody) -> Form {
    let path = format!("{PATH}/{}", it.id);
    Form::new(guest, format!("{path}/disable"), "Shut out").confirm(it.email.as_str()).cancel(path)
}

fn disable_view(it: &Somebody, form: Form) -> View {
    View::new(Place::Administrators, words!("Shut {email} out?", email = it.email))
        .crumb(PATH, "Administrators")
        .crumb(format!("{PATH}/{}", it.id), &it.email)
        .lead("They are signed out at once and cannot sign in any more. API tokens that they have made go on working: look at those, too. It can be undone.")
        .section(Section::form(form))
}

async fn show_disable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorId>,
    visit: Visit<Administrator>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("{PATH}/{id}/disable")).await?;
    let it = app.administrator(&visit.caller, id).await?;
    disable_view(&it, disable_form(&visit, &it)).show(&app, &visit).await
}

async fn disable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let it = app.administrator(&visit.caller, id).await?;
    let done: Result<(), Error> = match confirmed(&typed, it.email.as_str()) {
        Ok(()) => app.set_administrator_enabled(&visit.caller, id, None, false).await.map(drop),
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(&format!("{PATH}/{id}"), Notice::ShutOut),
        Err(error) => {
            let (status, form) = disable_form(&visit, &it).refused(&typed, error)?;
            disable_view(&it, form).answer(status, &app, &visit).await
        }
    }
}

async fn enable(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("{PATH}/{id}")).await?;
    app.set_administrator_enabled(&visit.caller, id, None, true).await?;
    go_to(&format!("{PATH}/{id}"), Notice::LetIn)
}

async fn remove_factor(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AdministratorId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("{PATH}/{id}")).await?;
    app.remove_administrator_factor(&visit.caller, id).await?;
    go_to(&format!("{PATH}/{id}"), Notice::FactorRemoved)
}
