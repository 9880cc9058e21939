//! `/console/subscriptions/{id}/decide`: an administrator says yes or no, or stops a subscription.

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{Invalid, SubscriptionId, SubscriptionStatus};

use super::One;
use crate::Pages;
use crate::cell::Cell;
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::notice::{Notice, go_to};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Decider, Guest, Sent, Visit};
use edge::extract::Path;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/subscriptions/{id}/decide", "Decide on a subscription", show).post(
        "/console/subscriptions/{id}/decide",
        "Decide on a subscription",
        submit,
    )
}

fn form(guest: &Guest, one: &One) -> Form {
    let it = &one.subscription;
    let approve = Choice::new("approve", "Approve").hint("Its calls are let through from now on.");
    let reject = Choice::new("reject", "Reject")
        .hint("Nothing changes; who asked sees that, and your comment, on the page of the subscription.");
    let revoke = Choice::new("revoke", "Stop it").hint("Its calls are refused from now on.");
    let choices = match it.status {
        SubscriptionStatus::Pending => vec![approve, reject],
        SubscriptionStatus::Approved if it.requested_plan_id.is_some() && !guest.runs_it_all() => {
            vec![approve, reject]
        }
        SubscriptionStatus::Approved if it.requested_plan_id.is_some() => vec![approve, reject, revoke],
        SubscriptionStatus::Approved => vec![revoke],
        SubscriptionStatus::Rejected | SubscriptionStatus::Revoked => vec![approve],
    };
    Form::new(guest, format!("/console/subscriptions/{}/decide", it.id), "Decide")
        .version(it.meta.version)
        .field(Field::radios("decision", "Decision", choices))
        .field(Field::area("comment", "Comment", "").hint("For the one who asked."))
        .cancel(one.path())
}

fn view(guest: &Guest, one: &One, form: Form) -> View {
    let it = &one.subscription;
    let plan = match it.requested_plan_id {
        Some(other) => words!(
            "{plan}, instead of {present}",
            plan = one.names.of(other),
            present = one.names.of(it.plan_id)
        ),
        None => Words::said(one.names.of(it.plan_id)),
    };
    let owner = one.shown.names.owner(one.shown.application.owner);
    one.page(
        guest,
        words!("{api} for {application}", api = one.api(), application = one.shown.application.name),
    )
    .section(Section::facts(vec![
        ("Application", Cell::link_with(one.shown.path(), &one.shown.application.name, Words::said(owner))),
        ("Plan", Cell::text(plan)),
        ("Asked", Cell::time(it.meta.created_at)),
        ("Comment of who asked", Cell::text(&it.request_comment)),
    ]))
    .section(Section::form(form))
}

async fn show(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SubscriptionId>,
    visit: Visit<Decider>,
) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    view(&visit, &one, form(&visit, &one)).show(&app, &visit).await
}

async fn submit(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<SubscriptionId>,
    Sent { visit, typed }: Sent<Decider>,
) -> Answer {
    let (caller, version, comment) = (&visit.caller, typed.version(), typed.lines("comment"));
    let done = match typed.text("decision") {
        "approve" => app.approve_subscription(caller, id, version, &comment).await.map(|_| Notice::Approved),
        "reject" => app.reject_subscription(caller, id, version, &comment).await.map(|_| Notice::Rejected),
        "revoke" => app.revoke_subscription(caller, id, version, &comment).await.map(|_| Notice::Revoked),
        _ => Err(Invalid::field("decision", "required", "must be chosen").into()),
    };
    match done {
        // What is decided does not wait any more, and is not for approvers to look at.
        Ok(notice) if visit.caller.is_approver() => go_to("/console/approvals", notice),
        Ok(notice) => go_to(&format!("/subscriptions/{id}"), notice),
        Err(error) => {
            let one = One::load(&app, &visit, id).await?;
            let (status, form) = form(&visit, &one).refused(&typed, error)?;
            view(&visit, &one, form).answer(status, &app, &visit).await
        }
    }
}
