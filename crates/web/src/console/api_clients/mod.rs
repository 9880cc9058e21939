//! `/console/api-clients`: applications that get tokens, with the fields and in the order of AppDirect's dialog.

mod create;
mod end;
mod one;

use std::sync::Arc;

use app::{ApiClient, App, ClientFilter, Created};
use axum::extract::State as Shared;
use domain::ClientState;

use crate::Pages;
use crate::cell::{Action, Cell};
use crate::clients::{client_type, grant, state};
use crate::field::{Choice, Field};
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::reveal::Revealed;
use crate::view::{Filter, Section, Table, View};
use crate::visit::{Guest, Overseer, Visit};
use edge::words;

const PATH: &str = "/console/api-clients";
const NEW: &str = "/console/api-clients/new";

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = pages.get(PATH, "API clients", list);
    let pages = create::routes(pages);
    let pages = one::routes(pages);
    end::routes(pages)
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &["status", "key"])?;
    let status = visit.query.text("status");
    let filter = ClientFilter {
        state: match status {
            "live" => Some(ClientState::Live),
            "revoked" => Some(ClientState::Revoked),
            _ => None,
        },
        client_id: visit.query.given("key").map(str::to_owned),
        ..ClientFilter::default()
    };
    let page = app.api_clients(&visit.caller, filter, listing.request()).await?;
    let rows = page.items.iter().map(row).collect();
    let choice = |value: &str, label: &'static str| Choice::new(value, label).chosen(value == status);
    let states = vec![choice("", "Any"), choice("live", "Active"), choice("revoked", "Revoked")];
    let fields = vec![
        Field::search("key", "Consumer key", visit.query.text("key")),
        Field::select("status", "Status", states),
    ];
    let columns = ["Name", "Client type", "Grant types", "Consumer key", "Status", "Created"];
    let empty = "There is no API client yet. One gets tokens for an application, in its own name or in that of people.";
    let table = Table::new("API clients", &columns, rows, empty)
        .empty_action(Action::link(NEW, "Create the first API client"))
        .pages(listing.pages(page.next))
        .filter(Filter::new(PATH, fields, listing.is_filtered()));
    View::new(Place::ApiClients, "API clients")
        .lead("Programs that get tokens by OAuth. Developers make them on the OAuth page of their application; this makes application and client in one step.")
        .action(Action::link(NEW, "Create API client"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn row(whole: &ApiClient) -> Vec<Cell> {
    let client = &whole.client;
    let (tone, word) = state(client);
    let grants = edge::words::listed(client.grant_types.iter().map(|it| grant(*it)));
    vec![
        Cell::link(format!("{PATH}/{}", client.id), &whole.application.name),
        Cell::text(client_type(client.client_type)),
        if grants.is_empty() { Cell::nothing("all that are on") } else { Cell::text(grants) },
        Cell::Code(client.client_id.clone()),
        Cell::badge((tone, word)),
        Cell::time(client.meta.created_at),
    ]
}

/// Shows a consumer secret, this once.
async fn told(app: &App, guest: &Guest, created: Created<ApiClient>) -> Answer {
    let ApiClient { client, application } = created.value;
    let back = format!("{PATH}/{}", client.id);
    let Some(secret) = created.secret else { return go_to(&back, Notice::Created) };
    let revealed = Revealed {
        title: "Your consumer secret".into(),
        crumbs: vec![
            (PATH.to_owned(), "API clients".into()),
            (back.clone(), application.name.to_string().into()),
        ],
        name: words!("Consumer secret of {application}", application = application.name),
        beside: vec![("Consumer key".into(), client.client_id.clone())],
        secret: secret.expose().to_owned(),
        note: Some("Copy the consumer secret now and keep it in a safe place. It cannot be shown again: if it is lost, regenerate it.".into()),
        usage_heading: "Get a first token".into(),
        usage: crate::clients::usage(&client).into(),
        call: crate::clients::call(&app.settings().public_url, &client, Some(secret.expose())),
        back,
    };
    revealed.show(app, guest, Place::ApiClients).await
}
