//! `keywright openapi`: the description of the management API.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::Context;
use crate::output::Answer;

const EXAMPLES: &str = "\
Examples:
  keywright openapi > openapi.json

It is the document that a running server answers with at /api/v1/openapi.json.";

/// Print the OpenAPI description of the management API
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}

/// Prints it.
pub(crate) fn run(context: &Context) -> anyhow::Result<()> {
    context.output.answer(&Document(RawValue::from_string(server::openapi_json())?))
}

/// It is JSON, whoever asks, to the letter as a server answers it.
#[derive(Serialize)]
#[serde(transparent)]
struct Document(Box<RawValue>);

impl Answer for Document {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.0.get())
    }
}
