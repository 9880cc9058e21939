//! `/console/auth-strategies/…`: strategies whose clients another authorization server makes, by way of a bridge.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{AuthMethod, AuthStrategy, AuthStrategyDraft, AuthStrategyId};

use crate::Pages;
use crate::cell::Cell;
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};
use edge::extract::Path;

const PATH: &str = "/console/auth-strategies";
pub(super) const NEW: &str = "/console/auth-strategies/new-bridge";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(NEW, "Create an auth strategy with a bridge", show_new)
        .post(NEW, "Create an auth strategy with a bridge", create)
        .post("/console/auth-strategies/{id}/bridge", "Change an auth strategy with a bridge", edit)
}

/// What is asked for; `known` is what there is of it.
fn fields(known: Option<(&AuthStrategy, &AuthMethod)>) -> Vec<Field> {
    let mut name = "";
    let (mut bridge, mut from, mut methods, mut wanted, mut told) =
        ("", "", "client_credentials".to_owned(), String::new(), true);
    if let Some((strategy, method)) = known {
        name = strategy.name.as_str();
        if let AuthMethod::BridgedClientCredentials {
            auth_methods,
            scopes,
            issuer,
            bridge_url,
            event_hooks,
        } = method
        {
            (bridge, from, told) = (bridge_url, issuer, *event_hooks);
            (methods, wanted) = (auth_methods.join(" "), scopes.join(" "));
        }
    }
    let key = Field::password("api_key", "Key of the bridge");
    let key = match known {
        None => key.hint("What it is sent as X-API-KEY. It is not shown again."),
        Some(_) => {
            key.optional().hint("Left empty, it stays as it is. A bridge at another address needs it anew.")
        }
    };
    vec![
        Field::text("name", "Name", name).focused(),
        Field::text("bridge_url", "Address of the bridge", bridge).hint(
            "Such as https://bridge.example.com/dcr. It is asked for a client with each new application.",
        ),
        key,
        Field::text("issuer", "Issuer", from).hint("Who makes the access tokens: an https address."),
        Field::area("auth_methods", "Ways to get and show tokens", &methods)
            .hint("Words, such as client_credentials and bearer. Those that are grant types are asked for."),
        Field::area("scopes", "Scopes", &wanted).hint("Those that each client is to get."),
        Field::tick("event_hooks", "Tell the bridge what becomes of the applications", told),
    ]
}

fn draft(typed: &Typed) -> AuthStrategyDraft {
    AuthStrategyDraft {
        name: typed.text("name").to_owned(),
        method: AuthMethod::BridgedClientCredentials {
            auth_methods: typed.words("auth_methods"),
            scopes: typed.words("scopes"),
            issuer: typed.text("issuer").trim().to_owned(),
            bridge_url: typed.text("bridge_url").trim().to_owned(),
            event_hooks: typed.is_ticked("event_hooks"),
        },
        bridge_key: None,
    }
}

/// The rule names fields in the method; on the page they stand alone.
fn about_fields(error: app::Error) -> app::Error {
    let app::Error::Invalid(wrong) = error else { return error };
    let mut checks = domain::Checks::new();
    for it in wrong.fields() {
        let field = it.field.strip_prefix("method.").unwrap_or(&it.field);
        checks.require(false, field, it.code, &it.message);
    }
    match checks.build(|| Some(())) {
        Err(wrong) => wrong.into(),
        Ok(()) => app::Error::Invalid(wrong),
    }
}

fn new_form(guest: &Guest) -> Form {
    Form::new(guest, NEW, "Create strategy").once().fields(fields(None)).cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::AuthStrategies, "New auth strategy with a bridge")
        .crumb(PATH, "Auth strategies")
        .lead("Another authorization server makes the clients: it is asked by way of a bridge, a small HTTP service before it.")
        .section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_view(new_form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    match app.create_auth_strategy(&visit.caller, draft(&typed), typed.given("api_key")).await {
        Ok(_) => go_to(PATH, Notice::Created),
        Err(error) => {
            let (status, form) = new_form(&visit).refused(&typed, about_fields(error))?;
            new_view(form).answer(status, &app, &visit).await
        }
    }
}

/// What the page of such a strategy says.
pub(super) fn section(guest: &Guest, strategy: &AuthStrategy) -> Section {
    Section::form(edit_form(guest, strategy))
}

fn edit_form(guest: &Guest, strategy: &AuthStrategy) -> Form {
    Form::new(guest, format!("{PATH}/{}/bridge", strategy.id), "Save")
        .version(strategy.meta.version)
        .fields(fields(Some((strategy, &strategy.method))))
        .cancel(PATH)
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<AuthStrategyId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let strategy = app.auth_strategy(&visit.caller, id).await?;
    let key = typed.given("api_key");
    let new = draft(&typed);
    let edit = |draft: &mut AuthStrategyDraft| (draft.name, draft.method) = (new.name, new.method);
    match app.update_auth_strategy(&visit.caller, id, typed.version(), key, edit).await {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let (status, form) = edit_form(&visit, &strategy).refused(&typed, about_fields(error))?;
            View::new(Place::AuthStrategies, &strategy.name)
                .crumb(PATH, "Auth strategies")
                .section(Section::facts(vec![("Clients are made", Cell::text("by its bridge"))]))
                .section(Section::form(form))
                .answer(status, &app, &visit)
                .await
        }
    }
}
