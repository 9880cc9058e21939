//! `/console/identity-providers/{id}`: what it is, whether it works, who its people are.

use std::sync::Arc;

use app::{App, PageRequest, ProviderReport};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{
    IdentityProvider, IdentityProviderDraft, IdentityProviderId, LinkedIdentity, LinkedIdentityId, Person,
};

use super::{PATH, fields, state};
use crate::Pages;
use crate::cell::{Action, Cell, Tone};
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

/// So many of its people are shown.
const SHOWN: u64 = 50;

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get("/console/identity-providers/{id}", "An identity provider", show)
        .post("/console/identity-providers/{id}", "Change an identity provider", edit)
        .post("/console/identity-providers/{id}/check", "Try an identity provider out", check)
        .post(
            "/console/identity-providers/{id}/identities/{identity_id}/unlink",
            "Take away somebody's link with an identity provider",
            unlink,
        )
}

fn edit_form(guest: &Guest, provider: &IdentityProvider) -> Form {
    let draft = provider.draft();
    let name = Field::text("name", "Name", &draft.name).hint("People read “Sign in with …”.");
    Form::new(guest, format!("{PATH}/{}", provider.id), "Save")
        .version(provider.meta.version)
        .field(name)
        .fields(fields::changeable(&draft, false))
        .cancel(PATH)
}

async fn view(
    app: &App,
    guest: &Guest,
    provider: &IdentityProvider,
    report: Option<ProviderReport>,
    form: Form,
) -> Result<View, Refused> {
    let path = format!("{PATH}/{}", provider.id);
    let people = app.identities_at(&guest.caller, provider.id, PageRequest::first(SHOWN)).await?;
    let facts = vec![
        ("Issuer", Cell::text(&provider.issuer)),
        ("Word in addresses", Cell::Code(provider.slug.clone())),
    ];
    let view = View::new(Place::IdentityProviders, &provider.name)
        .crumb(PATH, "Identity providers")
        .badge(state(provider))
        .action(Action::post(guest, format!("{path}/check"), "Check"));
    let view = report.into_iter().flat_map(what_came_of_it).fold(view, View::section);
    Ok(view
        .section(Section::facts(facts))
        .section(
            Section::copy(app.redirect_uri(provider))
                .heading("Redirect URI to register there")
                .text("Exactly this, and no other of this desk's."),
        )
        .section(Section::form(form).heading("Settings"))
        .section(Section::table(table(guest, provider, &people.items)).heading("Linked people"))
        .section(
            Section::words("Its links go with it, and whoever came from it is signed out.")
                .heading("Delete it")
                .action(Action::link(format!("{path}/delete"), "Delete").danger()),
        ))
}

/// What trying it out has shown.
fn what_came_of_it(report: ProviderReport) -> Vec<Section> {
    let asked = words!("It was asked at {discovery_url}.", discovery_url = report.discovery_url);
    if let Some((_, problem)) = report.problem {
        let problem = crate::message::sentence(&problem);
        return vec![Section::note(Tone::Bad, words!("It does not work: {problem} {asked}", problem, asked))];
    }
    let names = if report.names_issuer { "" } else { " Its answers do not say whose they are (RFC 9207)." };
    let names = Words::from(names);
    let note = Section::note(Tone::Good, words!("It answers as it should.{names} {asked}", names, asked));
    let facts = vec![
        ("People are sent to", Cell::text(report.authorization_endpoint.unwrap_or_default())),
        ("Codes are redeemed at", Cell::text(report.token_endpoint.unwrap_or_default())),
        ("It tells more at", Cell::text(report.userinfo_endpoint.unwrap_or_default())),
        ("Keys that can be used", Cell::text(report.keys.to_string())),
    ];
    vec![note, Section::facts(facts).heading("What it says of itself")]
}

fn table(guest: &Guest, provider: &IdentityProvider, people: &[LinkedIdentity]) -> Table {
    let rows = people.iter().map(|it| {
        let who = match it.person {
            Person::Developer(id) => Cell::link(format!("/console/developers/{id}"), "Developer"),
            Person::Administrator(_) => Cell::text("Administrator"),
        };
        let unlink = format!("{PATH}/{}/identities/{}/unlink", provider.id, it.id);
        let unlink = Action::post(guest, unlink, "Unlink").quiet().about(it.email.clone());
        vec![
            Cell::text(&it.email),
            Cell::Code(it.subject.clone()),
            who,
            Cell::time(it.meta.created_at),
            Cell::Buttons(vec![unlink]),
        ]
    });
    let columns = ["Address there", "Subject", "Here", "Linked", ""];
    Table::new("Linked people", &columns, rows.collect(), "Nobody has signed in with it yet.")
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<IdentityProviderId>,
    visit: Visit<Overseer>,
) -> Answer {
    let provider = app.identity_provider(&visit.caller, id).await?;
    let form = edit_form(&visit, &provider);
    view(&app, &visit, &provider, None, form).await?.show(&app, &visit).await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<IdentityProviderId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let done = match fields::read(&typed) {
        Ok(edit) => {
            let edit = |draft: &mut IdentityProviderDraft| {
                typed.text("name").clone_into(&mut draft.name);
                edit(draft);
            };
            let secret = typed.given("client_secret");
            app.update_identity_provider(&visit.caller, id, typed.version(), secret, edit).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let provider = app.identity_provider(&visit.caller, id).await?;
            let form = edit_form(&visit, &provider);
            let (status, form) = form.refused(&typed, fields::about_fields(error))?;
            view(&app, &visit, &provider, None, form).await?.answer(status, &app, &visit).await
        }
    }
}

async fn check(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<IdentityProviderId>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    let provider = app.identity_provider(&visit.caller, id).await?;
    let report = app.check_identity_provider(&visit.caller, id).await?;
    let form = edit_form(&visit, &provider);
    view(&app, &visit, &provider, Some(report), form).await?.answer(StatusCode::OK, &app, &visit).await
}

async fn unlink(
    Shared(app): Shared<Arc<App>>,
    Path((id, identity)): Path<(IdentityProviderId, LinkedIdentityId)>,
    Sent { visit, .. }: Sent<Administrator>,
) -> Answer {
    app.unlink_identity(&visit.caller, id, identity).await?;
    go_to(&format!("{PATH}/{id}"), Notice::Unlinked)
}
