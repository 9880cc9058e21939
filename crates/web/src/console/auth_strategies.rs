//! `/console/auth-strategies`: how callers authenticate, as named settings.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{AuthMethod, AuthStrategy, AuthStrategyDraft, AuthStrategyId, Invalid, KeyLocation};

use super::auth_bridges;
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::field::Field;
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

const PATH: &str = "/console/auth-strategies";
const NEW: &str = "/console/auth-strategies/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Auth strategies", list)
        .get(NEW, "Create an auth strategy", show_new)
        .post(NEW, "Create an auth strategy", create)
        .get("/console/auth-strategies/{id}", "An auth strategy", show)
        .post("/console/auth-strategies/{id}", "Change an auth strategy", edit)
        .post("/console/auth-strategies/{id}/default", "Make an auth strategy the default", make_default)
        .get("/console/auth-strategies/{id}/delete", "Delete an auth strategy", show_delete)
        .post("/console/auth-strategies/{id}/delete", "Delete an auth strategy", delete)
}

fn lines(method: &AuthMethod) -> Vec<String> {
    match method {
        AuthMethod::KeyAuth { locations } => locations.iter().map(line).collect(),
        AuthMethod::ClientCredentials { .. } => vec!["access token".to_owned()],
        AuthMethod::SelfManagedClientCredentials { issuer, .. }
        | AuthMethod::BridgedClientCredentials { issuer, .. } => vec![format!("access token of {issuer}")],
    }
}

fn line(location: &KeyLocation) -> String {
    match location {
        KeyLocation::Header(name) => format!("header {name}"),
        KeyLocation::Query(name) => format!("query {name}"),
    }
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.auth_strategies(&visit.caller, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        vec![
            Cell::link(format!("{PATH}/{}", it.id), &it.name),
            Cell::Stack(lines(&it.method).into_iter().map(Cell::Code).collect()),
            if it.is_default { Cell::badge((Tone::Good, "Default")) } else { Cell::nothing("") },
        ]
    });
    let table = Table::new(
        "Auth strategies",
        &["Name", "Keys are looked for in", "Default"],
        rows.collect(),
        "There is none yet.",
    )
    .pages(listing.pages(page.next));
    View::new(Place::AuthStrategies, "Auth strategies")
        .lead("Where in a call a key is looked for. Applications get the default one unless they are told otherwise.")
        .action(Action::link(NEW, "New strategy"))
        .action(Action::link(auth_bridges::NEW, "New strategy with a bridge").quiet())
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn fields(name: &str, places: &[String]) -> [Field; 2] {
    [
        Field::text("name", "Name", name),
        Field::area("locations", "Keys are looked for in", &places.join("\n"))
            .hint("One place in a line, such as “header x-api-key” or “query api_key”. “header authorization” means Authorization: Bearer. A call with more than one key is refused."),
    ]
}

fn draft(typed: &Typed) -> Result<AuthStrategyDraft, Invalid> {
    let wrong =
        || Invalid::field("locations", "invalid", "must be lines like “header x-api-key” or “query api_key”");
    let location = |line: &str| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["header", name] => Ok(KeyLocation::Header((*name).to_owned())),
        ["query", name] => Ok(KeyLocation::Query((*name).to_owned())),
        _ => Err(wrong()),
    };
    let lines = typed.text("locations").lines().filter(|line| !line.trim().is_empty());
    let locations = lines.map(location).collect::<Result<_, _>>()?;
    let method = AuthMethod::KeyAuth { locations };
    Ok(AuthStrategyDraft { name: typed.text("name").to_owned(), method, bridge_key: None })
}

/// The rule names the place in the method; on the page it is one field.
fn about_locations(error: app::Error) -> app::Error {
    match error {
        app::Error::Invalid(wrong) => {
            let first = wrong.fields().iter().find(|it| it.field.contains("locations")).cloned();
            match first {
                Some(first) => Invalid::field("locations", first.code, first.message).into(),
                None => app::Error::Invalid(wrong),
            }
        }
        other => other,
    }
}

