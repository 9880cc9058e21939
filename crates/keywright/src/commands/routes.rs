//! `keywright routes`: every path that is answered.

const EXAMPLES: &str = "\
Examples:
  keywright routes
  keywright routes | grep subscriptions
  keywright routes --json";

/// Print every path that is answered, by listener
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}
