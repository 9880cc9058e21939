//! `/console/scopes`: what tokens open.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Invalid, OAuthScope, OAuthScopeDraft, OAuthScopeId, ScopeClaim, ScopeKind};

use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::field::{Choice, Field};
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/console/scopes";
const NEW: &str = "/console/scopes/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Scopes", list)
        .get(NEW, "Create a scope", show_new)
        .post(NEW, "Create a scope", create)
        .get("/console/scopes/{id}", "A scope", show)
        .post("/console/scopes/{id}", "Change a scope", edit)
        .get("/console/scopes/{id}/delete", "Delete a scope", show_delete)
        .post("/console/scopes/{id}/delete", "Delete a scope", delete)
}

/// Each kind with its word, and whom it is granted to.
const KINDS: [(ScopeKind, &str, &str, &str); 4] = [
    (ScopeKind::Plain, "plain", "Plain", "Granted to every client that may ask for it."),
    (ScopeKind::Role, "role", "Role", "Granted to people who hold a role at their partner."),
    (ScopeKind::System, "system", "System", "Granted to clients that act for themselves, one at a time."),
    (ScopeKind::Openid, "openid", "OpenID Connect", "Granted to people: who they are."),
];

fn kind(kind: ScopeKind) -> &'static str {
    KINDS.iter().find(|(it, ..)| *it == kind).map_or("", |(_, _, words, _)| words)
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.oauth_scopes(&visit.caller, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        let claims: Vec<String> = it.claims.iter().map(|claim| claim.claim.clone()).collect();
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), &it.name, &it.description),
            Cell::text(kind(it.kind)),
            it.role.clone().map_or(Cell::dash(), Cell::Code),
            Cell::tags(&claims),
        ]
    });
    let columns = ["Name", "Kind", "Role", "Tells of people"];
    let table = Table::new("Scopes", &columns, rows.collect(), "There is no scope yet.")
        .empty_action(Action::link(NEW, "Create the first scope"))
        .pages(listing.pages(page.next));
    View::new(Place::Scopes, "Scopes")
        .lead("What a token opens, in words that programs agree on. Clients ask for scopes; API versions demand them.")
        .action(Action::link(NEW, "New scope"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

/// `email: id_token userinfo`
fn claim_line(claim: &ScopeClaim) -> String {
    let places =
        [("id_token", claim.id_token), ("access_token", claim.access_token), ("userinfo", claim.userinfo)];
    let places: Vec<&str> = places.iter().filter(|(_, is)| *is).map(|(word, _)| *word).collect();
    format!("{}: {}", claim.claim, places.join(" "))
}

fn claim(line: &str) -> Option<ScopeClaim> {
    let (claim, places) = line.split_once(':')?;
    let places: Vec<&str> = places.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let known = ["id_token", "access_token", "userinfo"];
    let has = |word: &str| places.contains(&word);
    places.iter().all(|place| known.contains(place)).then(|| ScopeClaim {
        claim: claim.trim().to_owned(),
        id_token: has("id_token"),
        access_token: has("access_token"),
        userinfo: has("userinfo"),
    })
}

fn fields(draft: &OAuthScopeDraft) -> Vec<Field> {
    let kinds = KINDS
        .iter()
        .map(|(it, word, words, hint)| Choice::new(*word, *words).hint(*hint).chosen(draft.kind == *it));
    let claims: Vec<String> = draft.claims.iter().map(claim_line).collect();
    vec![
        Field::radios("kind", "Kind", kinds.collect()),
        Field::text("role", "Role", draft.role.as_deref().unwrap_or_default())
            .hint("Only for role scopes. None: as the scope is called.")
            .optional(),
        Field::area("description", "Description", &draft.description)
            .hint("What people are told when they are asked for it.")
            .tall(2),
        Field::area("claims", "What it tells of people", &claims.join("\n"))
            .hint("One in a line, with the places where it is told: “email: id_token userinfo”. Places are id_token, access_token and userinfo.")
            .tall(3),
    ]
}

fn fill(draft: &mut OAuthScopeDraft, typed: &Typed) -> Result<(), Invalid> {
    if let Some((kind, ..)) = KINDS.iter().find(|(_, word, ..)| *word == typed.text("kind")) {
        draft.kind = *kind;
    }
    draft.role = typed.given("role").map(str::to_owned);
    draft.description = typed.lines("description");
    let wrong = || Invalid::field("claims", "invalid", "must be lines like “email: id_token userinfo”");
    let claims = typed.each_line("claims");
    draft.claims = claims.iter().map(|line| claim(line).ok_or_else(wrong)).collect::<Result<_, Invalid>>()?;
    Ok(())
}

fn blank() -> OAuthScopeDraft {
    OAuthScopeDraft {
        name: String::new(),
        kind: ScopeKind::Plain,
        role: None,
        description: String::new(),
        claims: Vec::new(),
    }
}

fn new_form(guest: &Guest) -> Form {
    Form::new(guest, NEW, "Create scope")
        .once()
        .field(
            Field::text("name", "Name", "")
                .hint("Such as “orders.read”. It cannot be changed later.")
                .focused(),
        )
        .fields(fields(&blank()))
        .cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::Scopes, "New scope").crumb(PATH, "Scopes").section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_view(new_form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let mut draft = OAuthScopeDraft { name: typed.text("name").to_owned(), ..blank() };
    let made = match fill(&mut draft, &typed) {
        Ok(()) => app.create_oauth_scope(&visit.caller, draft).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(_) => go_to(PATH, Notice::Created),
        Err(error) => {
            let (status, form) = new_form(&visit).refused(&typed, error)?;
            new_view(form).answer(status, &app, &visit).await
        }
    }
}

fn edit_form(guest: &Guest, scope: &OAuthScope) -> Form {
    let path = format!("{PATH}/{}", scope.id);
    Form::new(guest, path, "Save").version(scope.meta.version).fields(fields(&scope.draft())).cancel(PATH)
}

fn view(scope: &OAuthScope, form: Form) -> View {
    let view = View::new(Place::Scopes, &scope.name).crumb(PATH, "Scopes");
    if scope.is_built_in() {
        let note = "It means something to the server itself: its kind stays, and it cannot be deleted.";
        return view
            .badge((Tone::Plain, "Built in"))
            .section(Section::note(Tone::Plain, note))
            .section(Section::form(form));
    }
    view.section(Section::form(form)).section(
        Section::words("Only if no client lists it.")
            .heading("Delete it")
            .action(Action::link(format!("{PATH}/{}/delete", scope.id), "Delete").danger()),
    )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<OAuthScopeId>, visit: Visit<Overseer>) -> Answer {
    let scope = app.oauth_scope(&visit.caller, id).await?;
    view(&scope, edit_form(&visit, &scope)).show(&app, &visit).await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<OAuthScopeId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let scope = app.oauth_scope(&visit.caller, id).await?;
    let mut changed = scope.draft();
    let done = match fill(&mut changed, &typed) {
        Ok(()) => app.update_oauth_scope(&visit.caller, id, typed.version(), |draft| *draft = changed).await,
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let (status, form) = edit_form(&visit, &scope).refused(&typed, error)?;
            view(&scope, form).answer(status, &app, &visit).await
        }
    }
}

fn delete_form(guest: &Guest, scope: &OAuthScope) -> Form {
    let path = format!("{PATH}/{}", scope.id);
    Form::new(guest, format!("{path}/delete"), "Delete this scope").confirm(&scope.name).cancel(path)
}

fn delete_view(scope: &OAuthScope, form: Form) -> View {
    View::new(Place::Scopes, words!("Delete {scope}?", scope = scope.name))
        .crumb(PATH, "Scopes")
        .lead("No token is given with it any more. API versions that demand it are closed to everybody who comes with a token. A scope that clients list cannot be deleted.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<OAuthScopeId>,
    visit: Visit<Administrator>,
) -> Answer {
    let scope = app.oauth_scope(&visit.caller, id).await?;
    delete_view(&scope, delete_form(&visit, &scope)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<OAuthScopeId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let scope = app.oauth_scope(&visit.caller, id).await?;
    let done = match confirmed(&typed, &scope.name) {
        Ok(()) => app.delete_oauth_scope(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &scope).refused(&typed, error)?;
            delete_view(&scope, form).answer(status, &app, &visit).await
        }
    }
}
