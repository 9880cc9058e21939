//! `/api-versions/{id}/try`: somebody tries an operation out. The call goes through the gateway like any other; the page
//! shows what came back, and how the same call is made elsewhere.

use std::sync::Arc;

use app::{App, Error, ToName, Trial, TrialProof};
use axum::extract::State as Shared;
use domain::{
    Accepted, ApiVersion, ApiVersionId, Application, ApplicationId, AuthMethod, Checks, Invalid, Secret,
    openapi, openapi::Operation, route,
};
use uuid::Uuid;

use super::answer;
use super::sample::{self, Input, Inputs};
use crate::Pages;
use crate::cell::{Cell, Tone};
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::frame::Place;
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, Table, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::state::State;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/api-versions/{id}/try", "Try an operation out", show).post(
        "/api-versions/{id}/try",
        "Try an operation out",
        send,
    )
}

/// Where an operation is tried out; `None` for methods that no gateway lets through.
pub(super) fn path_to(id: ApiVersionId, method: &str, path: &str) -> Option<String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs([("method", method), ("path", path)]);
    let query = query.finish();
    route::METHODS.contains(&method).then(|| format!("/api-versions/{id}/try?{query}"))
}

/// A version, and the operation of it that is to be tried.
pub(super) struct Asked {
    pub(super) version: ApiVersion,
    pub(super) method: AuthMethod,
    name: String,
    applications: Vec<Application>,
    operation: Option<(Operation, Inputs)>,
    operations: Vec<Operation>,
}

impl Asked {
    async fn load(
        app: &App,
        guest: &Guest,
        id: ApiVersionId,
        (method, path): (&str, &str),
    ) -> Result<Self, Refused> {
        let version = app.api_version(&guest.caller, id).await?;
        let strategy = app.auth_strategy(&guest.caller, version.auth_strategy_id).await?;
        let names = app.names(ToName { versions: vec![id], ..ToName::default() }).await?;
        let mut operations = app.operations(&guest.caller, id).await?;
        operations.retain(|it| route::METHODS.contains(&it.method.as_str()));
        let found = operations.iter().find(|it| it.method == method && it.path == path).cloned();
        let operation = match found {
            Some(operation) => {
                let inputs = read(app.specification(&guest.caller, id).await?, &operation).await?;
                Some((operation, inputs))
            }
            None => None,
        };
        let applications = app.applications_to_try(&guest.caller, &version).await?;
        let name = names.of(id).to_owned();
        Ok(Self { version, method: strategy.method, name, applications, operation, operations })
    }

    fn accepts(&self, kind: Accepted) -> bool {
        self.version.accepted_credentials.contains(&kind)
    }

    /// What every page about it begins with.
    fn view(&self, guest: &Guest, title: impl Into<Words>) -> View {
        let id = self.version.id;
        View::new(Place::Apis, title)
            .crumb(if guest.is_administrator() { "/console/apis" } else { "/apis" }, "APIs")
            .crumb(format!("/apis/{}?version={id}", self.version.api_id), &self.name)
    }

    /// The page of the operation, up to the form.
    fn page(&self, guest: &Guest, operation: &Operation, inputs: &Inputs) -> View {
        let id = self.version.id;
        let view = self
            .view(guest, words!("Try {method} {path}", method = operation.method, path = operation.path))
            .crumb(format!("/api-versions/{id}/try"), "Try it")
            .lead(Words::said(operation.summary.as_deref().unwrap_or_default()));
        let view = view.section_if(operation.deprecated, || {
            Section::note(Tone::Waits, "It is deprecated: it still works, but do not start with it.")
        });
        view.section_if(!inputs.left_out.is_empty(), || {
            let all = inputs.left_out.join(", ");
            Section::note(Tone::Plain, words!("Not sent from this page: {all}.", all))
        })
    }
}

