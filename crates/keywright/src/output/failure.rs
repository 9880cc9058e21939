//! How a command fails: what it says and the status that it ends with.

use std::fmt::{self, Display, Formatter};
use std::io::Write;
use std::process::ExitCode;

use owo_colors::OwoColorize as _;
use serde_json::json;

use crate::text::printable;

/// The status a command ends with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Done = 0,
    /// It was asked properly and could not do it.
    Failed = 1,
    /// It was asked wrongly: by its arguments or by its configuration.
    Misused = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Problem {
    /// A problem that explains itself.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// An error that knows its code, its exit status and its hints. Any other error that reaches `main` is a
/// plain `failed`.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: &'static str,
    problems: Vec<Problem>,
}

impl Failure {
    /// The configuration is wrong; everything that is wrong with it is told at once.
    pub(crate) fn configuration(problems: Vec<Problem>) -> Self {
        Self { exit: Exit::Misused, code: "configuration", problems }
    }

    /// The command could not do what it was asked for.
    pub(crate) fn failed(problem: Problem) -> Self {
        Self { exit: Exit::Failed, code: "failed", problems: vec![problem] }
    }

    /// Everything that is wrong, as one problem.
    pub(crate) fn as_problem(&self) -> Problem {
        Problem { message: self.to_string(), hint: self.hint() }
    }

    /// All hints.
    fn hint(&self) -> Option<String> {
        let hints: Vec<_> = self.problems.iter().filter_map(|problem| problem.hint.as_deref()).collect();
        (!hints.is_empty()).then(|| hints.join("\n"))
    }

    /// What is wrong.
    #[cfg(test)]
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn usage(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let message = lines.next().unwrap_or("the arguments are wrong");
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let details = lines.collect::<Vec<_>>().join("\n");
        let problem =
            Problem { message: message.into(), hint: Some(details).filter(|text| !text.is_empty()) };
        Self { exit: Exit::Misused, code: "usage", problems: vec![problem] }
    }

    /// The failure inside an error, or the error itself, with its causes, as a plain one.
    fn of(error: anyhow::Error) -> Self {
        error.downcast().unwrap_or_else(|other| match other.downcast_ref() {
            Some(refusal) => Self::refused(refusal),
            None => Self::failed(Problem::new(format!("{other:#}"))),
        })
    }

    /// A use case said no. Whoever sits at the command line may know what went wrong inside.
    fn refused(error: &app::Error) -> Self {
        let problem = match error {
            app::Error::Unavailable(detail) => {
                Problem::new(format!("the database is not available: {detail}"))
                    .hint("`keywright doctor` looks closer")
            }
            app::Error::Internal(detail) => Problem::new(detail),
            other => Problem::new(other.to_string()),
        };
        let exit = if matches!(error, app::Error::Invalid(_)) { Exit::Misused } else { Exit::Failed };
        Self { exit, code: error.code(), problems: vec![problem] }
    }

    fn for_people(&self) -> String {
        let mut text = String::new();
        for problem in &self.problems {
            text.push_str(&format!("{} {}\n", "error:".red().bold(), printable(&problem.message)));
            for hint in problem.hint.iter().flat_map(|hint| hint.lines()) {
                text.push_str(&format!("{} {}\n", "hint:".cyan().bold(), printable(hint)));
            }
        }
        text
    }

    fn for_scripts(&self) -> serde_json::Value {
        let problems: Vec<_> =
            self.problems.iter().map(|it| json!({ "message": it.message, "hint": it.hint })).collect();
        json!({ "error": {
            "code": self.code, "message": self.to_string(), "hint": self.hint(), "problems": problems,
        } })
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let messages: Vec<_> = self.problems.iter().map(|problem| problem.message.as_str()).collect();
        f.write_str(&messages.join("\n"))
    }
}

impl std::error::Error for Failure {}

/// Prints an error on standard error and says how to end.
pub(crate) fn report(error: anyhow::Error, json: bool) -> Exit {
    let failure = Failure::of(error);
    let text = if json { format!("{}\n", failure.for_scripts()) } else { failure.for_people() };
    // Where standard error is closed there is nobody to tell; the status still tells.
    let _ = anstream::stderr().write_all(text.as_bytes());
    failure.exit
}

/// Prints what clap has to say (an error, a help text or the version) and says how to end.
pub(crate) fn report_usage(error: &clap::Error, json: bool) -> Exit {
    if error.use_stderr() && json {
        return report(Failure::usage(error).into(), json);
    }
    let _ = error.print();
    if error.use_stderr() { Exit::Misused } else { Exit::Done }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    fn plain(failure: &Failure) -> String {
        anstream::adapter::strip_str(&failure.for_people()).to_string()
    }

    #[test]
    fn every_problem_is_told_with_its_hint() {
        let failure = Failure::configuration(vec![
            Problem::new("first\u{1b}[2J").hint("do this\nthen that"),
            Problem::new("second"),
        ]);
        let wanted = "error: first\\u{1b}[2J\nhint: do this\nhint: then that\nerror: second\n";
        assert_eq!(plain(&failure), wanted);
        let error = &failure.for_scripts()["error"];
        assert_eq!(error["code"], "configuration");
        assert_eq!(error["message"], "first\u{1b}[2J\nsecond");
        assert_eq!(error["hint"], "do this\nthen that");
        assert_eq!(error["problems"][0]["hint"], "do this\nthen that");
        assert_eq!(error["problems"][1], json!({"message": "second", "hint": null}));
    }

    #[test]
    fn any_other_error_is_told_with_its_causes() {
        let error = Err::<(), _>(std::io::Error::other("disk full")).context("cannot write").unwrap_err();
        let failure = Failure::of(error);
        assert_eq!(plain(&failure), "error: cannot write: disk full\n");
        assert_eq!((failure.exit, failure.code), (Exit::Failed, "failed"));
        assert!(failure.for_scripts()["error"]["hint"].is_null());
    }

    #[test]
    fn the_refusal_of_a_use_case_is_told_with_its_code() {
        let invalid = app::Error::from(domain::Invalid::field("email", "invalid", "must be an address"));
        let failure = Failure::of(invalid.into());
        assert_eq!((failure.exit, failure.code), (Exit::Misused, "invalid"));
        assert_eq!(plain(&failure), "error: email must be an address\n");
        let failure = Failure::of(app::Error::Unavailable("disk full".to_owned()).into());
        assert_eq!((failure.exit, failure.code), (Exit::Failed, "unavailable"));
        assert!(plain(&failure).starts_with("error: the database is not available: disk full\nhint: "));
    }

    #[test]
    fn a_failure_keeps_its_status_under_added_context() {
        let inner = Failure::configuration(vec![Problem::new("bad")]);
        let failure = Failure::of(anyhow::Error::new(inner).context("while starting"));
        assert_eq!(failure.exit, Exit::Misused);
    }
}
