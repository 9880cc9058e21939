//! `keywright keys …`: the keys that tokens are signed with.

use std::io::{self, Write};

use app::{App, Caller, PageRequest};
use domain::{Instant, SigningAlgorithm, SigningKey, SigningKeyId, SigningKeyState};
use serde::Serialize;

use super::Context;
use crate::output::{Answer, Table};

const ROTATE_EXAMPLES: &str = "\
Examples:
  keywright keys rotate
  keywright keys rotate --algorithm RS256

The new key is published at once and signs after 20 minutes, while the server runs.";

const REVOKE_EXAMPLES: &str = "\
Examples:
  keywright keys list
  keywright keys revoke 01939c2f-3f2a-7c61-9d0e-5b1f6f1d2a77";

/// Manage the keys that tokens are signed with
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) action: Action,
}

/// What can be done with keys.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Action {
    /// List the keys, without their private parts
    List,
    Rotate(Rotate),
    Revoke(Revoke),
}

/// Make the next key of each kind
#[derive(clap::Args, Debug)]
#[command(after_help = ROTATE_EXAMPLES)]
pub(crate) struct Rotate {
    /// Only keys of this kind: RS256, PS256, ES256 or EdDSA
    #[arg(long, value_name = "ALG", value_parser = algorithm)]
    pub(crate) algorithm: Option<SigningAlgorithm>,
}

/// End a key at once; what it signed is worth nothing
#[derive(clap::Args, Debug)]
#[command(after_help = REVOKE_EXAMPLES)]
pub(crate) struct Revoke {
    /// Id of the key, as `keys list` shows it
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

fn algorithm(text: &str) -> Result<SigningAlgorithm, String> {
    let known = || SigningAlgorithm::ALL.map(SigningAlgorithm::as_str).join(", ");
    SigningAlgorithm::parse(text).ok_or_else(|| format!("must be one of {}", known()))
}

/// Does what was asked for.
pub(crate) async fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let app = context.open_existing().await?;
    let operator = Caller::operator();
    let keys = match args.action {
        Action::List => all(&app).await?,
        Action::Rotate(Rotate { algorithm }) => app.rotate_signing_keys(&operator, algorithm).await?,
        Action::Revoke(Revoke { id }) => {
            let id: SigningKeyId = id.parse().map_err(app::Error::from)?;
            vec![app.revoke_signing_key(&operator, id).await?]
        }
    };
    context.output.answer(&Listed { keys: keys.into_iter().map(Shown::from).collect() })
}

async fn all(app: &App) -> anyhow::Result<Vec<SigningKey>> {
    let mut keys = Vec::new();
    let mut after = None;
    loop {
        let page = app.signing_keys(&Caller::operator(), PageRequest { after, limit: 200 }).await?;
        keys.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(keys);
        }
    }
}

/// A key without its private part.
#[derive(Serialize)]
struct Shown {
    id: SigningKeyId,
    series: String,
    algorithm: SigningAlgorithm,
    state: SigningKeyState,
    since: Instant,
}

impl From<SigningKey> for Shown {
    fn from(key: SigningKey) -> Self {
        let SigningKey { id, series, algorithm, state, since, .. } = key;
        Self { id, series, algorithm, state, since }
    }
}

fn word(state: SigningKeyState) -> &'static str {
    match state {
        SigningKeyState::Pending => "pending",
        SigningKeyState::Active => "active",
        SigningKeyState::Retiring => "retiring",
        SigningKeyState::Retired => "retired",
        SigningKeyState::Revoked => "revoked",
    }
}

#[derive(Serialize)]
struct Listed {
    keys: Vec<Shown>,
}

impl Answer for Listed {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.keys.is_empty() {
            return writeln!(
                out,
                "There are no signing keys yet: the server makes them once there is a client to sign for."
            );
        }
        let mut table = Table::new(["id", "algorithm", "series", "state", "since"]);
        for key in &self.keys {
            let state = word(key.state).to_owned();
            let since = key.since.to_string();
            table.row([
                key.id.to_string(),
                key.algorithm.as_str().to_owned(),
                key.series.clone(),
                state,
                since,
            ]);
        }
        write!(out, "{table}")
    }
}
