//! `/applications/new`

use std::sync::Arc;

use app::{App, PartnerFilter, every};
use axum::extract::State as Shared;
use domain::{Application, ApplicationDraft, DeveloperId, Invalid, Owner, PartnerAction, PartnerId, Secret};

use super::list;
use crate::Pages;
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::reveal::Revealed;
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::words;

const PATH: &str = "/applications/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(PATH, "Create an application", show).post(PATH, "Create an application", submit)
}

/// Whose applications somebody may make.
pub(crate) async fn owners(app: &App, guest: &Guest) -> Result<Vec<Choice>, Refused> {
    let list = |page| app.partners(&guest.caller, PartnerFilter::default(), page);
    let partners = every(list).await?;
    let developer = guest.caller.developer();
    let mine = |it: &&domain::Partner| {
        developer.is_none_or(|developer| it.allows(developer, PartnerAction::CreateApplication))
    };
    let choices = partners.iter().filter(mine).map(|it| Choice::new(format!("partner:{}", it.id), &it.name));
    let own = developer.map(|id| Choice::new(format!("developer:{id}"), "Myself"));
    Ok(own.into_iter().chain(choices).collect())
}

/// The owner that was chosen.
///
/// # Errors
/// If none of ours was.
pub(crate) fn owner(typed: &Typed) -> Result<Owner, Invalid> {
    let wrong = || Invalid::field("owner", "unknown", "must be chosen from the list");
    match typed.text("owner").split_once(':') {
        Some(("partner", id)) => id.parse().map(|id: PartnerId| Owner::Partner(id)).map_err(|_| wrong()),
        Some(("developer", id)) => {
            id.parse().map(|id: DeveloperId| Owner::Developer(id)).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    }
}

async fn form(app: &App, guest: &Guest) -> Result<Form, Refused> {
    let owners = owners(app, guest).await?;
    Ok(Form::new(guest, PATH, "Create application")
        .once()
        .field(Field::text("name", "Name", "").hint("What people call it, such as “Web shop”.").focused())
        .field(
            Field::area("description", "Description", "")
                .hint("What it does with the APIs, for those who approve."),
        )
        .field(
            Field::select("owner", "Owner", owners).hint("A partner’s members see and manage it together."),
        )
        .cancel(list::path(guest)))
}

fn view(guest: &Guest, form: Form) -> View {
    View::new(Place::Applications, "New application")
        .crumb(list::path(guest), "Applications")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Person>) -> Answer {
    view(&visit, form(&app, &visit).await?).show(&app, &visit).await
}

/// Shows the secret of the client that came with an application.
async fn reveal(app: &App, guest: &Guest, application: &Application, secret: &Secret) -> Answer {
    let path = format!("/applications/{}", application.id);
    let client_id = application.known_as();
    let revealed = Revealed {
        title: "The client’s secret".into(),
        crumbs: vec![(path.clone(), application.name.to_string().into())],
        name: words!("Client {client_id} of {application}", client_id, application = application.name),
        beside: Vec::new(),
        secret: secret.expose().to_owned(),
        note: Some("The application is an OAuth client: it gets access tokens with this secret.".into()),
        usage_heading: "Get a first token".into(),
        usage: "Put the address of the authorization server’s token endpoint in the place of the capital letters.".into(),
        call: format!(
            "curl -u \"{client_id}:SECRET\" -d grant_type=client_credentials https://TOKEN-ENDPOINT"
        ),
        back: path,
    };
    revealed.show(app, guest, Place::Applications).await
}

async fn submit(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Person>) -> Answer {
    let draft = ApplicationDraft {
        name: typed.text("name").to_owned(),
        description: typed.lines("description"),
        ..ApplicationDraft::default()
    };
    let made = match owner(&typed) {
        Ok(owner) => app.create_application(&visit.caller, draft, Some(owner), None).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(made) => match &made.secret {
            Some(secret) => reveal(&app, &visit, &made.value, secret).await,
            None => go_to(&format!("/applications/{}", made.value.id), Notice::Created),
        },
        Err(error) => {
            let (status, form) = form(&app, &visit).await?.refused(&typed, error)?;
            view(&visit, form).answer(status, &app, &visit).await
        }
    }
}
