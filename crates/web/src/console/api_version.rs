//! `/console/api-versions/{id}`: a version: where the gateway finds it, and who may call it.

use std::sync::Arc;

use app::{App, ToName, every};
use axum::extract::State as Shared;
use domain::{Accepted, ApiId, ApiVersion, ApiVersionDraft, ApiVersionId, AuthStrategyId, OperationScopes};

use crate::cell::{Action, Cell};
use crate::field::{Choice, Field};
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use crate::{Pages, states};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/console/apis/{id}/versions/new", "Create an API version", show_new)
        .post("/console/apis/{id}/versions/new", "Create an API version", create)
        .get("/console/api-versions/{id}", "An API version", show)
        .get("/console/api-versions/{id}/edit", "Change an API version", show_edit)
        .post("/console/api-versions/{id}/edit", "Change an API version", edit)
        .get("/console/api-versions/{id}/delete", "Delete an API version", show_delete)
        .post("/console/api-versions/{id}/delete", "Delete an API version", delete)
}

/// The name of a version, and the beginning of its pages.
pub(crate) async fn below(
    app: &App,
    version: &ApiVersion,
    title: impl FnOnce(&str) -> Words,
) -> Result<(String, View), Refused> {
    let names = app.names(ToName { versions: vec![version.id], ..ToName::default() }).await?;
    let name = names.of(version.id).to_owned();
    let view = View::new(Place::Apis, title(&name))
        .crumb("/console/apis", "APIs")
        .crumb(format!("/console/apis/{}", version.api_id), Words::said(names.of(version.api_id)));
    Ok((name, view))
}

fn path(version: &ApiVersion) -> String {
    format!("/console/api-versions/{}", version.id)
}

fn word(kind: Accepted) -> &'static str {
    match kind {
        Accepted::ApiKey => "api_key",
        Accepted::Certificate => "certificate",
        Accepted::Basic => "basic",
        Accepted::Bearer => "bearer",
    }
}

async fn fields(app: &App, guest: &Guest, draft: &ApiVersionDraft) -> Result<Vec<Field>, Refused> {
    let plans = every(|page| app.plans(&guest.caller, page)).await?;
    let plans = plans
        .into_iter()
        .map(|it| Choice::new(it.id.to_string(), &it.name).chosen(draft.plan_ids.contains(&it.id)));
    let strategies = every(|page| app.auth_strategies(&guest.caller, page)).await?;
    let strategies = strategies
        .into_iter()
        .map(|it| Choice::new(it.id.to_string(), &it.name).chosen(draft.auth_strategy_id == it.id));
    let kinds = Accepted::ALL.into_iter().map(|kind| {
        Choice::new(word(kind), states::accepted(kind)).chosen(draft.accepted_credentials.contains(&kind))
    });
    Ok(vec![
        Field::text("name", "Name", &draft.name).hint("Such as “v1”."),
        Field::area("path_prefixes", "Paths", &draft.path_prefixes.join("\n"))
            .required()
            .hint("Where the gateway serves it, one in a line, such as /orders. Everything below is the same version; the longest path wins."),
        Field::area("hosts", "Hosts", &draft.hosts.join("\n")).hint("One in a line. None: any host.").tall(2),
        Field::text("methods", "Methods", &draft.methods.join(" ")).hint("Such as GET POST. None: all.").optional(),
        Field::ticks("plan_ids", "Plans", plans.collect()).hint("What subscribers may choose from."),
        Field::tick("subscription_required", "Callers need a subscription", draft.subscription_required),
        Field::ticks("accepted_credentials", "Callers prove themselves by", kinds.collect())
            .hint("None: it is open to everybody, and nothing else can be demanded."),
        Field::select("auth_strategy_id", "Auth strategy", strategies.collect()).hint("Where in a call the key is looked for."),
        Field::text("required_roles", "Roles that the partner must hold", &draft.required_roles.join(" "))
            .hint("Words between spaces; all of them.")
            .optional(),
        Field::text("required_scopes", "Scopes that a token must carry", &draft.required_scopes.join(" "))
            .hint("Words between spaces; all of them, and one of those in “a|b”. Only tokens have scopes; others are not asked.")
            .optional(),
        Field::area("operation_scopes", "Scopes of single operations", &lines(&draft.operation_scopes))
            .hint("One operation in a line: method, whole path and scopes, such as GET /orders/{id} orders:read. * is every method. What is not listed here is held against the scopes above.")
            .tall(3),
        Field::area("audiences", "Whom a token must be for", &draft.audiences.join("\n"))
            .hint("One in a line, such as https://api.example.com/orders: what clients name as “resource”. None: tokens that are for nobody in particular, or for this server.")
            .tall(2),
        Field::tick("cors", "Browsers’ preflight requests pass without a credential", draft.cors),
        Field::tick("private", "Private: not in the catalogue for those who hold no subscription", draft.private),
        Field::tick("deprecated", "Deprecated: it works, but nobody should start with it", draft.deprecated),
        Field::area("description", "Description", &draft.description).hint("What is new in it. Markdown.").tall(5),
        Field::text("tags", "Tags", &draft.tags.join(" ")).hint("Words between spaces.").optional(),
    ])
}

