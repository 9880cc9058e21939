//! `keywright quickstart`: serves with a small example in it, after proving that its key works.

mod proof;
mod story;

use super::Context;
use super::serve::Started;
use crate::cli::Listen;
use crate::config::Config;
use crate::desk::Running;
use crate::output::{Failure, Problem};
use proof::prove;
use story::Story;

const EXAMPLES: &str = "\
Examples:
  keywright quickstart
  keywright quickstart --exit --data-dir /tmp/keywright-example

It adds one API, one plan, one partner, one developer, one application and one key; shows that a call without \
the key is refused and that a call with it is allowed; prints what to try next; and keeps serving.";

/// Start with a small example in it, and see a key work
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) listen: Listen,

    /// End with status 0 as soon as the key has been seen to work, leaving the example in the data folder
    #[arg(long)]
    pub(crate) exit: bool,
}

/// Starts, proves, tells, and goes on serving.
pub(crate) async fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let config = context.load(&args.listen)?.config;
    let running = Running::start(&config).await?;
    let told = tell(args, context, &config, &running).await;
    if told.is_ok() && !args.exit {
        return running.serve().await;
    }
    running.stop().await;
    told
}

async fn tell(args: &Args, context: &Context, config: &Config, running: &Running) -> anyhow::Result<()> {
    if running.app.is_in_use_without_example().await? {
        let problem =
            Problem::new("this data folder is in use: there is an administrator, and no example in it");
        return Err(Failure::failed(
            problem
                .hint("name a new folder with --data-dir, so that nobody sees a made-up API and a key to it"),
        )
        .into());
    }
    let example = running.app.install_example().await?;
    let proof = prove(&example, config, running.gateway).await?;
    // A server that ends at once has no use for the link, and would take it from one that runs elsewhere.
    let setup_url = if args.exit { None } else { running.setup_url().await? };
    let started = Started::new(config, running, setup_url);
    context.output.answer(&Story::new(started, example, proof, &context.again(config), args.exit))
}
