//! What can be done on the command line, one file per command, each with its arguments and what it does.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod master_key;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod quickstart;
pub(crate) mod routes;
pub(crate) mod serve;
pub(crate) mod token;

use std::path::Path;
use std::sync::Arc;

use app::App;

use crate::cli::{Global, Listen, flags};
use crate::config::{Config, Environment, Loaded, Sources, load};
use crate::desk;
use crate::logging;
use crate::output::Output;
use crate::text::quoted;

/// What every command is given.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    global: Global,
}

impl Context {
    /// What these global options ask for.
    pub(crate) fn new(global: Global) -> Self {
        Self { output: Output::new(global.json), global }
    }

    /// Reads the configuration, and starts logging as it says.
    pub(crate) fn load(&self, listen: &Listen) -> anyhow::Result<Loaded> {
        let sources = Sources {
            file: self.global.config.clone(),
            environment: Environment::of_process(),
            flags: flags(&self.global, listen),
            ..Sources::default()
        };
        let loaded = load(&sources)?;
        logging::start(&loaded.config.log, self.global.verbose, sources.environment.log_filter())?;
        let file = loaded.file.as_ref().map(|path| path.display().to_string());
        tracing::debug!(file = file.as_deref().unwrap_or("none"), "configuration read");
        Ok(loaded)
    }

    /// Opens what the configuration names, for a command beside a server that may be running or not.
    pub(crate) async fn open(&self) -> anyhow::Result<Arc<App>> {
        open(&self.load(&Listen::default())?.config).await
    }

    /// The same for a command that only makes sense where there is something already: whoever stands in the wrong
    /// folder is told so, and nothing is made there.
    pub(crate) async fn open_existing(&self) -> anyhow::Result<Arc<App>> {
        let config = self.load(&Listen::default())?.config;
        desk::must_be_there(&config)?;
        open(&config).await
    }

    /// How to start this program again.
    pub(crate) fn again(&self, config: &Config) -> Again {
        let program = std::env::args_os().next().unwrap_or_default();
        let program = match Path::new(&program) {
            // Found by its name alone, wherever one is.
            name if name.components().count() == 1 => name.display().to_string(),
            path => quoted(path),
        };
        let file = self.global.config.as_deref().map(|file| format!(" --config {}", quoted(file)));
        let flags = format!(" --data-dir {}{}", quoted(&config.data_dir), file.unwrap_or_default());
        Again { program, flags }
    }
}

async fn open(config: &Config) -> anyhow::Result<Arc<App>> {
    desk::open(config, &config.server.public_url(config.server.listen)).await
}

/// How to start this program again, from any folder, with the same data folder and configuration file.
#[derive(Debug)]
pub(crate) struct Again {
    program: String,
    flags: String,
}

impl Again {
    /// A command line for a shell.
    pub(crate) fn command(&self, arguments: &str) -> String {
        format!("{} {arguments}{}", self.program, self.flags)
    }
}
