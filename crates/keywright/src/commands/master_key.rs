//! `keywright master-key …`: one master key is replaced by another, while the server runs.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant as Stopwatch};

use app::{App, Caller, MasterKeyState, Resealing};
use domain::Instant;
use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::Context;
use crate::cli::Listen;
use crate::config::Config;
use crate::desk;
use crate::output::{Answer, Failure, Table};

const ROTATE_EXAMPLES: &str = "\
Examples:
  keywright master-key rotate
  keywright master-key rotate --wait 10m
  keywright master-key drop

A second key is added to the file master.key, and put to use as soon as every server that runs has it: where there are
several, copy the file to them now. Then everything that is sealed is sealed anew, while the servers run. It can be
interrupted at any time: run it again, and it goes on. Back the file up before you drop the old key.";

const DROP_EXAMPLES: &str = "\
Examples:
  keywright master-key status
  keywright master-key drop

It is refused as long as anything is sealed by an old key. Secrets that were hashed with its pepper go on working: each
is hashed anew when it is used, or ends; run it again later, and the pepper goes too.";

/// How often it is asked whether all servers have come along.
const POLL: Duration = Duration::from_millis(250);

/// Replace the master key by another one
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Show which master keys there are, and what is still kept under older ones
    Status,
    Rotate(Rotate),
    /// Drop master keys that were replaced
    #[command(after_help = DROP_EXAMPLES)]
    Drop,
}

/// Add a second master key, put it to use, and seal everything anew
#[derive(clap::Args, Debug)]
#[command(after_help = ROTATE_EXAMPLES)]
struct Rotate {
    /// How long to wait until every server that runs has the new key
    #[arg(long, value_name = "SPAN", default_value = "1m", value_parser = crate::cli::duration)]
    wait: Duration,
}

/// Does what was asked for.
pub(crate) async fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let config = context.load(&Listen::default())?.config;
    desk::must_be_there(&config)?;
    let app = super::open(&config).await?;
    let operator = Caller::operator();
    let mut report = Report::default();
    match args.action {
        Action::Status => {}
        Action::Rotate(Rotate { wait }) => report.resealed = rotate(&app, &operator, &config, wait).await?,
        Action::Drop => {
            let dropped = app.drop_master_keys(&operator).await?;
            (report.dropped, report.dropped_peppers) = (dropped.keys, dropped.peppers);
            forget_in_file(&app, &config).await?;
        }
    }
    let (keys, sealed) = app.master_keys(&operator).await?;
    report.keys = keys.into_iter().map(Shown::from).collect();
    (report.sealed_by_older, report.unreadable) = (sealed.left, sealed.lost);
    context.output.answer(&report)
}

async fn rotate(app: &App, operator: &Caller, config: &Config, wait: Duration) -> anyhow::Result<u64> {
    let (keys, _) = app.master_keys(operator).await?;
    // One that waits, or one that was put to use and has older ones beside it: somebody was interrupted.
    if let [only] = keys.as_slice() {
        add_next(app, operator, config, only.number).await?;
    }
    let newest = app.master_keys(operator).await?.0.last().map_or(0, |it| it.number);
    let until = Stopwatch::now() + wait;
    while app.nodes_without_master_key(newest).await? > 0 && Stopwatch::now() < until {
        tokio::time::sleep(POLL).await;
    }
    app.use_newest_master_key(operator).await?;
    while app.does_a_node_lag().await? && Stopwatch::now() < until {
        tokio::time::sleep(POLL).await;
    }
    let mut told = Stopwatch::now();
    let mut tell = |it: Resealing| {
        if told.elapsed() >= Duration::from_secs(1) {
            told = Stopwatch::now();
            tell_progress(it);
        }
        ControlFlow::Continue(())
    };
    Ok(app.reseal_everything(operator, &mut tell).await?.done)
}

/// Notes the next key: one that somebody has added to the file, else a new one.
async fn add_next(app: &App, operator: &Caller, config: &Config, last: u8) -> anyhow::Result<()> {
    let missing = || Failure::failed(desk::missing_master_key(config));
    let mut keys = desk::find_master_keys(config)?.ok_or_else(missing)?;
    for key in keys.all() {
        if app.add_master_key(operator, key).await? > last {
            return Ok(());
        }
    }
    keys = desk::add_master_key(&config.data_dir, keys)?;
    for key in keys.all() {
        app.add_master_key(operator, key).await?;
    }
    Ok(())
}

/// Takes keys out of the file that the database does not know any more.
async fn forget_in_file(app: &App, config: &Config) -> anyhow::Result<()> {
    let missing = || Failure::failed(desk::missing_master_key(config));
    let keys = desk::find_master_keys(config)?.ok_or_else(missing)?;
    let known = app.known_master_keys().await?;
    let Some(kept) = keys.only(|key| known.contains(&key.check_value())) else {
        return Err(missing().into());
    };
    if kept.all().len() < keys.all().len() {
        desk::keep_only_master_keys(&config.data_dir, &kept)?;
    }
    Ok(())
}

fn tell_progress(it: Resealing) {
    let _ = writeln!(anstream::stderr(), "{} values looked at, {} sealed anew", it.seen, it.done);
}

#[derive(Serialize)]
struct Shown {
    number: u8,
    used_since: Option<Instant>,
    in_use: bool,
    secrets: u64,
}

impl From<MasterKeyState> for Shown {
    fn from(it: MasterKeyState) -> Self {
        let MasterKeyState { number, used_since, is_present, hashed } = it;
        // The first one has been in use since there was any.
        let used_since = used_since.filter(|at| at.micros() > 0);
        Self { number, used_since, in_use: is_present, secrets: hashed }
    }
}

#[derive(Default, Serialize)]
struct Report {
    keys: Vec<Shown>,
    /// How many values are sealed by keys that are not in use any more.
    sealed_by_older: u64,
    /// How many values open with no key.
    unreadable: u64,
    /// How many were sealed anew by this command.
    resealed: u64,
    dropped: Vec<u8>,
    dropped_peppers: Vec<u8>,
}

impl Answer for Report {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new(["master key", "state", "since", "secrets hashed with its pepper"]);
        for key in &self.keys {
            let state = match (key.in_use, key.used_since) {
                (true, _) => "in use",
                (false, None) if key.number > 1 => "waits",
                (false, _) => "replaced",
            };
            let since = key.used_since.map(|at| at.to_string()).unwrap_or_default();
            table.row([key.number.to_string(), state.to_owned(), since, key.secrets.to_string()]);
        }
        write!(out, "{table}")?;
        if self.resealed > 0 {
            writeln!(out, "{} values were sealed anew.", self.resealed)?;
        }
        if self.unreadable > 0 {
            writeln!(
                out,
                "{} values open with no key that is there; they were lost before.",
                self.unreadable
            )?;
        }
        for number in &self.dropped {
            writeln!(
                out,
                "Master key {number} was dropped; take its line out of master.key on other nodes too."
            )?;
        }
        for number in &self.dropped_peppers {
            writeln!(out, "The pepper of master key {number} was dropped.")?;
        }
        match (self.sealed_by_older, self.keys.len()) {
            (0, 0 | 1) => Ok(()),
            (0, _) => writeln!(
                out,
                "{} Nothing is sealed by older keys. Back up master.key, then: keywright master-key drop",
                "ok:".green().bold()
            ),
            (left, _) => {
                writeln!(out, "{left} values are still sealed by older keys: keywright master-key rotate")
            }
        }
    }
}
