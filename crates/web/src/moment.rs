//! Moments in words. The server knows no time zone but UTC; a script shows the same moment as the reader's clock does.

use std::time::Duration;

use domain::Instant;
use edge::words::Words;
use edge::{plural, words};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `23 Nov 2026, 04:00 UTC`
pub(crate) fn in_words(at: Instant) -> Words {
    let text = at.to_string();
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let day = part(8, 10).trim_start_matches('0');
    let month = Words::from(month.copied().unwrap_or_default());
    words!("{day} {month} {year}, {time} UTC", day, month, year = part(0, 4), time = part(11, 16))
}

/// `2026-11-23`
pub(crate) fn day(at: Instant) -> String {
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

/// The end of a day that was typed as `2026-11-23`: the first moment of the next one.
pub(crate) fn end_of_day(text: &str) -> Option<Instant> {
    Instant::parse(&format!("{text}T00:00:00Z")).map(|at| at + Duration::from_secs(24 * 3600))
}

/// The beginning of a day.
pub(crate) fn start_of_day(text: &str) -> Option<Instant> {
    Instant::parse(&format!("{text}T00:00:00Z"))
}

/// `3 minutes ago`, `in 2 days`
pub(crate) fn from_now(at: Instant, now: Instant) -> Words {
    if at <= now {
        let span = now.since(at);
        if span < Duration::from_secs(60) {
            Words::from("just now")
        } else {
            words!("{span} ago", span = span_in_words(span))
        }
    } else {
        words!("in {span}", span = span_in_words(at.since(now)))
    }
}

/// `3 minutes`
pub(crate) fn span_in_words(span: Duration) -> Words {
    let seconds = span.as_secs();
    match seconds {
        0..60 => plural!(seconds, "{count} second", "{count} seconds"),
        60..3_600 => plural!(seconds / 60, "{count} minute", "{count} minutes"),
        3_600..172_800 => plural!(seconds / 3_600, "{count} hour", "{count} hours"),
        _ => plural!(seconds / 86_400, "{count} day", "{count} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_words() {
        let at = Instant::parse("2026-11-03T04:05:06Z").unwrap();
        assert_eq!(in_words(at).as_str(), "3 Nov 2026, 04:05 UTC");
        assert_eq!(day(at), "2026-11-03");
        assert_eq!(end_of_day("2026-11-03"), Instant::parse("2026-11-04T00:00:00Z"));
        assert_eq!(end_of_day("yesterday"), None);
        let later = |seconds| from_now(at, at + Duration::from_secs(seconds));
        assert_eq!(later(59).as_str(), "just now");
        assert_eq!(later(60).as_str(), "1 minute ago");
        assert_eq!(later(7_200).as_str(), "2 hours ago");
        assert_eq!(from_now(at + Duration::from_secs(3 * 86_400), at).as_str(), "in 3 days");
    }
}
