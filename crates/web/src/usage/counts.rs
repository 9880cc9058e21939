//! Counts, as pages show them.

use std::collections::BTreeMap;

use app::{App, UsageCount, UsageDimension, UsageFilter};
use axum::response::Response;

use super::Range;
use crate::cell::{Action, Cell};
use crate::chart::{Chart, Span};
use crate::csv;
use crate::refused::Refused;
use crate::view::{Section, Table, View};
use crate::visit::Guest;
use edge::words::Words;

/// What was counted in a range.
pub(crate) struct Counted {
    range: Range,
    filter: UsageFilter,
    counts: Vec<UsageCount>,
}

impl Counted {
    /// Counts, by time, status and reason.
    ///
    /// # Errors
    /// If the caller may not see them.
    pub(super) async fn read(
        app: &App,
        guest: &Guest,
        range: Range,
        narrow: impl FnOnce(&mut UsageFilter) + Send,
    ) -> Result<Self, Refused> {
        let mut filter = range.filter(app.clock().now());
        narrow(&mut filter);
        let by = [UsageDimension::Time, UsageDimension::Status, UsageDimension::Reason];
        let counts = app.usage(&guest.caller, filter.clone(), &by).await?;
        Ok(Self { range, filter, counts })
    }

    /// The last day, for a first page: drawn, and what was refused.
    ///
    /// # Errors
    /// If the caller may not see it.
    pub(crate) async fn last_day(app: &App, guest: &Guest) -> Result<(Chart, Table), Refused> {
        let mut counted = Self::read(app, guest, Range::Day, |_| {}).await?;
        let chart = Chart::new(&counted.spans());
        counted.counts.retain(|count| !is_allowed(count));
        Ok((chart, counted.by_reason(app).empty("Nothing was refused.")))
    }

    pub(super) fn filter(&self) -> UsageFilter {
        self.filter.clone()
    }

    /// Each span of the range, those without calls included.
    fn spans(&self) -> Vec<Span> {
        let mut by_time: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for count in &self.counts {
            let Some(at) = count.began_at else { continue };
            let (allowed, refused) = by_time.entry(at.micros()).or_default();
            *(if is_allowed(count) { allowed } else { refused }) += count.calls;
        }
        let span = |i: u32| {
            let began_at = self.filter.since + self.filter.step.length() * i;
            let (allowed, refused) = by_time.get(&began_at.micros()).copied().unwrap_or_default();
            Span { began_at, allowed, refused }
        };
        (0..self.range.spans()).map(span).collect()
    }

    /// Puts it all on a page: the choice of the range, the drawing, and tables of the same.
    pub(super) fn onto(&self, app: &App, view: View, path: &str) -> View {
        let mut ranges = Section::words("As gateways asked about them; up to a second behind.");
        for range in Range::ALL {
            let href = format!("{path}?range={}", range.word());
            let action = Action::see(href, range.label());
            ranges = ranges.action(if range == self.range { action.current() } else { action });
        }
        let csv = format!("{path}.csv?range={}", self.range.word());
        let view = view.section(
            ranges.heading(self.range.label()).action(Action::see(csv, "CSV").about("of these counts")),
        );
        if self.counts.is_empty() {
            return view.section(Section::words("No call was counted in this time.").heading("No calls yet"));
        }
        let spans = self.spans();
        view.section(Section::chart(Chart::new(&spans)))
            .section(Section::table(self.by_reason(app)).heading("By answer"))
            .section(Section::table(over_time(&spans)).heading("Over time"))
    }

    fn by_reason(&self, app: &App) -> Table {
        let mut sums: BTreeMap<(u16, &str), u64> = BTreeMap::new();
        for count in &self.counts {
            let key = (count.status.unwrap_or_default(), count.reason.as_deref().unwrap_or_default());
            *sums.entry(key).or_default() += count.calls;
        }
        let words = |reason: &str| {
            app.calls().why(reason).map_or_else(|| Words::from("Let through."), |why| Words::known(&why))
        };
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        let rows = sums.into_iter().map(|((status, reason), calls)| {
            vec![
                Cell::Stack(vec![Cell::text(words(reason)), Cell::Code(reason.to_owned())]),
                Cell::text(status.to_string()),
                Cell::text(calls.to_string()),
            ]
        });
        Table::new("Calls by answer", &["Why", "Status", "Calls"], rows.collect(), "None.")
    }

    /// For spreadsheets.
    pub(super) fn csv(&self) -> Response {
        let mut text = String::from("began_at,status,reason,calls\r\n");
        for count in &self.counts {
            let fields = [
                count.began_at.map(|at| at.to_string()).unwrap_or_default(),
                count.status.map(|status| status.to_string()).unwrap_or_default(),
                count.reason.clone().unwrap_or_default(),
                count.calls.to_string(),
            ];
            csv::write(&mut text, &fields);
        }
        csv::file("usage.csv", text)
    }
}

fn is_allowed(count: &UsageCount) -> bool {
    count.status == Some(200)
}

/// The newest first; spans without calls are left out.
fn over_time(spans: &[Span]) -> Table {
    let rows = spans.iter().rev().filter(|it| it.allowed + it.refused > 0).map(|it| {
        vec![Cell::time(it.began_at), Cell::text(it.allowed.to_string()), Cell::text(it.refused.to_string())]
    });
    Table::new("Calls over time", &["From", "Let through", "Refused"], rows.collect(), "None.")
}
