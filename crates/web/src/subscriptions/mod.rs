//! Subscriptions: what applications may call, under which plan.

mod change_plan;
mod decide;
mod delete;
mod one;

use app::{App, Names, ToName};
use domain::{ApiVersion, Plan, Subscription, SubscriptionId};

use super::Pages;
use super::applications::Shown;
use super::cell::Cell;
use super::refused::Refused;
use super::states;
use super::view::{Table, View};
use super::visit::Guest;
use edge::words;
use edge::words::Words;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = one::routes(pages);
    let pages = change_plan::routes(pages);
    let pages = decide::routes(pages);
    delete::routes(pages)
}

/// A subscription with its application, as a page needs it.
struct One {
    subscription: Subscription,
    shown: Shown,
    names: Names,
}

impl One {
    async fn load(app: &App, guest: &Guest, id: SubscriptionId) -> Result<Self, Refused> {
        let subscription = app.subscription(&guest.caller, id).await?;
        let shown = Shown::load(app, guest, subscription.application_id).await?;
        let names = names(app, std::slice::from_ref(&subscription)).await?;
        Ok(Self { subscription, shown, names })
    }

    fn path(&self) -> String {
        format!("/subscriptions/{}", self.subscription.id)
    }

    fn api(&self) -> &str {
        self.names.of(self.subscription.api_version_id)
    }

    /// A page about it, or about a part of it.
    fn page(&self, guest: &Guest, title: impl Into<Words>) -> View {
        self.shown.below(guest, title).crumb(format!("{}/subscriptions", self.shown.path()), "Subscriptions")
    }
}

async fn names(app: &App, subscriptions: &[Subscription]) -> Result<Names, Refused> {
    let mut wanted = ToName::default();
    for it in subscriptions {
        wanted.applications.push(it.application_id);
        wanted.versions.push(it.api_version_id);
        wanted.plans.push(it.plan_id);
        wanted.plans.extend(it.requested_plan_id);
    }
    Ok(app.names(wanted).await?)
}

/// Subscriptions, one in each row.
///
/// # Errors
/// If the database is not available.
pub(super) async fn table(
    app: &App,
    subscriptions: &[Subscription],
    with_application: bool,
) -> Result<Table, Refused> {
    let names = names(app, subscriptions).await?;
    let rows = subscriptions.iter().map(|it| {
        let (tone, status) = states::subscription(it);
        let link = Cell::link(format!("/subscriptions/{}", it.id), Words::said(names.of(it.api_version_id)));
        let plan = match it.requested_plan_id {
            Some(other) => {
                words!("{plan}, wants {other}", plan = names.of(it.plan_id), other = names.of(other))
            }
            None => Words::said(names.of(it.plan_id)),
        };
        let mut row = vec![link];
        if with_application {
            row.push(Cell::link(
                format!("/applications/{}", it.application_id),
                Words::said(names.of(it.application_id)),
            ));
        }
        row.extend([Cell::text(plan), Cell::badge((tone, status)), Cell::time(it.meta.created_at)]);
        row
    });
    let columns: &[&str] = if with_application {
        &["API", "Application", "Plan", "Status", "Asked"]
    } else {
        &["API", "Plan", "Status", "Asked"]
    };
    let empty = "There is no subscription yet. A subscription lets an application call an API, under a plan.";
    Ok(Table::new("Subscriptions", columns, rows.collect(), empty))
}

/// The plans that a version offers.
///
/// # Errors
/// If the database is not available.
pub(super) async fn plans(app: &App, guest: &Guest, version: &ApiVersion) -> Result<Vec<Plan>, Refused> {
    let mut plans = Vec::with_capacity(version.plan_ids.len());
    for id in &version.plan_ids {
        plans.push(app.plan(&guest.caller, *id).await?);
    }
    Ok(plans)
}

/// What a plan is, in a line.
pub(super) fn in_words(plan: &Plan) -> Words {
    let limits: Vec<String> = plan.limits.iter().map(|it| states::limit(it).into()).collect();
    let limits = if limits.is_empty() { Words::from("no limit") } else { limits.join(", ").into() };
    if plan.needs_approval {
        words!("{limits}; an administrator has to approve", limits)
    } else {
        words!("{limits}; works at once", limits)
    }
}
