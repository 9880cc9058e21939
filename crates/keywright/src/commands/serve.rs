//! `keywright serve`: both listeners, until it is told to stop.

use std::io::{self, Write};
use std::net::SocketAddr;

use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::Context;
use crate::cli::Listen;
use crate::config::Config;
use crate::desk::Running;
use crate::output::Answer;
use crate::text::printable;

const EXAMPLES: &str = "\
Examples:
  keywright serve
  keywright serve --data-dir /var/lib/keywright --listen 0.0.0.0:8080
  KEYWRIGHT_DATABASE_URL=postgres://keywright:…@db/keywright keywright serve

Without any configuration it makes ./keywright-data, listens on 127.0.0.1:8080 for people and APIs and on \
127.0.0.1:8081 for gateways, and prints a link for the first administrator. SIGTERM and SIGINT stop it \
gracefully.";

/// Start, and keep serving
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) listen: Listen,
}

/// Serves until it is told to stop.
pub(crate) async fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let config = context.load(&args.listen)?.config;
    let running = Running::start(&config).await?;
    let setup_url = running.setup_url().await?;
    context.output.answer(&Started::new(&config, &running, setup_url))?;
    running.serve().await
}

/// Where a server that has just started is, and what it stands on.
#[derive(Serialize)]
pub(super) struct Started {
    version: &'static str,
    pub(super) public_url: String,
    listen: SocketAddr,
    gateway_listen: SocketAddr,
    data_dir: String,
    database: String,
    mail: String,
    /// Where somebody becomes the first administrator, if nobody is one yet.
    setup_url: Option<String>,
}

impl Started {
    /// Describes it.
    pub(super) fn new(config: &Config, running: &Running, setup_url: Option<String>) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            public_url: running.public_url.to_string(),
            listen: running.public,
            gateway_listen: running.gateway,
            data_dir: config.data_dir.display().to_string(),
            database: config.database_name(),
            mail: config.mail.way(),
            setup_url,
        }
    }

    /// The flags that make another one listen there.
    pub(super) fn flags(&self) -> String {
        format!("--listen {} --gateway-listen {}", self.listen, self.gateway_listen)
    }

    /// Where it is and what it stands on.
    pub(super) fn places(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} {}\n", "Keywright".bold(), self.version)?;
        for (name, value) in [
            ("people and APIs", format!("{} (listening on {})", self.public_url, self.listen)),
            ("gateways", format!("http://{}", self.gateway_listen)),
            ("data folder", self.data_dir.clone()),
            ("database", self.database.clone()),
            ("mail", self.mail.clone()),
        ] {
            writeln!(out, "  {name:<16} {}", printable(&value))?;
        }
        if cfg!(debug_assertions) {
            let slow = "for development, not optimised: build with --release to run it for others";
            writeln!(out, "  {:<16} {slow}", "build")?;
        }
        Ok(())
    }

    /// How somebody becomes the first administrator.
    pub(super) fn set_up(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(url) = &self.setup_url else { return Ok(()) };
        writeln!(out, "\nBecome the first administrator (this works once, within 24 hours):\n")?;
        writeln!(out, "  {}", url.bold())
    }
}

impl Answer for Started {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        self.places(out)?;
        self.set_up(out)?;
        writeln!(out, "\nIt serves now. Ctrl-C stops it.")
    }
}
