//! `keywright migrate`: brings the database to this version's schema.

const EXAMPLES: &str = "\
Examples:
  keywright migrate
  keywright migrate --database-url postgres://keywright@db/keywright

`serve` does the same when it starts; this is for doing it before, under another login, or to see it fail early.";

/// Bring the database up to date, and end
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}
