use std::sync::{Arc, Mutex};

use super::*;
use crate::text::is_unprintable;

const FORGED: &str =
    "x\n2026-11-22 INFO admin login ok\r\u{1b}[2J\u{9b}31m\u{2028}\u{202e}\",\"level\":\"INFO";

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while `events` runs.
fn logged(format: LogFormat, filter: EnvFilter, color: bool, events: impl FnOnce()) -> String {
    let memory = Memory::default();
    let to = memory.clone();
    tracing::subscriber::with_default(subscriber(format, filter, color, move || to.clone()), events);
    let bytes = memory.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn forge() {
    let span = tracing::info_span!("request", agent = FORGED, late = tracing::field::Empty);
    let _entered = span.enter();
    span.record("late", tracing::field::display(FORGED));
    tracing::info!(text = FORGED, shown = %FORGED, debugged = ?FORGED, error = %io::Error::other(FORGED), "{FORGED}");
}

#[test]
fn a_278_a_value_cannot_forge_a_line_of_text() {
    let line = logged(LogFormat::Text, filter_of(Level::Info), false, forge);
    let body = line.strip_suffix('\n').unwrap();
    assert!(!body.contains(is_unprintable), "{body:?}");
    assert_eq!(body.matches("admin login ok").count(), 7, "{body}");
    // Nor a field: whatever is in a value stays inside its quotes.
    let value =
        r#""x\n2026-11-22 INFO admin login ok\r\u{1b}[2J\u{9b}31m\u{2028}\u{202e}\",\"level\":\"INFO""#;
    assert!(body.contains(&format!("request{{agent={value} late={value}}}: ")), "{body}");
    assert!(body.ends_with(&format!(" text={value} shown={value} debugged={value} error={value}")), "{body}");
}

#[test]
fn a_278_a_value_cannot_forge_a_line_of_coloured_text() {
    let line = logged(LogFormat::Text, filter_of(Level::Info), true, forge);
    let body = line.strip_suffix('\n').unwrap();
    assert!(body.contains("\u{1b}[32m"), "the level is coloured: {body:?}");
    assert!(!body.contains("\u{1b}[2J"), "{body:?}");
    assert!(!body.contains(|c| is_unprintable(c) && c != '\u{1b}'), "{body:?}");
}

#[test]
fn a_278_a_value_cannot_forge_a_line_of_json() {
    let line = logged(LogFormat::Json, filter_of(Level::Info), false, forge);
    let body = line.strip_suffix('\n').unwrap();
    assert!(!body.contains(is_unprintable), "{body:?}");
    let event: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(event["level"], "INFO");
    assert_eq!(event["message"], FORGED);
    assert_eq!(event["text"], FORGED, "escaping loses nothing");
    assert_eq!(event["spans"][0]["agent"], FORGED);
}

#[test]
fn values_are_quoted_only_where_it_is_needed() {
    let lines = logged(LogFormat::Text, filter_of(Level::Info), false, || {
        tracing::info!(
            port = 80,
            ok = true,
            host = "db.example.com",
            why = "no route",
            empty = "",
            "started"
        );
        tracing::info!(file = ?"a b\"c", sly = %"\"a\" level=\"x\"", slash = "\"\\", "started");
    });
    let fields: Vec<_> = lines.lines().map(|line| line.split_once("started ").unwrap().1).collect();
    assert_eq!(fields[0], r#"port=80 ok=true host=db.example.com why="no route" empty="""#);
    assert_eq!(fields[1], r#"file="a b\"c" sly="\"a\" level=\"x\"" slash="\"\\""#);
}

#[test]
fn libraries_are_held_to_warnings() {
    let events = || {
        tracing::trace!(target: "sqlx::query", "a library whispers");
        tracing::info!(target: "sqlx::query", "a library talks");
        tracing::warn!(target: "sqlx::query", "a library warns");
        tracing::debug!(target: "keywright_store::connect", "we whisper");
        tracing::error!(target: "keywright", "we fail");
    };
    let seen = |level| {
        let text = logged(LogFormat::Text, filter_of(level), false, events);
        ["a library whispers", "a library talks", "a library warns", "we whisper", "we fail"]
            .map(|message| text.contains(message))
    };
    assert_eq!(seen(Level::Trace), [false, false, true, true, true]);
    assert_eq!(seen(Level::Info), [false, false, true, false, true]);
    assert_eq!(seen(Level::Error), [false, false, false, false, true]);
}
