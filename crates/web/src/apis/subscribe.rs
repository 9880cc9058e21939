//! `/api-versions/{id}/subscribe`: an application asks for an API version, under a plan.

use std::sync::Arc;

use app::{App, ApplicationFilter, PageRequest, ToName};
use axum::extract::State as Shared;
use domain::{ApiVersion, ApiVersionId, ApplicationId, Invalid, PlanId, SubscriptionStatus};
use uuid::Uuid;

use crate::cell::{Action, Tone};
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::frame::Place;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use crate::{Pages, subscriptions};
use edge::extract::Path;
use edge::words;

/// Among so many applications one can be chosen; among more, it is named.
const APPLICATIONS: u64 = 200;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/api-versions/{id}/subscribe", "Subscribe to an API version", show).post(
        "/api-versions/{id}/subscribe",
        "Subscribe to an API version",
        submit,
    )
}

/// A version with its name, as the page needs it.
struct Asked {
    version: ApiVersion,
    name: String,
}

impl Asked {
    async fn load(app: &App, guest: &Guest, id: ApiVersionId) -> Result<Self, Refused> {
        let version = app.api_version(&guest.caller, id).await?;
        let names = app.names(ToName { versions: vec![id], ..ToName::default() }).await?;
        Ok(Self { version, name: names.of(id).to_owned() })
    }

    fn api_path(&self) -> String {
        format!("/apis/{}?version={}", self.version.api_id, self.version.id)
    }

    fn view(&self, guest: &Guest) -> View {
        View::new(Place::Apis, words!("Subscribe to {name}", name = self.name))
            .crumb(if guest.is_administrator() { "/console/apis" } else { "/apis" }, "APIs")
            .crumb(self.api_path(), &self.name)
    }
}

/// The application that subscribes; none if there is none that could.
async fn applications(app: &App, guest: &Guest) -> Result<Option<Field>, Refused> {
    let page = PageRequest::first(APPLICATIONS);
    let found = app.applications(&guest.caller, ApplicationFilter::default(), page).await?;
    if found.next.is_some() {
        let field = Field::text("application_id", "Application", guest.query.text("application"));
        return Ok(Some(field.hint("Its id, as its page shows it: there are too many to choose from.")));
    }
    let applications = found.items;
    let mut wanted = ToName::default();
    applications.iter().for_each(|it| wanted.owner(it.owner));
    let names = app.names(wanted).await?;
    let mut choices = Vec::new();
    for it in &applications {
        if app.application_rights(&guest.caller, it).await?.subscriptions {
            let label = format!("{} ({})", it.name, names.owner(it.owner));
            let chosen = guest.query.text("application") == it.id.to_string();
            choices.push(Choice::new(it.id.to_string(), label).chosen(chosen));
        }
    }
    Ok((!choices.is_empty()).then(|| Field::select("application_id", "Application", choices)))
}

/// The form; none if there is no application to choose.
async fn form(app: &App, guest: &Guest, asked: &Asked) -> Result<Option<Form>, Refused> {
    let Some(applications) = applications(app, guest).await? else { return Ok(None) };
    let plans = subscriptions::plans(app, guest, &asked.version).await?;
    let only = plans.len() == 1;
    let plans = plans.into_iter().map(|plan| {
        let chosen = only || guest.query.text("plan") == plan.id.to_string();
        Choice::new(plan.id.to_string(), &plan.name).hint(subscriptions::in_words(&plan)).chosen(chosen)
    });
    let form = Form::new(guest, format!("/api-versions/{}/subscribe", asked.version.id), "Subscribe")
        .once()
        .field(applications)
        .field(Field::radios("plan_id", "Plan", plans.collect()))
        .field(
            Field::area("comment", "Comment", "")
                .hint("For the one who approves: what you want to do with it."),
        )
        .cancel(asked.api_path());
    Ok(Some(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<ApiVersionId>, visit: Visit<Person>) -> Answer {
    let asked = Asked::load(&app, &visit, id).await?;
    let view = asked.view(&visit);
    let view = match form(&app, &visit, &asked).await? {
        Some(form) => view.section(Section::form(form)),
        None => view.section(
            Section::note(
                Tone::Plain,
                "It is an application that subscribes, and you have none yet. Create one, then come back.",
            )
            .action(Action::link("/applications/new", "Create an application")),
        ),
    };
    view.show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<ApiVersionId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let asked = Asked::load(&app, &visit, id).await?;
    let plan: PlanId = typed.text("plan_id").parse().unwrap_or(PlanId(Uuid::nil()));
    let application: ApplicationId =
        typed.text("application_id").parse().unwrap_or(ApplicationId(Uuid::nil()));
    let done = match app.subscribe(&visit.caller, application, id, plan, &typed.lines("comment")).await {
        Err(app::Error::NotFound(_)) => {
            Err(Invalid::field("application_id", "unknown", "must be an application of yours").into())
        }
        other => other,
    };
    match done {
        Ok(made) => {
            let notice = match made.value.status {
                SubscriptionStatus::Approved => Notice::Subscribed,
                SubscriptionStatus::Pending | SubscriptionStatus::Rejected | SubscriptionStatus::Revoked => {
                    Notice::Asked
                }
            };
            go_to(&format!("/subscriptions/{}", made.value.id), notice)
        }
        Err(error) => {
            let Some(form) = form(&app, &visit, &asked).await? else { return Err(error.into()) };
            let (status, form) = form.refused(&typed, error)?;
            asked.view(&visit).section(Section::form(form)).answer(status, &app, &visit).await
        }
    }
}
