//! Spans of time that limits are counted over.

use serde::{Deserialize, Serialize};
use time::{Month, OffsetDateTime};

use crate::Instant;

/// A span of time that limits are counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// One second.
    Second,
    /// One minute.
    Minute,
    /// One hour.
    Hour,
    /// One day, in UTC.
    Day,
    /// One calendar month, in UTC.
    Month,
}

/// One of the spans that a period cuts time into: seconds, minutes and hours of the clock, days and months of the
/// calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Spans are numbered one by one.
    pub number: i64,
    /// When it began.
    pub began: Instant,
    /// When it is over, and the next one begins.
    pub ends: Instant,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Self; 5] = [Self::Second, Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// How long it is; not known of a month.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::Second => Some(1),
            Self::Minute => Some(60),
            Self::Hour => Some(3_600),
            Self::Day => Some(86_400),
            Self::Month => None,
        }
    }

    /// The word for it, as on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The span that a moment is in.
    pub fn span(self, at: Instant) -> Span {
        match self.seconds() {
            Some(seconds) => {
                let length = i64::from(seconds) * 1_000_000;
                let number = at.micros().div_euclid(length);
                let began = number.saturating_mul(length);
                let ends = Instant::from_micros(began.saturating_add(length));
                Span { number, began: Instant::from_micros(began), ends }
            }
            None => month(at),
        }
    }
}

/// The month that a moment is in. Moments that no calendar knows are in the first one of 1970.
fn month(at: Instant) -> Span {
    let day = OffsetDateTime::from_unix_timestamp(at.unix_seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month) = (day.year(), day.month());
    let next = match month {
        Month::December => (year.saturating_add(1), Month::January),
        other => (year, other.next()),
    };
    let number = i64::from(year) * 12 + i64::from(u8::from(month)) - 1;
    Span { number, began: first_of(year, month), ends: first_of(next.0, next.1) }
}

fn first_of(year: i32, month: Month) -> Instant {
    let seconds = time::Date::from_calendar_date(year, month, 1)
        .map_or(i64::MAX / 1_000_000, |day| day.midnight().assume_utc().unix_timestamp());
    Instant::from_micros(seconds.saturating_mul(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_those_of_clock_and_calendar() {
        let at = Instant::parse("2028-02-29T23:59:59.999999Z").unwrap();
        let told: Vec<_> = Period::ALL
            .iter()
            .map(|period| {
                let span = period.span(at);
                format!("{} {} {}", period.as_str(), span.began, span.ends)
            })
            .collect();
        assert_eq!(
            told,
            [
                "second 2028-02-29T23:59:59Z 2028-03-01T00:00:00Z",
                "minute 2028-02-29T23:59:00Z 2028-03-01T00:00:00Z",
                "hour 2028-02-29T23:00:00Z 2028-03-01T00:00:00Z",
                "day 2028-02-29T00:00:00Z 2028-03-01T00:00:00Z",
                "month 2028-02-01T00:00:00Z 2028-03-01T00:00:00Z",
            ]
        );
        let december = Period::Month.span(Instant::parse("2026-12-24T18:00:00Z").unwrap());
        assert_eq!(december.ends.to_string(), "2027-01-01T00:00:00Z");
    }

    #[test]
    fn each_span_begins_where_the_one_before_ended() {
        for period in Period::ALL {
            let mut span = period.span(Instant::parse("2026-11-30T12:00:00Z").unwrap());
            for _ in 0..30 {
                let next = period.span(span.ends);
                assert_eq!((next.number, next.began), (span.number + 1, span.ends), "{period:?}");
                span = next;
            }
        }
    }

    #[test]
    fn no_moment_breaks_it() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            for period in Period::ALL {
                period.span(Instant::from_micros(at));
            }
        }
    }
}
