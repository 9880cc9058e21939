//! `/subscriptions/{id}`

use std::sync::Arc;

use app::App;
use axum::extract::State as Shared;
use domain::{SubscriptionId, SubscriptionStatus};

use super::One;
use crate::cell::{Action, Cell, Tone};
use crate::refused::Answer;
use crate::view::{Section, View};
use crate::visit::{Guest, Person, Visit};
use crate::{Pages, states};
use edge::extract::Path;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/subscriptions/{id}", "A subscription", show)
}

async fn show(Shared(app): Shared<Arc<App>>, Path(id): Path<SubscriptionId>, visit: Visit<Person>) -> Answer {
    let one = One::load(&app, &visit, id).await?;
    let it = &one.subscription;
    let api =
        one.names.api_of(it.api_version_id).map(|api| format!("/apis/{api}?version={}", it.api_version_id));
    let mut facts = vec![
        (
            "API",
            api.filter(|_| !visit.caller.is_approver())
                .map_or(Cell::text(Words::said(one.api())), |path| Cell::link(path, Words::said(one.api()))),
        ),
        ("Application", Cell::link(one.shown.path(), &one.shown.application.name)),
        ("Plan", Cell::text(Words::said(one.names.of(it.plan_id)))),
    ];
    if let Some(other) = it.requested_plan_id {
        facts.push(("Plan that was asked for", Cell::text(Words::said(one.names.of(other)))));
    }
    facts.push(("Asked", Cell::time(it.meta.created_at)));
    facts.push(("Comment of who asked", Cell::text(&it.request_comment)));
    facts.push(("Comment of who decided", Cell::text(&it.response_comment)));
    facts.push(("Id", Cell::Copy(id.to_string())));
    let view = one.page(&visit, Words::said(one.api())).badge(states::subscription(it));
    let view = actions(&visit, view, &one);
    let view = match it.status {
        SubscriptionStatus::Pending => view.section(Section::note(
            Tone::Waits,
            "An administrator has to say yes before calls are let through.",
        )),
        SubscriptionStatus::Rejected => {
            view.section(Section::note(Tone::Bad, "An administrator said no: calls are refused."))
        }
        SubscriptionStatus::Revoked => {
            view.section(Section::note(Tone::Bad, "An administrator has stopped it: calls are refused."))
        }
        SubscriptionStatus::Approved => view,
    };
    view.section(Section::facts(facts)).show(&app, &visit).await
}

fn actions(guest: &Guest, mut view: View, one: &One) -> View {
    let it = &one.subscription;
    let path = one.path();
    let waits = it.status == SubscriptionStatus::Pending || it.requested_plan_id.is_some();
    if guest.is_administrator() {
        let decide = format!("/console/subscriptions/{}/decide", it.id);
        let words = if waits { "Decide" } else { "Approve or stop" };
        let action = Action::link(decide, words);
        view = view.action(if waits { action } else { action.quiet() });
    }
    if one.shown.rights.subscriptions {
        let may_change = it.status == SubscriptionStatus::Approved;
        view = view
            .action_if(may_change, Action::link(format!("{path}/plan"), "Change plan").quiet())
            .action(Action::link(format!("{path}/delete"), "Unsubscribe").danger());
    }
    view
}
