//! `/console/developers`: developers' accounts.

use std::sync::Arc;

use app::{App, ApplicationFilter, DeveloperFilter, PageRequest};
use axum::extract::State as Shared;
use domain::{Developer, DeveloperCommand, DeveloperId, DeveloperState, Owner, Person};

use crate::cell::{Action, Cell};
use crate::field::{Choice, Field};
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::fresh::must_be_fresh;
use crate::list::{Listing, newest};
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Administrator, Console, Decider, Guest, Overseer, Sent, Visit};
use crate::{Pages, applications, states};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/console/developers";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Developers", list)
        .get("/console/developers/{id}", "A developer", show)
        .post("/console/developers/{id}/approve", "Let a developer in", approve)
        .post("/console/developers/{id}/reject", "Do not let a developer in", reject)
        .post("/console/developers/{id}/revoke", "Shut a developer out", revoke)
        .post("/console/developers/{id}/remove-factor", "Remove a second factor that is lost", remove_factor)
        .post("/console/developers/{id}/end-sessions", "Sign a developer out everywhere", end_sessions)
        .get("/console/developers/{id}/delete", "Delete a developer", show_delete)
        .post("/console/developers/{id}/delete", "Delete a developer", delete)
}

/// Developers, one in each row.
pub(super) fn table(developers: &[Developer]) -> Table {
    let rows = developers.iter().map(|it| {
        let (tone, state) = states::developer(it.state);
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), &it.name, &it.email),
            Cell::badge((tone, state)),
            Cell::time(it.meta.created_at),
        ]
    });
    let empty = "Nobody has registered yet. Developers register themselves at /sign-up.";
    Table::new("Developers", &["Name", "State", "Registered"], rows.collect(), empty)
}

fn state(word: &str) -> Option<DeveloperState> {
    match word {
        "unverified" => Some(DeveloperState::Unverified),
        "pending" => Some(DeveloperState::Pending),
        "approved" => Some(DeveloperState::Approved),
        "rejected" => Some(DeveloperState::Rejected),
        "revoked" => Some(DeveloperState::Revoked),
        _ => None,
    }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["q", "state"])?;
    let word = visit.query.text("state");
    let filter = DeveloperFilter { text: visit.query.given("q").map(str::to_owned), state: state(word) };
    let page = app.developers(&visit.caller, &filter, listing.request()).await?;
    let words = ["unverified", "pending", "approved", "rejected", "revoked"];
    let named = words.into_iter().filter_map(|word| Some((word, states::developer(state(word)?).1)));
    let choices = [("", "Any")].into_iter().chain(named);
    let choices = choices.map(|(value, label)| Choice::new(value, label).chosen(value == word)).collect();
    let fields = vec![
        Field::search("q", "Name or address", visit.query.text("q")),
        Field::select("state", "State", choices),
    ];
    let table = table(&page.items).pages(listing.pages(page.next)).filter(Filter::new(
        PATH,
        fields,
        listing.is_filtered(),
    ));
    View::new(Place::Developers, "Developers").section(Section::table(table)).show(&app, &visit).await
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<DeveloperId>, visit: Visit<Console>) -> Answer {
    let developer = app.developer(&visit.caller, id).await?;
    if visit.caller.is_approver() {
        return to_decide(&app, &visit, &developer).await;
    }
    let sessions = app.developer_sessions(&visit.caller, id).await?;
    let filter = ApplicationFilter {
        visible_to: Some(id),
        owner: Some(Owner::Developer(id)),
        ..ApplicationFilter::default()
    };
    let owned = app.applications(&visit.caller, filter, PageRequest::first(50)).await?;
    let more = newest(&owned);
    let owned = applications::table(&app, &owned.items).await?.empty("None of their own.");
    let mut view = View::new(Place::Developers, &developer.name)
        .crumb(PATH, "Developers")
        .badge(states::developer(developer.state));
    for action in commands(&visit, &developer) {
        view = view.action(action);
    }
    let view = view.section(Section::facts(vec![
        ("E-mail address", Cell::text(&developer.email)),
        ("Address confirmed", Cell::maybe_time(developer.verified_at, "not yet")),
        ("Registered", Cell::time(developer.meta.created_at)),
        ("Signed in on", Cell::text(words!("{count} devices", count = sessions.len()))),
        ("Id", Cell::Copy(id.to_string())),
    ]));
    let view = if sessions.is_empty() {
        view
    } else {
        let end = Action::post(&visit, format!("{PATH}/{id}/end-sessions"), "Sign out everywhere");
        view.section(
            Section::words("Ends all sessions; they can sign in again.")
                .heading("Sessions")
                .action(end.quiet()),
        )
    };
    let has_factor = app.has_factor(&visit.caller, Person::Developer(id)).await?;
    let view = view.section_if(has_factor, || {
        let remove = Action::post(&visit, format!("{PATH}/{id}/remove-factor"), "Remove it");
        Section::words("For somebody who has lost the phone and the recovery codes. Passkeys go with it. They are told by mail.")
            .heading("Second factor")
            .action(remove.danger())
    });
    view.section(Section::table(owned).heading("Applications").text(more))
        .section(
            Section::words("Their own applications go with it, with keys and subscriptions.")
                .heading("Delete the account")
                .action(Action::link(format!("{PATH}/{id}/delete"), "Delete").danger()),
        )
        .show(&app, &visit)
        .await
}

