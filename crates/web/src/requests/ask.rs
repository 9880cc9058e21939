//! `/requests/new`: a developer asks for an application at somebody else's gateway.

use std::sync::Arc;

use app::{App, NewRequest};
use axum::extract::State as Shared;
use domain::{Api, ApiId, Name, RequestContext, RequestKind};

use crate::Pages;
use crate::cell::{Action, Tone};
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Developer, Guest, Sent, Visit};
use edge::words;

const PATH: &str = "/requests/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Ask for an application at a gateway", show).post(
        PATH,
        "Ask for an application at a gateway",
        submit,
    )
}

/// The form; none if no gateway has an API that the developer may see.
async fn form(app: &App, guest: &Guest) -> Result<Option<Form>, Refused> {
    let apis = app.apis_at_gateways(&guest.caller).await?;
    let choice = |(api, gateway): &(Api, Name)| {
        Choice::new(api.id.to_string(), &api.name).hint(words!("At {gateway}.", gateway))
    };
    let choices: Vec<Choice> = apis.iter().map(choice).collect();
    if choices.is_empty() {
        return Ok(None);
    }
    let form = Form::new(guest, PATH, "Ask")
        .once()
        .field(Field::text("name", "Name", "").hint("Of the application."))
        .field(Field::area("description", "Description", "").hint("What you want to do with it."))
        .field(Field::ticks("apis", "APIs", choices).hint("All of one gateway."))
        .field(
            Field::area("redirect_uris", "Redirect addresses", "")
                .hint("Where your users come back to when they signed in at the gateway, one in a line.")
                .tall(2),
        )
        .cancel("/requests");
    Ok(Some(form))
}

fn view() -> View {
    View::new(Place::Requests, "Ask for an application")
        .crumb("/requests", "Requests")
        .lead("The gateway is told what you ask for, and answers with the credentials.")
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Developer>) -> Answer {
    let view = match form(&app, &visit).await? {
        Some(form) => view().section(Section::form(form)),
        None => view().section(
            Section::note(Tone::Plain, "No API that you may see belongs to somebody else’s gateway.")
                .action(Action::link("/apis", "Look at the APIs")),
        ),
    };
    view.show(&app, &visit).await
}

async fn submit(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Developer>) -> Answer {
    let uris = typed.words("redirect_uris");
    let context = RequestContext {
        name: Some(typed.text("name").trim().to_owned()),
        description: typed.given("description").map(|_| typed.lines("description")),
        redirect_uris: (!uris.is_empty()).then_some(uris),
        ..RequestContext::default()
    };
    let apis: Vec<ApiId> = typed.all("apis").filter_map(|id| id.parse().ok()).collect();
    let new = NewRequest { kind: RequestKind::Create, context, application: None, apis };
    match app.make_request(&visit.caller, new).await {
        Ok(made) => go_to(&format!("/requests/{}", made.value.id), Notice::Asked),
        Err(error) => {
            let Some(form) = form(&app, &visit).await? else { return Err(error.into()) };
            let (status, form) = form.refused(&typed, error)?;
            view().section(Section::form(form)).answer(status, &app, &visit).await
        }
    }
}
