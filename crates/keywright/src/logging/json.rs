//! A writer of JSON lines for terminals. JSON itself escapes line breaks and the old control characters; the
//! others, such as U+009B, which begins a terminal's command, and U+2028, which some take for a line break,
//! may stand in a JSON string as they are. Here they are escaped too, which is the same JSON.

use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::text::is_unprintable;

/// Makes writers of whole lines out of writers of bytes.
pub(super) struct Printable<M>(pub(super) M);

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for Printable<M> {
    type Writer = Lines<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Lines(self.0.make_writer())
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Self::Writer {
        Lines(self.0.make_writer_for(metadata))
    }
}

/// Each write is one event's whole line.
pub(super) struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(escape(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unprintable(c) && c != '\n' {
            let mut units = [0; 2];
            escaped.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}
