//! `keywright doctor`: looks at what Keywright stands on.

const EXAMPLES: &str = "\
Examples:
  keywright doctor
  keywright doctor --config /etc/keywright.toml --json

It looks at the database, the clock, the data folder, the key material and the mail server, says what to do about
each that is not well, and ends with status 1 if there is one.";

/// Look at the database, the clock, the data folder, the key material and the mail server
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}