/// Megabytes of YAML take longer than others can wait.
async fn read(text: String, operation: &Operation) -> Result<Inputs, Refused> {
    let (method, path) = (operation.method.clone(), operation.path.clone());
    let reading = tokio::task::spawn_blocking(words::carried(move || {
        sample::inputs(&openapi::document(&text)?, &method, &path)
    }));
    reading.await.ok().flatten().ok_or_else(Refused::not_found)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Person>) -> Answer {
    let wanted = (visit.query.text("method"), visit.query.text("path"));
    let asked = Asked::load(&app, &visit, id, wanted).await?;
    let view = match &asked.operation {
        Some((operation, inputs)) => {
            let view = asked.page(&visit, operation, inputs);
            if app.can_try() {
                view.section(Section::form(form(&visit, &asked, operation, inputs)))
            } else {
                view.section(no_gateway())
            }
        }
        None => choose(&visit, &asked),
    };
    view.show(&app, &visit).await
}

fn no_gateway() -> Section {
    Section::note(
        Tone::Waits,
        "Nothing can be tried here yet: this desk does not know where the gateway is reached. An administrator of the installation has to set gateway.public_url (KEYWRIGHT_GATEWAY_PUBLIC_URL) and to start Keywright again.",
    )
}

/// The page before: which operation?
fn choose(guest: &Guest, asked: &Asked) -> View {
    let rows = asked.operations.iter().filter_map(|it| {
        let href = path_to(asked.version.id, &it.method, &it.path)?;
        Some(vec![
            Cell::link(href, format!("{} {}", it.method, it.path)),
            Cell::text(Words::said(it.summary.as_deref().unwrap_or_default())),
        ])
    });
    let empty = "Its specification describes no operations, so there is nothing to be tried here.";
    let table = Table::new("Operations", &["Operation", "What it does"], rows.collect(), empty);
    asked.view(guest, "Try it").lead("Which operation?").section(Section::table(table))
}

fn form(guest: &Guest, asked: &Asked, operation: &Operation, inputs: &Inputs) -> Form {
    let mut form = Form::new(guest, format!("/api-versions/{}/try", asked.version.id), "Send")
        .field(Field::hidden("method", &operation.method))
        .field(Field::hidden("path", &operation.path));
    for (i, input) in inputs.parameters.iter().enumerate() {
        form = form.field(parameter(i, input));
    }
    form = form.fields(body(inputs)).fields(proof(asked));
    form.cancel(format!("/apis/{}?version={}", asked.version.api_id, asked.version.id))
}

fn parameter(i: usize, input: &Input) -> Field {
    let (name, label) = (format!("p{i}"), Words::said(&input.name));
    let field = if input.choices.is_empty() {
        Field::text(name, label, &input.value)
    } else {
        let none = (!input.required).then(|| Choice::new("", "—").chosen(input.value.is_empty()));
        let choices = input.choices.iter().map(|it| Choice::new(it, it).chosen(*it == input.value));
        Field::select(name, label, none.into_iter().chain(choices).collect())
    };
    let field = if input.required { field } else { field.optional() };
    field.hint(&input.about)
}

fn body(inputs: &Inputs) -> Vec<Field> {
    let Some((_, sample)) = inputs.bodies.first() else { return Vec::new() };
    let rows = u8::try_from(sample.lines().count().clamp(4, 20)).unwrap_or(20);
    let area = Field::area("body", "Body", sample).tall(rows);
    let area = if inputs.body_is_needed { area.required() } else { area };
    let types = inputs.bodies.iter().map(|(it, _)| Choice::new(it, it)).collect();
    vec![Field::select("media_type", "Type of the body", types), area]
}

/// By what the call may prove whose it is.
fn proof(asked: &Asked) -> Vec<Field> {
    if asked.version.accepted_credentials.is_empty() {
        return Vec::new();
    }
    let (keys, tokens) = (asked.accepts(Accepted::ApiKey), asked.accepts(Accepted::Bearer));
    let may_make = keys && !asked.applications.is_empty();
    let offered = [
        (
            may_make,
            "application",
            "A key for ten minutes",
            "Made for the application below and shown to nobody. Its activity has a line about it.",
        ),
        (keys, "key", "An API key that you have", "It is sent to the gateway and kept nowhere."),
        (tokens, "token", "An access token that you have", "It is sent to the gateway and kept nowhere."),
        (true, "none", "Nothing", "To see what is refused."),
    ];
    let offered = offered.into_iter().filter(|(is_offered, ..)| *is_offered).enumerate();
    let choices = offered
        .map(|(i, (_, word, label, hint))| Choice::new(word, label).hint(hint).chosen(i == 0))
        .collect();
    let mut fields = vec![Field::radios("proof", "The call carries", choices)];
    if may_make {
        let applications = asked.applications.iter().map(|it| Choice::new(it.id.to_string(), &it.name));
        fields.push(Field::select("application_id", "Application", applications.collect()));
    }
    if keys || tokens {
        let label = match (keys, tokens) {
            (true, true) => "Key or token",
            (true, false) => "API key",
            (false, _) => "Access token",
        };
        fields.push(Field::secret("secret", label).optional());
    }
    fields
}

