//! `/access-tokens/new` and `/api-versions/{id}/access-token`: a developer chooses an API, fills in what its providers
//! want to know, and asks for a token.

use std::sync::Arc;

use app::{ApiVersionFilter, App, Error, ToName};
use axum::extract::State as Shared;
use domain::{ApiVersionId, Checks, FormField, Invalid, Property};

use crate::Pages;
use crate::cell::{Action, Cell};
use crate::field::Field;
use crate::form::Form;
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, Table, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

const CHOOSE: &str = "/access-tokens/new";

/// What the inputs are called: forms have at most 30, and their own keys may be anything.
const INPUTS: [&str; 30] = [
    "value0", "value1", "value2", "value3", "value4", "value5", "value6", "value7", "value8", "value9",
    "value10", "value11", "value12", "value13", "value14", "value15", "value16", "value17", "value18",
    "value19", "value20", "value21", "value22", "value23", "value24", "value25", "value26", "value27",
    "value28", "value29",
];

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(CHOOSE, "Choose the API of an access token", choose)
        .get("/api-versions/{id}/access-token", "Ask for an access token", show)
        .post("/api-versions/{id}/access-token", "Ask for an access token", submit)
}

fn path(id: ApiVersionId) -> String {
    format!("/api-versions/{id}/access-token")
}

async fn choose(Shared(app): Shared<Arc<App>>, visit: Visit<crate::visit::Developer>) -> Answer {
    let listing = Listing::read(&app, &visit, CHOOSE, &[])?;
    let page = app.api_versions(&visit.caller, ApiVersionFilter::default(), listing.request()).await?;
    let versions = page.items.iter().map(|it| it.id).collect();
    let names = app.names(ToName { versions, ..ToName::default() }).await?;
    let rows = page.items.iter().map(|it| {
        let ask = Action::link(path(it.id), "Ask").about(Words::said(names.of(it.id))).quiet();
        vec![Cell::text(Words::said(names.of(it.id))), Cell::Buttons(vec![ask])]
    });
    let empty = "There is no API yet that you may see.";
    let table = Table::new("APIs", &["API", ""], rows.collect(), empty).pages(listing.pages(page.next));
    View::new(Place::AccessTokens, "Ask for an access token")
        .crumb("/access-tokens", "Access tokens")
        .lead("For which API? Whoever runs it is asked by mail.")
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

/// What has to be filled in, with the names of the inputs.
fn inputs(form: &[FormField]) -> impl Iterator<Item = (&'static str, &FormField)> {
    INPUTS.into_iter().zip(form)
}

fn form(guest: &Guest, id: ApiVersionId, fields: &[FormField]) -> Form {
    let input = |(name, field): (&'static str, &FormField)| {
        let input = Field::text(name, &field.label, "");
        if field.required { input } else { input.optional() }
    };
    Form::new(guest, path(id), "Ask").once().fields(inputs(fields).map(input)).cancel("/access-tokens")
}

async fn view(app: &App, id: ApiVersionId, form: Form) -> Result<View, Refused> {
    let names = app.names(ToName { versions: vec![id], ..ToName::default() }).await?;
    Ok(View::new(Place::AccessTokens, words!("Ask for an access token to {name}", name = names.of(id)))
        .crumb("/access-tokens", "Access tokens")
        .crumb(CHOOSE, "Ask")
        .lead("Whoever runs this API gets a mail with what you fill in, your name and your address.")
        .section(Section::form(form)))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Person>) -> Answer {
    let fields = app.token_form(&visit.caller, id).await?;
    view(&app, id, form(&visit, id, &fields)).await?.show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let fields = app.token_form(&visit.caller, id).await?;
    match app.request_token(&visit.caller, id, values(&fields, &typed)).await {
        Ok(_) => go_to("/access-tokens", Notice::TokenAsked),
        Err(error) => {
            let (status, form) = form(&visit, id, &fields).refused(&typed, at_inputs(error, &fields))?;
            view(&app, id, form).await?.answer(status, &app, &visit).await
        }
    }
}

fn values(fields: &[FormField], typed: &Typed) -> Vec<Property> {
    let value = |(name, field): (&str, &FormField)| Property {
        key: field.key.clone(),
        value: typed.text(name).to_owned(),
    };
    inputs(fields).map(value).collect()
}

/// What is wrong, said of the inputs and not of the keys that they stand for.
fn at_inputs(error: Error, fields: &[FormField]) -> Error {
    let Error::Invalid(wrong) = error else { return error };
    Error::Invalid(renamed(wrong, fields))
}

fn renamed(wrong: Invalid, fields: &[FormField]) -> Invalid {
    let mut checks = Checks::new();
    for error in wrong.fields() {
        let input = inputs(fields).find(|(_, field)| error.field == format!("values.{}", field.key));
        let name = input.map_or(error.field.as_str(), |(name, _)| name);
        checks.require(false, name, error.code, &error.message);
    }
    checks.build(|| Some(())).err().unwrap_or(wrong)
}
