//! `keywright admin …`: administrators.

use std::io::{self, BufRead as _, BufReader, Read, Write};

use app::Caller;
use domain::{AdministratorId, AdministratorRole, GatewayId};
use owo_colors::OwoColorize as _;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Context;
use crate::output::{Answer, Failure, Problem};
use crate::text::printable;

/// More of a line is not read; no password may be as long.
const MOST_BYTES: u64 = 8192;

const EXAMPLES: &str = "\
Examples:
  keywright admin create --email a@example.com --password-stdin < password.txt
  keywright admin create --email eve@example.com --role auditor --password-stdin < password.txt
  keywright admin create --email g@example.com --role provider --gateway ID --password-stdin

It works while the server runs. The password is read from standard input, because arguments can be seen in the \
list of processes.";

const REMOVE_FACTOR_EXAMPLES: &str = "\
Examples:
  keywright admin remove-factor --email a@example.com

Their passkeys go with it, and they are told by mail. From then on the password alone signs them in, unless \
sign_in.second_factor demands a new one.";

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
    RemoveFactor(RemoveFactor),
}

/// Make an administrator
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Create {
    /// Mail address to log in with
    #[arg(long, value_name = "E")]
    pub(crate) email: String,

    /// What they may do: administrator, approver, auditor, or provider, the technical user of a gateway
    #[arg(long, value_name = "ROLE", default_value = "administrator",
        value_parser = clap::builder::PossibleValuesParser::new(AdministratorRole::WORDS))]
    pub(crate) role: String,

    /// The id of the gateway of a provider
    #[arg(long, value_name = "ID")]
    pub(crate) gateway: Option<GatewayId>,

    /// Read the password from standard input, up to the end of the first line
    #[arg(long, required = true)]
    pub(crate) password_stdin: bool,
}

/// Remove the second factor of an administrator who has lost it
#[derive(clap::Args, Debug)]
#[command(after_help = REMOVE_FACTOR_EXAMPLES)]
pub(crate) struct RemoveFactor {
    /// Mail address to log in with
    #[arg(long, value_name = "E")]
    pub(crate) email: String,
}

/// Does what was asked for.
pub(crate) async fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    match args.action {
        Action::Create(create) => run_create(create, context).await,
        Action::RemoveFactor(RemoveFactor { email }) => {
            let app = context.open().await?;
            app.remove_factor_at(&Caller::operator(), &email).await?;
            context.output.answer(&Removed { email })
        }
    }
}

async fn run_create(create: Create, context: &Context) -> anyhow::Result<()> {
    let Create { email, role, gateway, .. } = create;
    let role = AdministratorRole::parse(&role, gateway).map_err(app::Error::from)?;
    let password = first_line(io::stdin().lock())?;
    let app = context.open().await?;
    let made = app.create_administrator_as(&Caller::operator(), &email, &password, Ok(role)).await?.value;
    let answer = Made { id: made.id, email: made.email.to_string(), role: made.role.as_str() };
    context.output.answer(&answer)
}

/// A password from standard input: the first line, or all of it if it has no line end.
fn first_line(input: impl Read) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let read = BufReader::new(input.take(MOST_BYTES)).read_line(&mut line);
    read.map_err(|error| {
        Failure::failed(Problem::new(format!("cannot read a password from standard input: {error}")))
    })?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Zeroizing::new(password.strip_suffix('\r').unwrap_or(password).to_owned()))
}

#[derive(Serialize)]
struct Made {
    id: AdministratorId,
    email: String,
    role: &'static str,
}

impl Answer for Made {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let article = if self.role.starts_with('a') { "an" } else { "a" };
        writeln!(out, "{} {} is {article} {} now", "ok:".green().bold(), printable(&self.email), self.role)
    }
}

#[derive(Serialize)]
struct Removed {
    email: String,
}

impl Answer for Removed {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} the password of {} is enough now", "ok:".green().bold(), printable(&self.email))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_as_it_is() {
        for (input, password) in [
            ("correct horse\nbattery\n", "correct horse"),
            (" staple \r\n", " staple "),
            ("no line end", "no line end"),
            ("", ""),
        ] {
            assert_eq!(*first_line(input.as_bytes()).unwrap(), password);
        }
        assert!(first_line(&b"\xff\n"[..]).is_err());
    }
}
