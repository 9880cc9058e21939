//! The `keywright` binary: the command line, the configuration, and what starts everything else.

mod allocator;
mod cli;
mod commands;
mod config;
mod desk;
mod harden;
mod logging;
mod output;
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, Tone};
use commands::Context;
use output::Exit;

fn main() -> ExitCode {
    harden::harden();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let tone = Tone::of(&arguments);
    anstream::ColorChoice::write_global(tone.color.into());
    let exit = match Cli::try_parse_from(arguments) {
        Err(error) => output::report_usage(&error, tone.json),
        Ok(cli) => match run(cli) {
            Ok(()) => Exit::Done,
            Err(error) => output::report(error, tone.json),
        },
    };
    exit.into()
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let context = Context::new(cli.global);
    match cli.command {
        Command::Serve(args) => wait_for(commands::serve::run(&args, &context)),
        Command::Quickstart(args) => wait_for(commands::quickstart::run(&args, &context)),
        Command::Migrate(_) => wait_for(commands::migrate::run(&context)),
        Command::Admin(args) => wait_for(commands::admin::run(args, &context)),
        Command::Keys(args) => wait_for(commands::keys::run(args, &context)),
        Command::MasterKey(args) => wait_for(commands::master_key::run(args, &context)),
        Command::Token(args) => wait_for(commands::token::run(args, &context)),
        Command::Routes(_) => commands::routes::run(&context),
        Command::Openapi(_) => commands::openapi::run(&context),
        Command::Config(args) => commands::config::run(&args, &context),
        Command::Doctor(_) => wait_for(commands::doctor::run(&context)),
    }
}

/// Does what has to wait for others. What is still going on afterwards is left behind.
fn wait_for(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}
