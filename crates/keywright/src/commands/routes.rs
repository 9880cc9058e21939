//! `keywright routes`: every path that is answered.

use std::io::{self, Write};

use serde::Serialize;

use super::Context;
use crate::output::{Answer, Table};

const EXAMPLES: &str = "\
Examples:
  keywright routes
  keywright routes | grep subscriptions
  keywright routes --json";

/// Print every path that is answered, by listener
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// Prints them.
pub(crate) fn run(context: &Context) -> anyhow::Result<()> {
    let routes = server::routes().into_iter().map(|route| Route {
        method: route.method.to_string(),
        path: route.path.to_string(),
        summary: route.summary.to_string(),
    });
    context.output.answer(&Routes { routes: routes.collect() })
}

#[derive(Serialize)]
struct Routes {
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct Route {
    method: String,
    path: String,
    summary: String,
}

impl Answer for Routes {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new(["method", "path", "what it does"]);
        for route in &self.routes {
            table.row([route.method.clone(), route.path.clone(), route.summary.clone()]);
        }
        write!(out, "{table}")
    }
}
