//! `/console/plans`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Invalid, Limit, Period, Plan, PlanDraft, PlanId};

use crate::cell::{Action, Cell};
use crate::field::Field;
use crate::form::{Form, confirmed};
use crate::frame::Place;
use crate::list::Listing;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::typed::Typed;
use crate::view::{Section, Table, View};
use crate::visit::{Administrator, Guest, Overseer, Sent, Visit};
use crate::{Pages, states};
use edge::extract::Path;
use edge::words;

const PATH: &str = "/console/plans";
const NEW: &str = "/console/plans/new";

pub(super) fn routes(pages: Pages) -> Pages {
    pages
        .get(PATH, "Plans", list)
        .get(NEW, "Create a plan", show_new)
        .post(NEW, "Create a plan", create)
        .get("/console/plans/{id}", "A plan", show)
        .post("/console/plans/{id}", "Change a plan", edit)
        .get("/console/plans/{id}/delete", "Delete a plan", show_delete)
        .post("/console/plans/{id}/delete", "Delete a plan", delete)
}

async fn list(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let listing = Listing::read(&app, &visit, PATH, &[])?;
    let page = app.plans(&visit.caller, listing.request()).await?;
    let rows = page.items.iter().map(|it| {
        let limits: Vec<Cell> = it.limits.iter().map(|limit| Cell::text(states::limit(limit))).collect();
        vec![
            Cell::link_with(format!("{PATH}/{}", it.id), &it.name, &it.description),
            if limits.is_empty() { Cell::nothing("no limit") } else { Cell::Stack(limits) },
            Cell::yes(it.needs_approval),
            Cell::yes(it.offered_by_default),
        ]
    });
    let columns = ["Name", "Limits", "Needs approval", "Offered by new versions"];
    let empty = "There is no plan yet. A plan says how much subscribers may call, and whether somebody has to approve them.";
    let table = Table::new("Plans", &columns, rows.collect(), empty)
        .empty_action(Action::link(NEW, "Create the first plan"))
        .pages(listing.pages(page.next));
    View::new(Place::Plans, "Plans")
        .action(Action::link(NEW, "New plan"))
        .section(Section::table(table))
        .show(&app, &visit)
        .await
}

fn fields(draft: &PlanDraft) -> [Field; 5] {
    let limits: Vec<String> =
        draft.limits.iter().map(|limit| format!("{} per {}", limit.requests, limit.per.as_str())).collect();
    [
        Field::text("name", "Name", &draft.name),
        Field::area("description", "Description", &draft.description).hint("For those who choose between plans.").tall(2),
        Field::area("limits", "Limits", &limits.join("\n"))
            .hint("One in a line, such as “1000 per day”: per second, minute, hour, day or month. None: no limit. They are counted for each application, over all APIs that it calls under the plan.")
            .tall(3),
        Field::tick("needs_approval", "An administrator has to approve subscriptions", draft.needs_approval),
        Field::tick("offered_by_default", "New API versions offer it", draft.offered_by_default),
    ]
}

/// `1000 per day`
fn limit(line: &str) -> Option<Limit> {
    let mut words = line.split_whitespace();
    let requests = words.next()?.replace([',', '_'], "").parse().ok()?;
    let per = match words.next_back()? {
        "second" => Period::Second,
        "minute" => Period::Minute,
        "hour" => Period::Hour,
        "day" => Period::Day,
        "month" => Period::Month,
        _ => return None,
    };
    Some(Limit { requests, per })
}

fn fill(draft: &mut PlanDraft, typed: &Typed) -> Result<(), Invalid> {
    draft.name = typed.text("name").to_owned();
    draft.description = typed.lines("description");
    draft.needs_approval = typed.is_ticked("needs_approval");
    draft.offered_by_default = typed.is_ticked("offered_by_default");
    let wrong = || Invalid::field("limits", "invalid", "must be lines like “1000 per day”");
    let lines = typed.text("limits").lines().filter(|line| !line.trim().is_empty());
    draft.limits = lines.map(|line| limit(line).ok_or_else(wrong)).collect::<Result<_, _>>()?;
    Ok(())
}

fn new_form(guest: &Guest) -> Form {
    Form::new(guest, NEW, "Create plan").once().fields(fields(&PlanDraft::default())).cancel(PATH)
}

fn new_view(form: Form) -> View {
    View::new(Place::Plans, "New plan").crumb(PATH, "Plans").section(Section::form(form))
}

async fn show_new(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    new_view(new_form(&visit)).show(&app, &visit).await
}

async fn create(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let mut draft = PlanDraft::default();
    let made = match fill(&mut draft, &typed) {
        Ok(()) => app.create_plan(&visit.caller, draft).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(_) => go_to(PATH, Notice::Created),
        Err(error) => {
            let (status, form) = new_form(&visit).refused(&typed, error)?;
            new_view(form).answer(status, &app, &visit).await
        }
    }
}

fn edit_form(guest: &Guest, plan: &Plan) -> Form {
    let path = format!("{PATH}/{}", plan.id);
    Form::new(guest, path, "Save").version(plan.meta.version).fields(fields(&plan.draft())).cancel(PATH)
}

fn view(plan: &Plan, form: Form) -> View {
    View::new(Place::Plans, &plan.name).crumb(PATH, "Plans").section(Section::form(form)).section(
        Section::words("Only if no subscription is under it.")
            .heading("Delete it")
            .action(Action::link(format!("{PATH}/{}/delete", plan.id), "Delete").danger()),
    )
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<PlanId>, visit: Visit<Overseer>) -> Answer {
    let plan = app.plan(&visit.caller, id).await?;
    view(&plan, edit_form(&visit, &plan)).show(&app, &visit).await
}

async fn edit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PlanId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let mut typed_draft = PlanDraft::default();
    let done = match fill(&mut typed_draft, &typed) {
        Ok(()) => app.update_plan(&visit.caller, id, typed.version(), |draft| *draft = typed_draft).await,
        Err(wrong) => Err(wrong.into()),
    };
    match done {
        Ok(_) => go_to(&format!("{PATH}/{id}"), Notice::Saved),
        Err(error) => {
            let plan = app.plan(&visit.caller, id).await?;
            let (status, form) = edit_form(&visit, &plan).refused(&typed, error)?;
            view(&plan, form).answer(status, &app, &visit).await
        }
    }
}

fn delete_form(guest: &Guest, plan: &Plan) -> Form {
    let path = format!("{PATH}/{}", plan.id);
    Form::new(guest, format!("{path}/delete"), "Delete this plan").confirm(plan.name.as_str()).cancel(path)
}

fn delete_view(plan: &Plan, form: Form) -> View {
    View::new(Place::Plans, words!("Delete {plan}?", plan = plan.name))
        .crumb(PATH, "Plans")
        .lead("API versions offer it no more. A plan that subscriptions are under cannot be deleted.")
        .section(Section::form(form))
}

async fn show_delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PlanId>,
    visit: Visit<Administrator>,
) -> Answer {
    let plan = app.plan(&visit.caller, id).await?;
    delete_view(&plan, delete_form(&visit, &plan)).show(&app, &visit).await
}

async fn delete(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<PlanId>,
    Sent { visit, typed }: Sent<Administrator>,
) -> Answer {
    let plan = app.plan(&visit.caller, id).await?;
    let done = match confirmed(&typed, plan.name.as_str()) {
        Ok(()) => app.delete_plan(&visit.caller, id, None).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => go_to(PATH, Notice::Deleted),
        Err(error) => {
            let (status, form) = delete_form(&visit, &plan).refused(&typed, error)?;
            delete_view(&plan, form).answer(status, &app, &visit).await
        }
    }
}
