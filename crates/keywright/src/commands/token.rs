//! `keywright token …`: administrators' API tokens.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context as _;
use app::{App, Caller, PageRequest};
use domain::{ApiToken, ApiTokenId, Hint, Instant, Scope};
use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::Context;
use crate::cli::duration;
use crate::output::{Answer, Table};
use crate::text::printable;

const CREATE_EXAMPLES: &str = "\
Examples:
  keywright token create --name ci
  keywright token create --name reports --scope '*:read' --expires-in 90d
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

    /// What it may do, such as *:read or partners:write; repeat it for more [default: *:write, everything]
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

/// Does what was asked for.
pub(crate) async fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let app = match args.action {
        Action::Create(_) => context.open().await?,
        Action::List | Action::Revoke(_) => context.open_existing().await?,
    };
    match args.action {
        Action::Create(create) => context.output.answer(&make(&app, create).await?),
        Action::List => context.output.answer(&Listed { tokens: all(&app).await? }),
        Action::Revoke(Revoke { id }) => {
            let id = id.parse().map_err(app::Error::from)?;
            let token = app.revoke_api_token(&Caller::operator(), id).await?;
            context.output.answer(&Shown::from(token))
        }
    }
}

async fn make(app: &App, create: Create) -> anyhow::Result<Made> {
    let everything = || vec![Scope::ALL.to_string()];
    let scopes = if create.scopes.is_empty() { everything() } else { create.scopes };
    let expires_at = create.expires_in.map(|span| app.clock().now() + span);
    let made = app.create_api_token(&Caller::operator(), &create.name, &scopes, expires_at).await?;
    let secret = made.secret.context("a new token has a secret")?;
    Ok(Made { token: secret.expose().to_owned(), about: made.value.into() })
}

async fn all(app: &App) -> anyhow::Result<Vec<Shown>> {
    let mut tokens = Vec::new();
    let mut after = None;
    loop {
        let page = app.api_tokens(&Caller::operator(), PageRequest { after, limit: 200 }).await?;
        tokens.extend(page.items.into_iter().map(Shown::from));
        after = page.next;
        if after.is_none() {
            return Ok(tokens);
        }
    }
}

/// A token as it may be shown for ever.
#[derive(Serialize)]
struct Shown {
    id: ApiTokenId,
    name: String,
    hint: Hint,
    scopes: Vec<Scope>,
    created_at: Instant,
    expires_at: Option<Instant>,
    revoked_at: Option<Instant>,
}

impl From<ApiToken> for Shown {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name.to_string(),
            hint: token.hint,
            scopes: token.scopes,
            created_at: token.meta.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl Shown {
    fn scopes(&self) -> String {
        self.scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(" ")
    }

    fn ends(&self) -> String {
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("expires {at}"),
            (None, None) => "never expires".to_owned(),
        }
    }
}

impl Answer for Shown {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {} ({}) is revoked", "ok:".green().bold(), printable(&self.name), self.id)
    }
}

/// A new token. The secret comes first, so that a script can cut it out without a parser.
#[derive(Serialize)]
struct Made {
    token: String,
    #[serde(flatten)]
    about: Shown,
}

impl Answer for Made {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n", self.token.bold())?;
        writeln!(out, "This is the token {}, shown this once.", printable(&self.about.name))?;
        writeln!(out, "  id      {}", self.about.id)?;
        writeln!(out, "  scopes  {}", self.about.scopes())?;
        writeln!(out, "  ends    {}", self.about.ends())
    }
}

#[derive(Serialize)]
struct Listed {
    tokens: Vec<Shown>,
}

impl Answer for Listed {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.tokens.is_empty() {
            return writeln!(out, "There are no tokens yet. Make one: keywright token create --name NAME");
        }
        let mut table = Table::new(["id", "name", "token", "scopes", "ends"]);
        for token in &self.tokens {
            let hint = format!("{}…{}", token.hint.prefix, token.hint.last4);
            table.row([token.id.to_string(), token.name.clone(), hint, token.scopes(), token.ends()]);
        }
        write!(out, "{table}")
    }
}
