//! `keywright serve`: both listeners, until it is told to stop.

use crate::cli::Listen;

const EXAMPLES: &str = "\
Examples:
  keywright serve
  keywright serve --data-dir /var/lib/keywright --listen 0.0.0.0:8080
  KEYWRIGHT_DATABASE_URL=postgres://keywright:…@db/keywright keywright serve

Without any configuration it makes ./keywright-data, listens on 127.0.0.1:8080 for people and APIs and on
127.0.0.1:8081 for gateways, and prints a link for the first administrator. SIGTERM and SIGINT stop it
gracefully.";

/// Start, and keep serving
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) listen: Listen,
}
