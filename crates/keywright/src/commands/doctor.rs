//! `keywright doctor`: looks at what Keywright stands on.

mod database;
mod folder;
mod network;

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::Context;
use crate::cli::Listen;
use crate::desk::Listener;
use crate::output::{Answer, Failure, Problem};
use crate::text::printable;

const EXAMPLES: &str = "\
Examples:
  keywright doctor
  keywright doctor --config /etc/keywright.toml --json

It looks at the data folder, the database, the key material, the clock, the mail server and the two ports, says what \
to do about each that is not well, and ends with status 1 if there is one. It changes nothing.";

/// Look at the data folder, the database, the key material, the clock, the mail server and the ports
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// Looks at everything, and tells.
pub(crate) async fn run(context: &Context) -> anyhow::Result<()> {
    let config = context.load(&Listen::default())?.config;
    let mut findings = vec![folder::data_folder(&config)];
    findings.extend(database::all(&config).await);
    findings.push(network::mail(&config).await);
    findings.push(network::port(Listener::public(&config)).await);
    findings.push(network::port(Listener::gateway(&config)).await);
    let report = Report::new(findings);
    context.output.answer(&report)?;
    match report.findings.iter().filter(|finding| finding.health == Health::Fail).count() {
        0 => Ok(()),
        1 => Err(Failure::failed(Problem::new("one thing is not well")).into()),
        count => Err(Failure::failed(Problem::new(format!("{count} things are not well"))).into()),
    }
}

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    /// It works, and could be better.
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    #[serde(rename = "status")]
    health: Health,
    message: String,
    /// What to do.
    hint: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, health: Health::Ok, message: message.into(), hint: None }
    }

    fn warn(name: &'static str, problem: Problem) -> Self {
        Self { name, health: Health::Warn, message: problem.message, hint: problem.hint }
    }

    fn fail(name: &'static str, problem: Problem) -> Self {
        Self { health: Health::Fail, ..Self::warn(name, problem) }
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    #[serde(rename = "checks")]
    findings: Vec<Finding>,
}

impl Report {
    fn new(findings: Vec<Finding>) -> Self {
        Self { ok: findings.iter().all(|finding| finding.health != Health::Fail), findings }
    }
}

impl Answer for Report {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        for Finding { name, health, message, hint } in &self.findings {
            let word = match health {
                Health::Ok => "ok  ".green().to_string(),
                Health::Warn => "warn".yellow().to_string(),
                Health::Fail => "fail".red().to_string(),
            };
            writeln!(out, "{} {name:<14} {}", word.bold(), printable(message))?;
            for hint in hint.iter().flat_map(|hint| hint.lines()) {
                writeln!(out, "     {:<14} {} {}", "", "hint:".cyan(), printable(hint))?;
            }
        }
        Ok(())
    }
}
