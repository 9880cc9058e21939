//! What can be done on the command line, one file per command, each with its arguments and what it does.

pub(crate) mod admin;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod quickstart;
pub(crate) mod routes;
pub(crate) mod serve;
pub(crate) mod token;

use crate::cli::{Global, Listen, flags};
use crate::config::{Environment, Loaded, Sources, load};
use crate::logging;
use crate::output::Output;

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
}
