//! `keywright migrate`: brings the database to this version's schema.

use std::io::{self, Write};

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::Context;
use crate::cli::Listen;
use crate::desk;
use crate::output::Answer;
use crate::text::printable;

const EXAMPLES: &str = "\
Examples:
  keywright migrate
  keywright migrate --database-url postgres://keywright@db/keywright

`serve` does the same when it starts; this is for doing it before, under another login, or to see it fail early.";

/// Bring the database up to date, and end
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// Does it.
pub(crate) async fn run(context: &Context) -> anyhow::Result<()> {
    let config = context.load(&Listen::default())?.config;
    let (store, changed) = desk::migrated_store(&config).await?;
    store.close().await?;
    context.output.answer(&Migrated { database: config.database_name(), changed })
}

#[derive(Serialize)]
struct Migrated {
    database: String,
    changed: bool,
}

impl Answer for Migrated {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let what = if self.changed { "is up to date now" } else { "was up to date already" };
        writeln!(out, "{} {} {what}", "ok:".green().bold(), printable(&self.database))
    }
}
