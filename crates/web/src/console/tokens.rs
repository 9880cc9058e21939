//! `/console/tokens`: API tokens, with which administrators' tools call the management API.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApiToken, ApiTokenId, Instant, Resource};

use crate::cell::{Action, Cell, Tone};
use crate::field::{Choice, Field};
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::fresh::must_be_fresh;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::reveal::Revealed;
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use crate::{Pages, credentials, moment};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/console/tokens";
const NEW: &str = "/console/tokens/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "API tokens", list)
        .get(NEW, "Create an API token", show_new)
        .post(NEW, "Create an API token", create)
        .get("/console/tokens/{id}", "An API token", show)
        .post("/console/tokens/{id}/revoke", "End an API token", revoke)
}

fn state(token: &ApiToken, now: Instant) -> (Tone, &'static str) {
    if token.revoked_at.is_some() {
        (Tone::Bad, "Revoked")
    } else if token.is_usable(now) {
        (Tone::Good, "Active")
    } else {
        (Tone::Bad, "Expired")
    }
}

fn scopes(token: &ApiToken) -> Vec<String> {
    token.scopes.iter().map(ToString::to_string).collect()
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.api_tokens(&visit.caller, listing.request()).await?;
    let now = app.clock().now();
    let rows = page.items.iter().map(|it| {
        let (tone, word) = state(it, now);
        vec![
            Cell::link_with(
                format!("{PATH}/{}", it.id),
                &it.name,
                format!("{}…{}", it.hint.prefix, it.hint.last4),
            ),
            Cell::tags(&scopes(it)),
            Cell::badge((tone, word)),
            it.expires_at.map_or(Cell::nothing("never"), |at| Cell::ago(at, now)),
        ]
    });
    let empty = "There is no token yet. With one, a script does what you do here, by the management API.";
    let table = Table::new("API tokens", &["Name", "Opens", "State", "Ends"], rows.collect(), empty)
        .empty_action(Action::link(NEW, "Create the first token"))
        .pages(listing.pages(page.next));
    View::new(Place::Tokens, "API tokens")
        .lead("For your own tools: each opens only what it has to. The management API is described at /api/v1/docs.")
        .action(Action::link(NEW, "New token"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn form(guest: &Guest) -> Form {
    let one = |resource: Resource| {
        let word = resource.as_str();
        [
            Choice::new(format!("{word}:read"), words!("{resource}: read", resource = word)),
            Choice::new(format!("{word}:write"), words!("{resource}: read and change", resource = word)),
        ]
    };
    let all =
        [Choice::new("*:read", "Everything: read"), Choice::new("*:write", "Everything: read and change")];
    let choices = all.into_iter().chain(Resource::ALL.into_iter().flat_map(one)).collect();
    Form::new(guest, NEW, "Create token")
        .once()
        .field(Field::text("name", "Name", "").hint("What uses it, such as “deploy pipeline”.").focused())
        .field(credentials::last_day(None))
        .field(Field::ticks("scopes", "It opens", choices).hint("As little as it needs."))
        .cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::Tokens, "New API token").crumb(PATH, "API tokens").section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    must_be_fresh(&app, &visit, NEW).await?;
    new_view(form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let scopes: Vec<String> = typed.all("scopes").map(str::to_owned).collect();
    let made = match credentials::typed_last_day(&typed) {
        Ok(end) => app.create_api_token(&visit.caller, typed.text("name"), &scopes, end).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(made) => {
            let Some(secret) = made.secret else {
                return Err(app::Error::Internal("a token without its secret".to_owned()).into());
            };
            let url = &app.settings().public_url;
            let revealed = Revealed {
                title: "Your new token".into(),
                crumbs: vec![(PATH.to_owned(), "API tokens".into())],
                name: made.value.name.to_string().into(),
                call: format!("curl -H \"Authorization: Bearer {}\" {url}/api/v1/partners", secret.expose()),
                secret: secret.expose().to_owned(),
                beside: Vec::new(),
                usage_heading: "Make a call with it".into(),
                note: None,
                usage: "The documentation of the management API has everything else.".into(),
                back: format!("{PATH}/{}", made.value.id),
            };
            revealed.show(&app, &visit, Place::Tokens).await
        }
        Err(error) => {
            let (status, form) = form(&visit).refused(&typed, error)?;
            new_view(form).answer(status, &app, &visit).await
        }
    }
}

fn revoke_form(guest: &Guest, token: &ApiToken) -> Form {
    Form::new(guest, format!("{PATH}/{}/revoke", token.id), "Revoke this token").confirm(token.name.as_str())
}

fn view(token: &ApiToken, now: Instant, form: Form) -> View {
    let view = View::new(Place::Tokens, &token.name)
        .crumb(PATH, "API tokens")
        .badge(state(token, now))
        .section(Section::facts(vec![
            ("Recognised by", Cell::Code(format!("{}…{}", token.hint.prefix, token.hint.last4))),
            ("Opens", Cell::tags(&scopes(token))),
            ("Created", Cell::time(token.meta.created_at)),
            (
                "Ends",
                token.expires_at.map_or(Cell::nothing("never"), |at| {
                    Cell::Time(at.to_string(), moment::from_now(at, now))
                }),
            ),
            ("Revoked", Cell::maybe_time(token.revoked_at, "no")),
        ]));
    if token.revoked_at.is_some() {
        return view;
    }
    view.section(
        Section::form(form)
            .heading("Revoke it")
            .text("Whatever uses it is refused from its next call on. This cannot be undone."),
    )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiTokenId>, visit: Visit<Overseer>) -> Answer {
    let token = app.api_token(&visit.caller, id).await?;
    view(&token, app.clock().now(), revoke_form(&visit, &token)).show(&app, &visit).await
}

async fn revoke(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiTokenId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let token = app.api_token(&visit.caller, id).await?;
    let done = match confirmed(&typed, token.name.as_str()) {
        Ok(()) => app.revoke_api_token(&visit.caller, id).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => go_to(PATH, Notice::Revoked),
        Err(error) => {
            let (status, form) = revoke_form(&visit, &token).refused(&typed, error)?;
            view(&token, app.clock().now(), form).answer(status, &app, &visit).await
        }
    }
}