fn new_form(guest: &Guest) -> Form {
    let places = ["header x-api-key".to_owned()];
    Form::new(guest, NEW, "Create strategy").once().fields(fields("", &places)).cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::AuthStrategies, "New auth strategy")
        .crumb(PATH, "Auth strategies")
        .section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_view(new_form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let made = match draft(&typed) {
        Ok(draft) => app.create_auth_strategy(&visit.caller, draft, None).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(_) => go_to(PATH, Notice::Created),
        Err(error) => {
            let (status, form) = new_form(&visit).refused(&typed, about_locations(error))?;
            new_view(form).answer(status, &app, &visit).await
        }
    }
}

fn edit_form(guest: &Guest, strategy: &AuthStrategy) -> Form {
    Form::new(guest, format!("{PATH}/{}", strategy.id), "Save")
        .version(strategy.meta.version)
        .fields(fields(strategy.name.as_str(), &lines(&strategy.method)))
        .cancel(PATH)
}

fn view(guest: &Guest, strategy: &AuthStrategy, form: Form) -> View {
    let path = format!("{PATH}/{}", strategy.id);
    let view = View::new(Place::AuthStrategies, &strategy.name).crumb(PATH, "Auth strategies");
    let view = if strategy.is_default {
        view.badge((Tone::Good, "Default"))
    } else {
        view.action(Action::post(guest, format!("{path}/default"), "Make it the default").quiet())
    };
    let view = match strategy.method {
        AuthMethod::KeyAuth { .. } => view.section(Section::form(form)),
        AuthMethod::BridgedClientCredentials { .. } => view.section(auth_bridges::section(guest, strategy)),
        AuthMethod::ClientCredentials { .. } | AuthMethod::SelfManagedClientCredentials { .. } => {
            let places = lines(&strategy.method).into_iter().map(Cell::Code).collect();
            view.section(Section::facts(vec![("Callers send", Cell::Stack(places))]))
                .section(Section::words("Strategies for tokens are changed by the management API."))
        }
    };
    if strategy.is_default {
        return view;
    }
    view.section(
        Section::words("Only if no API version and no application goes by it.")
            .heading("Delete it")
            .action(Action::link(format!("{path}/delete"), "Delete").danger()),
    )
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AuthStrategyId>,
    visit: Visit<Overseer>,
) -> Answer {
    let strategy = app.auth_strategy(&visit.caller, id).await?;
    view(&visit, &strategy, edit_form(&visit, &strategy)).show(&app, &visit).await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AuthStrategyId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let done = match draft(&typed) {
        Ok(typed_draft) => {
            let edit = |draft: &mut AuthStrategyDraft| *draft = typed_draft;
            app.update_auth_strategy(&visit.caller, id, typed.version(), None, edit).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let strategy = app.auth_strategy(&visit.caller, id).await?;
            let (status, form) = edit_form(&visit, &strategy).refused(&typed, about_locations(error))?;
            view(&visit, &strategy, form).answer(status, &app, &visit).await
        }
    }
}

async fn make_default(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AuthStrategyId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.make_auth_strategy_default(&visit.caller, id).await?;
    go_to(&format!("{PATH}/{id}"), Notice::IsDefault)
}

fn delete_form(guest: &Guest, strategy: &AuthStrategy) -> Form {
    let path = format!("{PATH}/{}", strategy.id);
    Form::new(guest, format!("{path}/delete"), "Delete this strategy")
        .confirm(strategy.name.as_str())
        .cancel(path)
}

fn delete_view(strategy: &AuthStrategy, form: Form) -> View {
    View::new(Place::AuthStrategies, words!("Delete {strategy}?", strategy = strategy.name))
        .crumb(PATH, "Auth strategies")
        .lead("A strategy that an API version or an application goes by cannot be deleted.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AuthStrategyId>,
    visit: Visit<Administrator>,
) -> Answer {
    let strategy = app.auth_strategy(&visit.caller, id).await?;
    delete_view(&strategy, delete_form(&visit, &strategy)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AuthStrategyId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let strategy = app.auth_strategy(&visit.caller, id).await?;
    let done = match confirmed(&typed, strategy.name.as_str()) {
        Ok(()) => app.delete_auth_strategy(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &strategy).refused(&typed, error)?;
            delete_view(&strategy, form).answer(status, &app, &visit).await
        }
    }
}
