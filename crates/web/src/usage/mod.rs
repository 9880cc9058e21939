//! How often what was called, and how it was answered: of an application, of an API version, of all.

mod all;
mod application;
mod counts;
mod version;

use std::time::Duration;

use app::{UsageFilter, UsageStep};
use domain::Instant;

use super::Pages;
use super::visit::Guest;

pub(super) use counts::Counted;

pub(super) fn routes(pages: Pages) -> Pages {
    let pages = application::routes(pages);
    let pages = version::routes(pages);
    all::routes(pages)
}

/// How far back somebody looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    Hour,
    Day,
    Month,
}

impl Range {
    const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// The one that the address names.
    fn of(guest: &Guest) -> Self {
        let word = guest.query.text("range");
        Self::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Self::Day)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
            Self::Month => "Last 30 days",
        }
    }

    fn step(self) -> UsageStep {
        match self {
            Self::Hour => UsageStep::Minute,
            Self::Day => UsageStep::Hour,
            Self::Month => UsageStep::Day,
        }
    }

    /// How many spans, the present one included.
    fn spans(self) -> u32 {
        match self {
            Self::Hour => 60,
            Self::Day => 24,
            Self::Month => 30,
        }
    }

    /// Which counts these are: of everything that the asker may see.
    pub(super) fn filter(self, now: Instant) -> UsageFilter {
        let step = self.step();
        let back: Duration = step.length() * (self.spans() - 1);
        UsageFilter {
            step,
            since: step.began(now) - back,
            // A span that begins right now is one of them.
            until: now + Duration::from_micros(1),
            application_id: None,
            api_version_id: None,
            plan_id: None,
            visible_to: None,
            owned_by: None,
        }
    }
}