async fn send(
    Shared(state): Shared<State>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let app = &state.app;
    let asked = Asked::load(app, &visit, id, (typed.text("method"), typed.text("path"))).await?;
    let Some((operation, inputs)) = &asked.operation else { return Err(Refused::not_found()) };
    let (_, who) = visit.caller.actor().parts();
    let tried = match state.calls_tried.check(&who.unwrap_or_default()) {
        Ok(()) => app.try_operation(&visit.caller, id, trial(operation, inputs, &typed)).await,
        Err(retry_after_s) => Err(Error::Limited { retry_after_s }),
    };
    let form = form(&visit, &asked, operation, inputs);
    let view = asked.page(&visit, operation, inputs);
    match tried {
        Ok(tried) => {
            let sections = answer::sections(app, &asked, operation, &typed, &tried);
            let view = sections.into_iter().fold(view, View::section);
            let again = Section::form(form.again(&typed)).heading("Once more");
            view.section(again).show(app, &visit).await
        }
        Err(error) => {
            let (status, form) = form.refused(&typed, at_fields(error, inputs))?;
            view.section(Section::form(form)).answer(status, app, &visit).await
        }
    }
}

/// What was typed, as a call.
fn trial(operation: &Operation, inputs: &Inputs, typed: &Typed) -> Trial {
    let value = |i: usize| typed.text(&format!("p{i}")).to_owned();
    let all = inputs.parameters.iter().enumerate().map(|(i, it)| (it, value(i)));
    let (in_path, in_query): (Vec<_>, Vec<_>) = all.partition(|(it, _)| it.is_in_path);
    let pair = |(it, value): (&Input, String)| (it.name.clone(), value);
    // What may be left out and is empty is left out.
    let in_query = in_query.into_iter().filter(|(it, value)| it.required || !value.is_empty());
    let text = typed.lines("body");
    let is_sent = !text.is_empty() && !["GET", "HEAD"].contains(&operation.method.as_str());
    let media_type = inputs.bodies.iter().map(|(it, _)| it).find(|it| *it == typed.text("media_type"));
    let secret = || Secret::imported(typed.text("secret").trim());
    let proof = match typed.text("proof") {
        "application" => {
            let id = typed.text("application_id").parse().unwrap_or(ApplicationId(Uuid::nil()));
            TrialProof::Application(id)
        }
        "key" => TrialProof::Key(secret()),
        "token" => TrialProof::Token(secret()),
        _ => TrialProof::None,
    };
    Trial {
        method: operation.method.clone(),
        path: operation.path.clone(),
        path_values: in_path.into_iter().map(pair).collect(),
        query: in_query.map(pair).collect(),
        proof,
        body: media_type.filter(|_| is_sent).map(|it| (it.clone(), text)),
    }
}

/// What is wrong with a parameter is said at its input.
fn at_fields(error: Error, inputs: &Inputs) -> Error {
    let Error::Invalid(wrong) = &error else { return error };
    let mut checks = Checks::new();
    for it in wrong.fields() {
        let place = inputs.parameters.iter().position(|input| {
            let place = if input.is_in_path { "path" } else { "query" };
            it.field == format!("{place}[{}]", input.name)
        });
        let field = place.map_or_else(|| it.field.clone(), |i| format!("p{i}"));
        checks.require(false, &field, it.code, &it.message);
    }
    match checks.build(|| None::<()>) {
        Err(there) => there.into(),
        Ok(()) => Invalid::default().into(),
    }
}
