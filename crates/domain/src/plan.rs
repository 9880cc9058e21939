//! Plans: the limits that a subscription buys.

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{Checks, Instant, Invalid, Meta, Name, Period, PlanId, Text, Transition};

/// Limits, counted per application, that a subscription buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Its identity.
    pub id: PlanId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all plans.
    pub name: Name,
    /// What it offers, for people.
    pub description: Text,
    /// What is allowed; empty means no limit.
    pub limits: Vec<Limit>,
    /// Whether an administrator has to approve subscriptions under it.
    pub needs_approval: bool,
    /// Whether new API versions offer it without being told.
    pub offered_by_default: bool,
}

noun!(Plan, PlanId);

/// So many requests in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many.
    pub requests: u64,
    /// In how much time.
    pub per: Period,
}

/// What somebody typed about a plan.
#[derive(Clone, Debug, Default)]
pub struct PlanDraft {
    /// See [`Plan::name`].
    pub name: String,
    /// See [`Plan::description`].
    pub description: String,
    /// See [`Plan::limits`].
    pub limits: Vec<Limit>,
    /// See [`Plan::needs_approval`].
    pub needs_approval: bool,
    /// See [`Plan::offered_by_default`].
    pub offered_by_default: bool,
}

impl Plan {
    /// A new plan.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(id: PlanId, draft: PlanDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now))?, "plan.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> PlanDraft {
        PlanDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            limits: self.limits.clone(),
            needs_approval: self.needs_approval,
            offered_by_default: self.offered_by_default,
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: PlanDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::update(self, draft.check(self.id, self.meta)?, "plan.updated", now))
    }
}

impl PlanDraft {
    fn check(self, id: PlanId, meta: Meta) -> Result<Plan, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        checks.require(self.limits.len() <= 5, "limits", "too_many", "must have at most 5 entries");
        for (i, limit) in self.limits.iter().enumerate() {
            let field = format!("limits[{i}].requests");
            let in_range = (1..=i64::MAX as u64).contains(&limit.requests);
            checks.require(in_range, &field, "out_of_range", "must be at least 1 and fit in 63 bits");
            let twice = self.limits.iter().take(i).any(|other| other.per == limit.per);
            checks.require(
                !twice,
                &format!("limits[{i}].per"),
                "duplicate",
                "must not repeat an earlier period",
            );
        }
        checks.build(|| {
            Some(Plan {
                id,
                meta,
                name: name?,
                description: description?,
                limits: self.limits,
                needs_approval: self.needs_approval,
                offered_by_default: self.offered_by_default,
            })
        })
    }
}
