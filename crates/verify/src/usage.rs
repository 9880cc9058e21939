//! How many calls were decided how, for whom: counted in memory, taken away once a second by whoever writes it down.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use domain::{ApiVersionId, ApplicationId, PlanId};

use crate::Reason;
use crate::known::Known;

/// What is counted apart. There are as many as there are applications, versions and reasons that met: no text of a caller
/// is in it, so nobody can make it grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsageKey {
    /// Who called, as far as it is known.
    pub application_id: Option<ApplicationId>,
    /// What was called, if anything is published there.
    pub api_version_id: Option<ApiVersionId>,
    /// Under which plan.
    pub plan_id: Option<PlanId>,
    /// Why it was refused; none if it passed.
    pub reason: Option<Reason>,
}

impl UsageKey {
    /// The status that the gateway was answered.
    pub fn status(&self) -> u16 {
        self.reason.map_or(200, Reason::status)
    }

    /// The reason in one word.
    pub fn code(&self) -> &'static str {
        self.reason.map_or("allowed", Reason::code)
    }
}

/// Counts since somebody took them.
#[derive(Default)]
pub(crate) struct Usage {
    counts: Known<UsageKey, AtomicU64>,
}

impl Usage {
    pub(crate) fn count(&self, key: UsageKey) {
        let counts = self.counts.pin();
        match counts.get(&key) {
            Some(count) => count.fetch_add(1, Relaxed),
            None => counts.get_or_insert_with(key, || AtomicU64::new(0)).fetch_add(1, Relaxed),
        };
    }

    /// What was counted since the last time. Counters stay in their places, at zero: a call that is counted at the same
    /// time is counted now or next time, and never lost.
    pub(crate) fn take(&self) -> Vec<(UsageKey, u64)> {
        let counts = self.counts.pin();
        let taken = counts.iter().map(|(key, count)| (*key, count.swap(0, Relaxed)));
        taken.filter(|(_, count)| *count > 0).collect()
    }

    pub(crate) fn put_back(&self, taken: Vec<(UsageKey, u64)>) {
        let counts = self.counts.pin();
        for (key, count) in taken {
            counts.get_or_insert_with(key, || AtomicU64::new(0)).fetch_add(count, Relaxed);
        }
    }
}
