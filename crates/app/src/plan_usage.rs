//! What was used of plans: of this node's own calls the gateway check keeps count itself. What it cannot know, what it
//! let through before it was started and what other nodes let through, is in the counts that all of them write down.

use std::time::Duration;

use domain::{ApplicationId, Period, PlanId};
use store::{UsageCount, UsageDimension, UsageFilter, UsageStep};

use crate::{App, Result};

/// Of so many applications under one plan at most, counts are taken over.
const MAX: u64 = 100_000;

#[macros::boxed]
impl App {
    /// Tells the gateway check how much of each plan was used: at the start, so that a restart forgives nothing, and
    /// every few seconds, for what other nodes let through. Seconds and minutes are over before that is known, so each
    /// node counts those by itself.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn learn_usage(&self) -> Result<()> {
        for (plan, period) in self.verifier().limited_plans() {
            if let Some(step) = step_of(period) {
                self.learn_usage_of(plan, period, step).await?;
            }
        }
        Ok(())
    }

    async fn learn_usage_of(&self, plan: PlanId, period: Period, step: UsageStep) -> Result<()> {
        let now = self.clock.now();
        let span = period.span(now);
        let filter = UsageFilter {
            step,
            since: span.began,
            until: span.ends,
            application_id: None,
            api_version_id: None,
            plan_id: Some(plan),
            visible_to: None,
            owned_by: None,
        };
        let by = [UsageDimension::Status, UsageDimension::Application];
        for count in self.store.read().usage(&filter, &by, MAX).await? {
            if let Some(application) = allowed(&count) {
                self.verifier().raise_usage(application, plan, period, now, count.calls);
            }
        }
        Ok(())
    }
}

/// In which steps the calls of a period are counted.
fn step_of(period: Period) -> Option<UsageStep> {
    match period {
        Period::Second | Period::Minute => None,
        Period::Hour => Some(UsageStep::Hour),
        // A month is made of days.
        Period::Day | Period::Month => Some(UsageStep::Day),
    }
}

/// Whose calls these are, if they were let through.
fn allowed(count: &UsageCount) -> Option<ApplicationId> {
    count.application_id.filter(|_| count.status == Some(200))
}

/// How often it is looked for what other nodes let through.
pub(crate) const LEARN: Duration = Duration::from_secs(5);
