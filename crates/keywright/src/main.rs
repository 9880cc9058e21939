//! The `keywright` binary: the command line, the configuration, and what starts everything else.

mod cli;
mod commands;
mod config;
mod logging;
mod output;
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, Tone};
use commands::Context;
use output::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
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
        Command::Config(args) => commands::config::run(&args, &context),
        Command::Serve(_)
        | Command::Quickstart(_)
        | Command::Migrate(_)
        | Command::Admin(_)
        | Command::Token(_)
        | Command::Routes(_)
        | Command::Openapi(_)
        | Command::Doctor(_) => anyhow::bail!("this command is not part of this version yet"),
    }
}
