//! `/console/token-definitions`: how tokens are made, under names that clients refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{
    CLAIM_SOURCES, DEFAULT_SERIES, Invalid, SigningAlgorithm, TokenDefinition, TokenDefinitionDraft,
    TokenDefinitionId,
};

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

const PATH: &str = "/console/token-definitions";
const NEW: &str = "/console/token-definitions/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Token definitions", list)
        .get(NEW, "Create a token definition", show_new)
        .post(NEW, "Create a token definition", create)
        .get("/console/token-definitions/{id}", "A token definition", show)
        .post("/console/token-definitions/{id}", "Change a token definition", edit)
        .get("/console/token-definitions/{id}/delete", "Delete a token definition", show_delete)
        .post("/console/token-definitions/{id}/delete", "Delete a token definition", delete)
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.token_definitions(&visit.caller, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        let claims: Vec<String> = it.claims.keys().cloned().collect();
        let under = if it.is_default { "The default one" } else { "" };
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), &it.name, under),
            it.issuer.clone().map_or(Cell::nothing("this server"), Cell::Code),
            Cell::Code(it.algorithm.as_str().to_owned()),
            Cell::Code(it.key_series.clone()),
            Cell::tags(&claims),
        ]
    });
    let columns = ["Name", "Issuer", "Algorithm", "Keys", "Claims of its own"];
    let table = Table::new("Token definitions", &columns, rows.collect(), "There is none yet.")
        .pages(listing.pages(page.next));
    View::new(Place::TokenDefinitions, "Token definitions")
        .lead("How tokens are made: by whom, for whom, signed how, and with which claims. A client refers to one by its name.")
        .action(Action::link(NEW, "New token definition"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn fields(draft: &TokenDefinitionDraft) -> Vec<Field> {
    let algorithms = SigningAlgorithm::ALL
        .into_iter()
        .map(|it| Choice::new(it.as_str(), it.as_str()).chosen(draft.algorithm == it));
    let claims: Vec<String> =
        draft.claims.iter().map(|(claim, source)| format!("{claim} = {source}")).collect();
    vec![
        Field::text("name", "Name", &draft.name),
        Field::text("issuer", "Issuer", draft.issuer.as_deref().unwrap_or_default())
            .hint("An https URL. None: this server under its own address.")
            .optional(),
        Field::area("audience", "Audience", &draft.audience.join("\n"))
            .hint("For whom tokens are if the request names nobody; one in a line. None: the issuer.")
            .tall(2),
        Field::select("algorithm", "Algorithm", algorithms.collect())
            .hint("How access tokens that are JWTs are signed. RS256 is known to everybody."),
        Field::text("key_series", "Series of keys", &draft.key_series)
            .hint("Each series has keys of its own. A new one signs 20 minutes after it was named."),
        Field::area("claims", "Claims for access tokens", &claims.join("\n"))
            .hint(words!(
                "One in a line, such as “partner = partner_name”. To the right: {all}.",
                all = CLAIM_SOURCES.join(", ")
            ))
            .tall(3),
    ]
}

fn fill(draft: &mut TokenDefinitionDraft, typed: &Typed) -> Result<(), Invalid> {
    draft.name = typed.text("name").to_owned();
    draft.issuer = typed.given("issuer").map(str::to_owned);
    draft.audience = typed.each_line("audience");
    if let Some(algorithm) = SigningAlgorithm::parse(typed.text("algorithm")) {
        draft.algorithm = algorithm;
    }
    draft.key_series = typed.text("key_series").to_owned();
    let wrong = || Invalid::field("claims", "invalid", "must be lines like “partner = partner_name”");
    let lines = typed.each_line("claims");
    let pairs = lines.iter().map(|line| {
        let (claim, source) = line.split_once('=').ok_or_else(wrong)?;
        Ok((claim.trim().to_owned(), source.trim().to_owned()))
    });
    draft.claims = pairs.collect::<Result<BTreeMap<_, _>, Invalid>>()?;
    Ok(())
}

fn blank() -> TokenDefinitionDraft {
    TokenDefinitionDraft {
        name: String::new(),
        issuer: None,
        audience: Vec::new(),
        algorithm: SigningAlgorithm::Rs256,
        key_series: DEFAULT_SERIES.to_owned(),
        claims: BTreeMap::new(),
    }
}

fn new_form(guest: &Guest) -> Form {
    Form::new(guest, NEW, "Create token definition").once().fields(fields(&blank())).cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::TokenDefinitions, "New token definition")
        .crumb(PATH, "Token definitions")
        .section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_view(new_form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let mut draft = blank();
    let made = match fill(&mut draft, &typed) {
        Ok(()) => app.create_token_definition(&visit.caller, draft).await,
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

fn edit_form(guest: &Guest, definition: &TokenDefinition) -> Form {
    let path = format!("{PATH}/{}", definition.id);
    let version = definition.meta.version;
    Form::new(guest, path, "Save").version(version).fields(fields(&definition.draft())).cancel(PATH)
}

fn view(definition: &TokenDefinition, form: Form) -> View {
    let view = View::new(Place::TokenDefinitions, &definition.name)
        .crumb(PATH, "Token definitions")
        .lead("Tokens that are out stay as they are.")
        .section(Section::form(form));
    if definition.is_default {
        return view.badge((Tone::Good, "Default"));
    }
    view.section(
        Section::words("Only if no client refers to it.")
            .heading("Delete it")
            .action(Action::link(format!("{PATH}/{}/delete", definition.id), "Delete").danger()),
    )
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<TokenDefinitionId>,
    visit: Visit<Overseer>,
) -> Answer {
    let definition = app.token_definition(&visit.caller, id).await?;
    view(&definition, edit_form(&visit, &definition)).show(&app, &visit).await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<TokenDefinitionId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let definition = app.token_definition(&visit.caller, id).await?;
    let mut changed = definition.draft();
    let done = match fill(&mut changed, &typed) {
        Ok(()) => {
            app.update_token_definition(&visit.caller, id, typed.version(), |draft| *draft = changed).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let (status, form) = edit_form(&visit, &definition).refused(&typed, error)?;
            view(&definition, form).answer(status, &app, &visit).await
        }
    }
}

fn delete_form(guest: &Guest, definition: &TokenDefinition) -> Form {
    let path = format!("{PATH}/{}", definition.id);
    Form::new(guest, format!("{path}/delete"), "Delete this definition")
        .confirm(definition.name.as_str())
        .cancel(path)
}

fn delete_view(definition: &TokenDefinition, form: Form) -> View {
    View::new(Place::TokenDefinitions, words!("Delete {definition}?", definition = definition.name))
        .crumb(PATH, "Token definitions")
        .lead("A definition that clients refer to cannot be deleted. Tokens that were made by it go on until they end.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<TokenDefinitionId>,
    visit: Visit<Administrator>,
) -> Answer {
    let definition = app.token_definition(&visit.caller, id).await?;
    delete_view(&definition, delete_form(&visit, &definition)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<TokenDefinitionId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let definition = app.token_definition(&visit.caller, id).await?;
    let done = match confirmed(&typed, definition.name.as_str()) {
        Ok(()) => app.delete_token_definition(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &definition).refused(&typed, error)?;
            delete_view(&definition, form).answer(status, &app, &visit).await
        }
    }
}
