//! `/applications/{id}/client`: the OAuth settings of an application, or the choice of which ones it is to get.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{ApplicationId, Client, ClientAuthMethod, ClientType};

use super::words::{TYPES, about_type, client_type, format, grant, method, type_word};
use super::{find, first_token, legacy_warning, path};
use crate::Pages;
use crate::applications::{Shown, Tab};
use crate::cell::{Action, Cell};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Visit};
use edge::extract::Path;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/applications/{id}/client", "The OAuth settings of an application", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApplicationId>, visit: Visit<Person>) -> Answer {
    let shown = Shown::load(&app, &visit, id).await?;
    let view = shown.head(&visit, Tab::Client);
    let view = match find(&app, &visit, id).await? {
        Some(client) => settings(&app, view, &shown, &client),
        None => choice(&visit, view, &shown),
    };
    view.show(&app, &visit).await
}

/// What kind of program it is: the first thing to be said.
fn choice(guest: &Guest, view: View, shown: &Shown) -> View {
    if !shown.rights.client {
        let words = "It has no OAuth settings. An owner can give it some: then it asks for tokens instead of sending a key.";
        return view.section(Section::words(words));
    }
    let words = "With OAuth it asks for tokens that end by themselves, in its own name or in that of people who sign in. An API key is enough for many; this is for those who need more. What kind of program is it?";
    let view = view.section(Section::words(words).heading("It has no OAuth settings yet"));
    let offered = TYPES.into_iter().filter(|kind| *kind != ClientType::Custom || guest.is_administrator());
    offered.fold(view, |view, kind| {
        let new = format!("{}/new?client_type={}", path(shown), type_word(kind));
        view.section(
            Section::words(about_type(kind))
                .heading(client_type(kind))
                .action(Action::link(new, "Choose").quiet().about(client_type(kind))),
        )
    })
}

fn settings(app: &App, view: View, shown: &Shown, client: &Client) -> View {
    let at = |part: &str| format!("{}/{part}", path(shown));
    let has_secret = match client.token_endpoint_auth_method {
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost => true,
        ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt => false,
    };
    let may = shown.rights.client;
    let mut view = view
        .action_if(may, Action::link(at("edit"), "Edit"))
        .action_if(may && has_secret, Action::link(at("secret"), "New secret").quiet());
    if let Some(warning) = legacy_warning(client) {
        view = view.section(warning);
    }
    let url = &app.settings().public_url;
    view.section(Section::facts(facts(app, client)))
        .section(
            Section::copy(first_token::call(url, client, None))
                .heading("Get a token")
                .text(first_token::usage(client)),
        )
        .section(
            Section::facts(vec![
                (
                    "Everything about this server",
                    Cell::Copy(format!("{url}/.well-known/openid-configuration")),
                ),
                ("Tokens", Cell::Copy(format!("{url}/oauth2/token"))),
                ("Sign-in", Cell::Copy(format!("{url}/oauth2/authorize"))),
                ("Keys", Cell::Copy(format!("{url}/oauth2/jwks.json"))),
            ])
            .heading("Addresses for your program"),
        )
        .section_if(may, || {
            Section::words("Every token that it got until now is refused. It may ask for new ones.")
                .heading("End its tokens")
                .action(Action::link(at("end-tokens"), "End all tokens").danger())
        })
        .section_if(may, || {
            Section::words("Its secrets and tokens end with it, for good.")
                .heading("Revoke it")
                .action(Action::link(at("revoke"), "Revoke").danger())
        })
}

fn facts(app: &App, client: &Client) -> Vec<(&'static str, Cell)> {
    let codes = |list: &[String], none| {
        if list.is_empty() {
            Cell::nothing(none)
        } else {
            Cell::Stack(list.iter().cloned().map(Cell::Code).collect())
        }
    };
    let minutes = |span: std::time::Duration| Cell::text(crate::moment::span_in_words(span));
    let is_open = client.client_type == ClientType::Custom;
    let grants = edge::words::listed(client.grant_types.iter().map(|it| grant(*it)));
    let for_people = client.client_type != ClientType::NonInteractive;
    let draft = client.draft();
    let mut facts = vec![
        ("Client id", Cell::Copy(client.client_id.clone())),
        ("Kind", Cell::text(client_type(client.client_type))),
        (
            "Grant types",
            if grants.is_empty() && is_open { Cell::nothing("all that are on") } else { Cell::text(grants) },
        ),
        (
            "Scopes",
            if client.scopes.is_empty() && is_open {
                Cell::nothing("all but system scopes")
            } else {
                Cell::tags(&client.scopes)
            },
        ),
        ("Proves itself by", Cell::text(method(client.token_endpoint_auth_method))),
    ];
    if for_people {
        facts.push(("Redirect URIs", codes(&client.redirect_uris, "none")));
        facts.push(("After signing out", codes(&client.post_logout_redirect_uris, "none")));
        facts.push(("PKCE", Cell::text(if client.require_pkce { "Required" } else { "Not required" })));
        facts.push(("People may stay signed in", Cell::yes(client.persistent_sso)));
    }
    facts.push(("Access tokens", Cell::text(format(client.access_token_format))));
    facts.push(("They live for", minutes(client.access_token_lifetime())));
    if client.allows_grant(domain::GrantType::RefreshToken) {
        facts.push(("Refresh tokens live for", minutes(client.refresh_token_lifetime())));
    }
    facts.push((
        "Tokens are made by",
        Cell::text(
            app.token_definition_name(client)
                .map_or_else(|| Words::from("the default definition"), Words::from),
        ),
    ));
    facts.push(("It has to name the scopes that it asks for", Cell::yes(client.requested_scopes_required)));
    facts.push(("Allowed addresses", codes(&draft.allowed_ips, "all")));
    facts.push(("Tokens ended", Cell::maybe_time(client.revoked_epoch, "never")));
    facts
}
