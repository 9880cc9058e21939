//! `/subscriptions/{id}/plan`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{PlanId, SubscriptionId};
use uuid::Uuid;

use super::{One, in_words, plans};
use crate::Pages;
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::{Answer, Refused};
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/subscriptions/{id}/plan", "Ask for another plan", show).post(
        "/subscriptions/{id}/plan",
        "Ask for another plan",
        submit,
    )
}

async fn form(app: &App, guest: &Guest, one: &One) -> Result<Form, Refused> {
    let it = &one.subscription;
    let version = app.api_version(&guest.caller, it.api_version_id).await?;
    let choices = plans(app, guest, &version).await?.into_iter().map(|plan| {
        let label = if plan.id == it.plan_id {
            words!("{plan} (present)", plan = plan.name)
        } else {
            Words::from(&plan.name)
        };
        Choice::new(plan.id.to_string(), label).hint(in_words(&plan)).chosen(plan.id == it.plan_id)
    });
    Ok(Form::new(guest, format!("{}/plan", one.path()), "Ask for this plan")
        .version(it.meta.version)
        .field(Field::radios("plan_id", "Plan", choices.collect()))
        .field(Field::area("comment", "Comment", "").hint("For the one who decides."))
        .cancel(one.path()))
}

fn view(guest: &Guest, one: &One, form: Form) -> View {
    one.page(guest, "Change the plan")
        .crumb(one.path(), Words::said(one.api()))
        .lead("If the other plan has to be approved, the present one goes on until then.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<SubscriptionId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    let form = form(&app, &visit, &one).await?;
    view(&visit, &one, form).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SubscriptionId>,
    Sent { visit, typed }: Sent<Person>,
) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    let plan: PlanId = typed.text("plan_id").parse().unwrap_or(PlanId(Uuid::nil()));
    let comment = typed.lines("comment");
    match app.change_plan(&visit.caller, id, typed.version(), plan, &comment).await {
        Ok(after) if after.requested_plan_id.is_some() => go_to(&one.path(), Notice::PlanAsked),
        Ok(_) => go_to(&one.path(), Notice::Saved),
        Err(error) => {
            let (status, form) = form(&app, &visit, &one).await?.refused(&typed, error)?;
            view(&visit, &one, form).answer(status, &app, &visit).await
        }
    }
}
