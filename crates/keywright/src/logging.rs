//! Logging to standard error: lines of text for people, JSON lines for machines, one per event and never
//! more, whatever is in the values.

mod json;
mod text;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;

use crate::config::{Level, Log, LogFormat};
use crate::output::{Failure, Problem};

/// Starts logging for the rest of the process. Each of `-v`, `KEYWRIGHT_LOG` and the configured level goes
/// before the next.
pub(crate) fn start(log: &Log, verbose: u8, directives: Option<OsString>) -> anyhow::Result<()> {
    let filter = match (verbose, directives) {
        (0, Some(directives)) => read_filter(&directives)?,
        (0, None) => filter_of(log.level),
        (1, _) => filter_of(Level::Debug),
        (_, _) => filter_of(Level::Trace),
    };
    let terminal = io::stderr().is_terminal();
    let format = log.format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    let color = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    tracing::subscriber::set_global_default(subscriber(format, filter, color, io::stderr))?;
    Ok(())
}

/// Our own lines down to the level, and of libraries nothing below warnings: they know nothing of what must
/// stay secret here, and say much that helps nobody.
fn filter_of(level: Level) -> EnvFilter {
    let libraries = if level == Level::Error { Level::Error } else { Level::Warn };
    EnvFilter::new(format!("{},keywright={}", libraries.as_str(), level.as_str()))
}

fn read_filter(directives: &OsString) -> Result<EnvFilter, Failure> {
    let text = directives.to_string_lossy();
    EnvFilter::try_new(&text).map_err(|error| {
        let problem = Problem::new(format!("KEYWRIGHT_LOG must be a log filter, not {text:?}: {error}"));
        Failure::configuration(vec![problem.hint("for example: debug, or keywright=debug,sqlx=info")])
    })
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    color: bool,
    to: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    match format {
        LogFormat::Text => Box::new(lines.with_ansi(color).fmt_fields(text::Fields).with_writer(to).finish()),
        LogFormat::Json => Box::new(
            lines
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .fmt_fields(JsonFields::new())
                .with_writer(json::Printable(to))
                .finish(),
        ),
    }
}

#[cfg(test)]
mod tests;
