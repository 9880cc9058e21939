//! The fields of an event as text: the message, then `name=value`, where a value that could be mistaken for
//! anything else is quoted.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::{RecordFields, VisitFmt, VisitOutput};
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

use crate::text::{is_unprintable, printable};

/// Formats fields so that no value can begin a new line, move the cursor, or pass for another field.
pub(super) struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { writer, first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.finish()
    }
}

struct Visitor<'w> {
    writer: Writer<'w>,
    first: bool,
    result: fmt::Result,
}

impl Visitor<'_> {
    fn write(&mut self, field: &Field, value: &str) -> fmt::Result {
        if !std::mem::take(&mut self.first) {
            self.writer.write_char(' ')?;
        }
        match field.name() {
            "message" => self.writer.write_str(&printable(value)),
            name if is_plain(value) || is_quoted(value) => write!(self.writer, "{name}={value}"),
            name => write!(self.writer, "{name}={}", quoted(value)),
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.result.is_ok() {
            self.result = self.write(field, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl VisitOutput<fmt::Result> for Visitor<'_> {
    fn finish(self) -> fmt::Result {
        self.result
    }
}

impl VisitFmt for Visitor<'_> {
    fn writer(&mut self) -> &mut dyn fmt::Write {
        &mut self.writer
    }
}

fn is_plain(value: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || is_unprintable(c) || matches!(c, '"' | '=' | '{' | '}' | '\\');
    !value.is_empty() && !value.contains(odd)
}

/// Whether it is one quoted text already, as `Debug` writes it, and nothing behind it.
fn is_quoted(value: &str) -> bool {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let (mut escaped, mut ends_early) = (false, false);
    for c in inner.chars() {
        ends_early |= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    !ends_early && !escaped && !inner.contains(is_unprintable)
}

fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", printable(&escaped))
}
