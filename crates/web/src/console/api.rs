//! `/console/apis`: APIs as those see them who offer them.

use std::sync::Arc;

use app::{ApiFilter, ApiVersionFilter, App, every};
use axum::extract::State as Shared;
use domain::{Api, ApiDraft, ApiId};

use crate::cell::{Action, Cell, Tone};
use crate::field::Field;
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use crate::{Pages, markdown};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

const PATH: &str = "/console/apis";
const NEW: &str = "/console/apis/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "All APIs", list)
        .get(NEW, "Create an API", show_new)
        .post(NEW, "Create an API", create)
        .get("/console/apis/{id}", "An API, to be managed", show)
        .get("/console/apis/{id}/edit", "Change an API", show_edit)
        .post("/console/apis/{id}/edit", "Change an API", edit)
        .get("/console/apis/{id}/delete", "Delete an API", show_delete)
        .post("/console/apis/{id}/delete", "Delete an API", delete)
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["q"])?;
    let filter =
        ApiFilter { name_contains: visit.query.given("q").map(str::to_owned), ..ApiFilter::default() };
    let page = app.apis(&visit.caller, filter, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        vec![
            Cell::link_with(
                format!("{PATH}/{}", it.id),
                &it.name,
                markdown::first_words(it.description.as_str(), 90),
            ),
            Cell::tags(&it.tags),
            Cell::time(it.meta.created_at),
        ]
    });
    let empty = "There is no API yet. An API is what is called: give it a name here, then a version with the path that your gateway serves it at.";
    let table = Table::new("APIs", &["Name", "Tags", "Created"], rows.collect(), empty)
        .empty_action(Action::link(NEW, "Create the first API"))
        .pages(listing.pages(page.next))
        .filter(Filter::new(
            PATH,
            vec![Field::search("q", "Name", visit.query.text("q"))],
            listing.is_filtered(),
        ));
    View::new(Place::Apis, "APIs")
        .action(Action::link(NEW, "New API"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn fields(draft: &ApiDraft) -> [Field; 3] {
    [
        Field::text("name", "Name", &draft.name),
        Field::area("description", "Description", &draft.description)
            .hint("Markdown. The first sentence is shown in the catalogue.")
            .tall(8),
        Field::text("tags", "Tags", &draft.tags.join(" ")).hint("Words between spaces.").optional(),
    ]
}

fn fill(draft: &mut ApiDraft, typed: &Typed) {
    draft.name = typed.text("name").to_owned();
    draft.description = typed.lines("description");
    draft.tags = typed.words("tags");
}

fn new_form(guest: &Guest) -> Form {
    Form::new(guest, NEW, "Create API").once().fields(fields(&ApiDraft::default())).cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::Apis, "New API").crumb(PATH, "APIs").section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_view(new_form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let mut draft = ApiDraft::default();
    fill(&mut draft, &typed);
    match app.create_api(&visit.caller, draft).await {
        Ok(made) => go_to(&format!("{PATH}/{}", made.value.id), Notice::Created),
        Err(error) => {
            let (status, form) = new_form(&visit).refused(&typed, error)?;
            new_view(form).answer(status, &app, &visit).await
        }
    }
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiId>, visit: Visit<Overseer>) -> Answer {
    let api = app.api(&visit.caller, id).await?;
    let filter = ApiVersionFilter { api_id: Some(id), ..ApiVersionFilter::default() };
    let versions = every(|page| app.api_versions(&visit.caller, filter.clone(), page)).await?;
    let rows = versions.iter().map(|it| {
        let (tone, word) = match (it.private, it.deprecated) {
            (_, true) => (Tone::Waits, "Deprecated"),
            (true, false) => (Tone::Plain, "Private"),
            (false, false) => (Tone::Good, "On offer"),
        };
        let specification = it.specification.as_ref();
        vec![
            Cell::link(format!("/console/api-versions/{}", it.id), &it.name),
            Cell::Stack(it.route.path_prefixes.iter().map(|path| Cell::Code(path.clone())).collect()),
            Cell::text(it.plan_ids.len().to_string()),
            specification.map_or(Cell::nothing("none"), |it| {
                Cell::text(words!("{operations} operations", operations = it.operations))
            }),
            Cell::badge((tone, word)),
        ]
    });
    let columns = ["Version", "Paths", "Plans", "Specification", "State"];
    let empty = "Nothing can be called yet: it is a version that has a path at the gateway.";
    let new = format!("{PATH}/{id}/versions/new");
    let table = Table::new("Versions", &columns, rows.collect(), empty)
        .empty_action(Action::link(new.clone(), "Create the first version"));
    View::new(Place::Apis, &api.name)
        .crumb(PATH, "APIs")
        .action(Action::see(format!("/apis/{id}"), "As developers see it"))
        .action(Action::link(format!("{PATH}/{id}/edit"), "Edit").quiet())
        .section(Section::facts(vec![
            ("Tags", Cell::tags(&api.tags)),
            ("Created", Cell::time(api.meta.created_at)),
            ("Id", Cell::Copy(id.to_string())),
        ]))
        .section(Section::table(table).heading("Versions").action(Action::link(new, "New version")))
        .section(Section::description(api.description.as_str()))
        .section(
            Section::words("Only if it has no versions any more.")
                .heading("Delete it")
                .action(Action::link(format!("{PATH}/{id}/delete"), "Delete").danger()),
        )
        .show(&app, &visit)
        .await
}

fn edit_form(guest: &Guest, api: &Api) -> Form {
    let path = format!("{PATH}/{}", api.id);
    Form::new(guest, format!("{path}/edit"), "Save")
        .version(api.meta.version)
        .fields(fields(&api.draft()))
        .cancel(path)
}

fn below(api: &Api, title: Words) -> View {
    View::new(Place::Apis, title).crumb(PATH, "APIs").crumb(format!("{PATH}/{}", api.id), &api.name)
}

async fn show_edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    visit: Visit<Administrator>,
) -> Answer {
    let api = app.api(&visit.caller, id).await?;
    below(&api, words!("Edit {api}", api = api.name))
        .section(Section::form(edit_form(&visit, &api)))
        .show(&app, &visit)
        .await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    match app.update_api(&visit.caller, id, typed.version(), |draft| fill(draft, &typed)).await {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let api = app.api(&visit.caller, id).await?;
            let (status, form) = edit_form(&visit, &api).refused(&typed, error)?;
            let view = below(&api, words!("Edit {api}", api = api.name)).section(Section::form(form));
            view.answer(status, &app, &visit).await
        }
    }
}

fn delete_form(guest: &Guest, api: &Api) -> Form {
    let path = format!("{PATH}/{}", api.id);
    Form::new(guest, format!("{path}/delete"), "Delete this API").confirm(api.name.as_str()).cancel(path)
}

fn delete_view(api: &Api, form: Form) -> View {
    below(api, words!("Delete {api}?", api = api.name))
        .lead("An API with versions cannot be deleted: delete those first. This cannot be undone.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    visit: Visit<Administrator>,
) -> Answer {
    let api = app.api(&visit.caller, id).await?;
    delete_view(&api, delete_form(&visit, &api)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let api = app.api(&visit.caller, id).await?;
    let done = match confirmed(&typed, api.name.as_str()) {
        Ok(()) => app.delete_api(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &api).refused(&typed, error)?;
            delete_view(&api, form).answer(status, &app, &visit).await
        }
    }
}
