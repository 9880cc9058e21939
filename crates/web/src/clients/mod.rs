//! The OAuth settings of an application: how a program gets tokens in its name.

mod create;
mod edit;
mod end;
mod first_token;
mod one;
mod secret;
mod settings;
mod words;

use app::{App, Created, Error};
use axum::response::Response;
use domain::{ApplicationId, Client, GrantType};

use super::Pages;
use super::applications::Shown;
use super::cell::Tone;
use super::frame::Place;
use super::notice::{Notice, go_to};
use super::refused::{Answer, Refused};
use super::reveal::Revealed;
use super::view::{Section, View};
use super::visit::Guest;
use edge::words::Words;

pub(super) use first_token::{call, usage};
pub(super) use settings::{fits, grant_choices};
pub(super) use words::{client_type, grant, grants_of, parse_type, state, type_word};

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = one::routes(pages);
    let pages = create::routes(pages);
    let pages = edit::routes(pages);
    let pages = secret::routes(pages);
    end::routes(pages)
}

/// A client with its application, as a page needs it.
struct Owned {
    shown: Shown,
    client: Client,
}

impl Owned {
    async fn load(app: &App, guest: &Guest, id: ApplicationId) -> Result<Self, Refused> {
        let shown = Shown::load(app, guest, id).await?;
        let client = app.client(&guest.caller, id).await?;
        Ok(Self { shown, client })
    }

    fn path(&self) -> String {
        path(&self.shown)
    }

    /// A page about a part of it.
    fn below(&self, guest: &Guest, title: impl Into<Words>) -> View {
        self.shown.below(guest, title).crumb(self.path(), "OAuth")
    }
}

fn path(shown: &Shown) -> String {
    format!("{}/client", shown.path())
}

/// The client of an application, if it has one.
async fn find(app: &App, guest: &Guest, id: ApplicationId) -> Result<Option<Client>, Refused> {
    match app.client(&guest.caller, id).await {
        Ok(client) => Ok(Some(client)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What is to be known of a client that asks for tokens in ways that nobody should use any more.
pub(super) fn legacy_warning(client: &Client) -> Option<Section> {
    let legacy: Vec<Words> =
        client.grant_types.iter().filter(|it| it.is_legacy()).map(|it| words::grant(*it).into()).collect();
    (!legacy.is_empty()).then(|| {
        let why = if client.grant_types.contains(&GrantType::Password) {
            "The program gets to know people’s passwords."
        } else {
            "Tokens come in the address of a page, where others may read them."
        };
        let words = edge::words!(
            "It uses what current practice advises against (RFC 9700): {grants}. {why} Change over to the authorization code.",
            grants = edge::words::listed(legacy),
            why = Words::from(why)
        );
        Section::note(Tone::Bad, words)
    })
}

/// Shows what a client was given just now: its secret if it keeps one, and how to get a first token.
async fn told(
    app: &App,
    guest: &Guest,
    shown: &Shown,
    created: Created<Client>,
    note: Option<Words>,
) -> Answer {
    let client = created.value;
    let Some(secret) = created.secret else { return go_to(&path(shown), Notice::Created) };
    let revealed = Revealed {
        title: "Your client secret".into(),
        crumbs: vec![
            (shown.path(), shown.application.name.to_string().into()),
            (path(shown), "OAuth".into()),
        ],
        name: edge::words!("Client secret of {application}", application = shown.application.name),
        beside: vec![("Client id".into(), client.client_id.clone())],
        note,
        usage: first_token::usage(&client).into(),
        usage_heading: "Get a first token".into(),
        call: first_token::call(&app.settings().public_url, &client, Some(secret.expose())),
        secret: secret.expose().to_owned(),
        back: path(shown),
    };
    let page: Response = revealed.show(app, guest, Place::Applications).await?;
    Ok(page)
}