/// Each operation in a line of its own.
fn lines(all: &[OperationScopes]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn fill(draft: &mut ApiVersionDraft, typed: &Typed) {
    draft.name = typed.text("name").to_owned();
    draft.description = typed.lines("description");
    draft.tags = typed.words("tags");
    draft.path_prefixes = typed.each_line("path_prefixes");
    draft.hosts = typed.each_line("hosts");
    draft.methods = typed.words("methods");
    draft.plan_ids = typed.all("plan_ids").filter_map(|id| id.parse().ok()).collect();
    draft.subscription_required = typed.is_ticked("subscription_required");
    let chosen = |kind: &Accepted| typed.all("accepted_credentials").any(|it| it == word(*kind));
    draft.accepted_credentials = Accepted::ALL.into_iter().filter(chosen).collect();
    if let Ok(id) = typed.text("auth_strategy_id").parse() {
        draft.auth_strategy_id = id;
    }
    draft.required_roles = typed.words("required_roles");
    draft.required_scopes = typed.words("required_scopes");
    let operations = typed.each_line("operation_scopes");
    draft.operation_scopes = operations.iter().filter_map(|line| line.parse().ok()).collect();
    draft.audiences = typed.each_line("audiences");
    (draft.cors, draft.private) = (typed.is_ticked("cors"), typed.is_ticked("private"));
    draft.deprecated = typed.is_ticked("deprecated");
}

async fn new_form(app: &App, guest: &Guest, id: ApiId) -> Result<Form, Refused> {
    let strategies = every(|page| app.auth_strategies(&guest.caller, page)).await?;
    let strategy =
        strategies.iter().find(|it| it.is_default).map_or(AuthStrategyId(uuid::Uuid::nil()), |it| it.id);
    let mut draft = ApiVersionDraft::new("", "", strategy);
    draft.path_prefixes.clear();
    let plans = every(|page| app.plans(&guest.caller, page)).await?;
    draft.plan_ids = plans.iter().filter(|plan| plan.offered_by_default).map(|plan| plan.id).collect();
    Ok(Form::new(guest, format!("/console/apis/{id}/versions/new"), "Create version")
        .once()
        .fields(fields(app, guest, &draft).await?)
        .cancel(format!("/console/apis/{id}")))
}

async fn new_view(app: &App, guest: &Guest, id: ApiId, form: Form) -> Result<View, Refused> {
    let api = app.api(&guest.caller, id).await?;
    Ok(View::new(Place::Apis, words!("New version of {api}", api = api.name))
        .crumb("/console/apis", "APIs")
        .crumb(format!("/console/apis/{id}"), &api.name)
        .section(Section::form(form)))
}

async fn show_new(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    visit: Visit<Administrator>,
) -> Answer {
    let form = new_form(&app, &visit, id).await?;
    new_view(&app, &visit, id, form).await?.show(&app, &visit).await
}

async fn create(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    match app.create_api_version(&visit.caller, id, |draft| fill(draft, &typed), false).await {
        Ok(made) => go_to(&path(&made.value), Notice::Created),
        Err(error) => {
            let (status, form) = new_form(&app, &visit, id).await?.refused(&typed, error)?;
            new_view(&app, &visit, id, form).await?.answer(status, &app, &visit).await
        }
    }
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Overseer>) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let wanted = ToName {
        plans: version.plan_ids.clone(),
        strategies: vec![version.auth_strategy_id],
        ..ToName::default()
    };
    let names = app.names(wanted).await?;
    let (_, view) = below(&app, &version, |name| Words::said(name)).await?;
    let codes = |list: &[String], none| {
        if list.is_empty() {
            Cell::nothing(none)
        } else {
            Cell::Stack(list.iter().cloned().map(Cell::Code).collect())
        }
    };
    let operations: Vec<String> = version.operation_scopes.iter().map(ToString::to_string).collect();
    let kinds = words::listed(version.accepted_credentials.iter().map(|kind| states::accepted(*kind)));
    let plans: Vec<&str> = version.plan_ids.iter().map(|id| names.of(*id)).collect();
    let at = |part: &str| format!("{}/{part}", path(&version));
    let specification = match &version.specification {
        Some(summary) => Section::facts(vec![
            ("Title", Cell::text(&summary.title)),
            ("Format", Cell::text(&summary.format)),
            ("Operations", Cell::text(summary.operations.to_string())),
        ])
        .action(Action::see(format!("/api-versions/{id}/specification"), "Read"))
        .action(Action::see(format!("/api-versions/{id}/changes"), "Changes").about("since another version"))
        .action(Action::link(at("specification"), "Replace").quiet()),
        None => Section::words("Without one, developers see no operations.")
            .action(Action::link(at("specification"), "Add one").quiet()),
    };
    view.action(Action::see(format!("/apis/{}?version={id}", version.api_id), "As developers see it"))
        .action(Action::see(at("token-form"), "Form for access tokens"))
        .action(Action::see(at("usage"), "Usage"))
        .action(Action::link(at("edit"), "Edit"))
        .section(Section::facts(vec![
            ("Paths", codes(&version.route.path_prefixes, "none")),
            ("Hosts", codes(&version.route.hosts, "any")),
            ("Methods", codes(&version.route.methods, "all")),
            ("Plans", Cell::text(plans.join(", "))),
            ("Callers need a subscription", Cell::yes(version.subscription_required)),
            (
                "Callers prove themselves by",
                if kinds.is_empty() {
                    Cell::nothing("nothing: open to everybody")
                } else {
                    Cell::text(kinds)
                },
            ),
            (
                "Auth strategy",
                Cell::link(
                    format!("/console/auth-strategies/{}", version.auth_strategy_id),
                    Words::said(names.of(version.auth_strategy_id)),
                ),
            ),
            ("Roles that the partner must hold", Cell::tags(&version.required_roles)),
            ("Scopes that a token must carry", Cell::tags(&version.required_scopes)),
            ("Scopes of single operations", codes(&operations, "none")),
            ("Whom a token must be for", codes(&version.audiences, "nobody in particular, or this server")),
            ("Private", Cell::yes(version.private)),
            ("Deprecated", Cell::yes(version.deprecated)),
            ("Id", Cell::Copy(id.to_string())),
        ]))
        .section(specification.heading("Specification"))
        .section(Section::description(version.description.as_str()))
        .section(
            Section::words("Its path is free again, and calls to it are refused.")
                .heading("Delete it")
                .action(Action::link(at("delete"), "Delete").danger()),
        )
        .show(&app, &visit)
        .await
}

