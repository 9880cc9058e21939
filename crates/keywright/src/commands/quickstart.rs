//! `keywright quickstart`: serves with a small example in it, after proving that its key works.

use crate::cli::Listen;

const EXAMPLES: &str = "\
Examples:
  keywright quickstart
  keywright quickstart --exit --data-dir /tmp/keywright-example

It adds one API, one plan, one partner, one developer, one application and one key; shows that a call without
the key is refused and that a call with it is allowed; prints what to try next; and keeps serving.";

/// Start with a small example in it, and see a key work
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) listen: Listen,

    /// End with status 0 as soon as the key has been seen to work, leaving the example in the data folder
    #[arg(long)]
    pub(crate) exit: bool,
}
