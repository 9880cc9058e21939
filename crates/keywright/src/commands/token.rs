//! `keywright token …`: administrators' API tokens.

use std::time::Duration;

use crate::cli::duration;

const CREATE_EXAMPLES: &str = "\
Examples:
  keywright token create --name ci
  keywright token create --name reports --scope read --expires-in 90d
  TOKEN=$(keywright token create --name script --json | jq -r .token)

The token is shown once. It works while the server runs.";

const REVOKE_EXAMPLES: &str = "\
Examples:
  keywright token list
  keywright token revoke 01939c2f-3f2a-7c61-9d0e-5b1f6f1d2a77";

const LIST_EXAMPLES: &str = "\
Examples:
  keywright token list
  keywright token list --json";

/// Manage administrators' tokens for the management API
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What can be done with tokens.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    Create(Create),
    /// List the tokens, without what is secret in them
    #[command(after_help = LIST_EXAMPLES)]
    List,
    Revoke(Revoke),
}

/// Make a token, and print it once
#[derive(clap::Args, Debug)]
#[command(after_help = CREATE_EXAMPLES)]
pub(crate) struct Create {
    /// What it is for; shown in lists and in the audit log
    #[arg(long, value_name = "N")]
    pub(crate) name: String,

    /// What it may do; repeat it for more [default: everything]
    #[arg(long = "scope", value_name = "S")]
    pub(crate) scopes: Vec<String>,

    /// When it ends, such as 12h, 90d or 52w [default: never]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) expires_in: Option<Duration>,
}

/// End a token at once
#[derive(clap::Args, Debug)]
#[command(after_help = REVOKE_EXAMPLES)]
pub(crate) struct Revoke {
    /// Id of the token, as `token list` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}
