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
    let mut routes = Vec::new();
    for (listener, answered) in [("public", server::public_routes()), ("gateway", server::gateway_routes())] {
        routes.extend(answered.into_iter().map(|route| Route {
            listener,
            method: route.method,
            path: route.path,
            summary: route.summary,
        }));
    }
    context.output.answer(&Routes { routes })
}

#[derive(Serialize)]
struct Routes {
    routes: Vec<Route>,
}

#[derive(Serialize)]
struct Route {
    listener: &'static str,
    method: String,
    path: String,
    summary: String,
}

impl Answer for Routes {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new(["listener", "method", "path", "what it does"]);
        for Route { listener, method, path, summary } in &self.routes {
            table.row([(*listener).to_owned(), method.clone(), path.clone(), summary.clone()]);
        }
        write!(out, "{table}")
    }
}