/// As approvers see a developer.
async fn to_decide(app: &App, guest: &Guest, developer: &Developer) -> Answer {
    let view = View::new(Place::Approvals, &developer.name)
        .crumb("/console/approvals", "Approvals")
        .badge(states::developer(developer.state));
    let waits = developer.state == DeveloperState::Pending;
    let actions = if waits { commands(guest, developer) } else { Vec::new() };
    actions
        .into_iter()
        .fold(view, View::action)
        .section(Section::facts(vec![
            ("E-mail address", Cell::text(&developer.email)),
            ("Address confirmed", Cell::maybe_time(developer.verified_at, "not yet")),
            ("Registered", Cell::time(developer.meta.created_at)),
            ("Id", Cell::Copy(developer.id.to_string())),
        ]))
        .show(app, guest)
        .await
}

/// Where to go after a decision: what is decided is not for approvers to look at.
fn after(guest: &Guest, id: DeveloperId) -> String {
    if guest.caller.is_approver() { "/console/approvals".to_owned() } else { format!("{PATH}/{id}") }
}

/// What can be done in a state.
fn commands(guest: &Guest, developer: &Developer) -> Vec<Action> {
    let post = |what: &str, label: &'static str| {
        Action::post(guest, format!("{PATH}/{}/{what}", developer.id), label)
    };
    match developer.state {
        DeveloperState::Pending => vec![post("approve", "Approve"), post("reject", "Reject").danger()],
        DeveloperState::Approved => vec![post("revoke", "Shut out").danger()],
        DeveloperState::Rejected | DeveloperState::Revoked => vec![post("approve", "Let in").quiet()],
        DeveloperState::Unverified => Vec::new(),
    }
}

async fn approve(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    Sent { visit, .. }: Sent<Decider>,
) -> Answer {
    app.review_developer(&visit.caller, id, None, DeveloperCommand::Approve).await?;
    go_to(&after(&visit, id), Notice::Approved)
}

async fn reject(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    Sent { visit, .. }: Sent<Decider>,
) -> Answer {
    app.review_developer(&visit.caller, id, None, DeveloperCommand::Reject).await?;
    go_to(&after(&visit, id), Notice::Rejected)
}

async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.review_developer(&visit.caller, id, None, DeveloperCommand::Revoke).await?;
    go_to(&format!("{PATH}/{id}"), Notice::ShutOut)
}

async fn end_sessions(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.end_developer_sessions(&visit.caller, id).await?;
    go_to(&format!("{PATH}/{id}"), Notice::SessionEnded)
}

async fn remove_factor(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    must_be_fresh(&app, &visit, &format!("{PATH}/{id}")).await?;
    app.remove_developer_factor(&visit.caller, id).await?;
    go_to(&format!("{PATH}/{id}"), Notice::FactorRemoved)
}

fn delete_form(guest: &Guest, developer: &Developer) -> Form {
    let path = format!("{PATH}/{}", developer.id);
    Form::new(guest, format!("{path}/delete"), "Delete this account")
        .confirm(developer.email.as_str())
        .cancel(path)
}

fn delete_view(developer: &Developer, form: Form) -> View {
    View::new(Place::Developers, words!("Delete the account of {developer}?", developer = developer.name))
        .crumb(PATH, "Developers")
        .crumb(format!("{PATH}/{}", developer.id), &developer.name)
        .lead("Their own applications are deleted with keys and subscriptions: those calls are refused from then on. They leave all partners and applications. This cannot be undone; to close the account only, shut them out.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    visit: Visit<Administrator>,
) -> Answer {
    let developer = app.developer(&visit.caller, id).await?;
    delete_view(&developer, delete_form(&visit, &developer)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<DeveloperId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let developer = app.developer(&visit.caller, id).await?;
    let done = match confirmed(&typed, developer.email.as_str()) {
        Ok(()) => app.delete_developer(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &developer).refused(&typed, error)?;
            delete_view(&developer, form).answer(status, &app, &visit).await
        }
    }
}
