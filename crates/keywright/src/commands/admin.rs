//! `keywright admin …`: administrators.

const EXAMPLES: &str = "\
Examples:
  keywright admin create --email ada@example.com --password-stdin < password.txt

It works while the server runs. The password is read from standard input, because arguments can be seen in the
list of processes.";

/// Manage administrators
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What can be done with administrators.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    Create(Create),
}

/// Make an administrator
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Create {
    /// Mail address to log in with
    #[arg(long, value_name = "E")]
    pub(crate) email: String,

    /// Read the password from standard input, up to the end of the first line
    #[arg(long, required = true)]
    pub(crate) password_stdin: bool,
}
