//! What commands say: an answer on standard output, for people or (with `--json`) for scripts, and errors on
//! standard error in the same two shapes.
//!
//! Colours are always written and taken out again by `anstream` where they are not wanted: not a terminal,
//! `NO_COLOR`, or `--color never`. Text that came from outside goes through [`crate::text::printable`] first.

mod failure;
mod table;

pub(crate) use failure::{Exit, Failure, Problem, report, report_usage};
pub(crate) use table::Table;

use std::io::{self, Write};

use serde::Serialize;

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always, also into files and pipes
    Always,
    /// Never
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// A command's answer: serialised for scripts, written out for people.
pub(crate) trait Answer: Serialize {
    /// Writes the answer for a person.
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Where a command's answer goes, and in which shape.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// Answers as JSON if `json`, else for people.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints an answer on standard output.
    pub(crate) fn answer(self, answer: &impl Answer) -> anyhow::Result<()> {
        let mut out = anstream::stdout().lock();
        self.write(answer, &mut out).or_else(ignore_closed_pipe)
    }

    fn write(self, answer: &impl Answer, out: &mut dyn Write) -> io::Result<()> {
        if self.json {
            serde_json::to_writer(&mut *out, answer)?;
            writeln!(out)?;
        } else {
            answer.for_people(out)?;
        }
        out.flush()
    }
}

/// A reader that has seen enough (`keywright config show | head -1`) is no failure.
fn ignore_closed_pipe(error: io::Error) -> anyhow::Result<()> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(anyhow::Error::new(error).context("cannot write to standard output")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::printable;

    #[derive(Serialize)]
    struct Greeting {
        name: &'static str,
    }

    impl Answer for Greeting {
        fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
            writeln!(out, "Hello, {}.", printable(self.name))
        }
    }

    fn written(json: bool) -> String {
        let mut out = Vec::new();
        Output::new(json).write(&Greeting { name: "A\u{1b}[2J\n" }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_answer_has_two_shapes() {
        assert_eq!(written(false), "Hello, A\\u{1b}[2J\\n.\n");
        assert_eq!(written(true), "{\"name\":\"A\\u001b[2J\\n\"}\n");
    }
}