async fn edit_form(app: &App, guest: &Guest, version: &ApiVersion) -> Result<Form, Refused> {
    Ok(Form::new(guest, format!("{}/edit", path(version)), "Save")
        .version(version.meta.version)
        .fields(fields(app, guest, &version.draft()).await?)
        .cancel(path(version)))
}

async fn show_edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    visit: Visit<Administrator>,
) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let form = edit_form(&app, &visit, &version).await?;
    let (name, view) = below(&app, &version, |name| words!("Edit {name}", name)).await?;
    view.crumb(path(&version), name).section(Section::form(form)).show(&app, &visit).await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let done = app.update_api_version(&visit.caller, id, typed.version(), |draft| fill(draft, &typed)).await;
    match done {
        Ok(version) => go_to(&path(&version), Notice::Saved),
        Err(error) => {
            let version = app.api_version(&visit.caller, id).await?;
            let (status, form) = edit_form(&app, &visit, &version).await?.refused(&typed, error)?;
            let (name, view) = below(&app, &version, |name| words!("Edit {name}", name)).await?;
            view.crumb(path(&version), name).section(Section::form(form)).answer(status, &app, &visit).await
        }
    }
}

fn delete_form(guest: &Guest, version: &ApiVersion, name: &str) -> Form {
    Form::new(guest, format!("{}/delete", path(version)), "Delete this version")
        .confirm(name)
        .cancel(path(version))
}

const CONSEQUENCE: &str = "Its subscriptions stand in the way: end those first. Calls to its path are refused from then on. This cannot be undone.";

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    visit: Visit<Administrator>,
) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let (name, view) = below(&app, &version, |name| words!("Delete {name}?", name)).await?;
    let form = delete_form(&visit, &version, &name);
    view.crumb(path(&version), name).lead(CONSEQUENCE).section(Section::form(form)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let version = app.api_version(&visit.caller, id).await?;
    let (name, view) = below(&app, &version, |name| words!("Delete {name}?", name)).await?;
    let done = match confirmed(&typed, &name) {
        Ok(()) => app.delete_api_version(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(&format!("/console/apis/{}", version.api_id), Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &version, &name).refused(&typed, error)?;
            let view = view.crumb(path(&version), name).lead(CONSEQUENCE);
            view.section(Section::form(form)).answer(status, &app, &visit).await
        }
    }
}
