//! Moments at the ends of the calendar.

use keywright_domain::Instant;

#[test]
fn what_can_be_read_can_be_written() {
    for (text, written) in [
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.999999Z"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2026-01-01T00:00:00+14:00", "2025-12-31T10:00:00Z"),
    ] {
        assert_eq!(Instant::parse(text).unwrap().to_string(), written, "{text}");
    }
}

#[test]
fn what_has_no_year_of_four_digits_in_utc_is_not_read() {
    for text in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z"] {
        assert_eq!(Instant::parse(text), None, "{text}");
    }
}

#[test]
fn any_moment_can_be_shown() {
    for micros in [i64::MIN, i64::MAX] {
        assert!(!Instant::from_micros(micros).to_string().is_empty());
    }
}
