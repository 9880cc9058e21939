//! `keywright openapi`: the description of the management API.

const EXAMPLES: &str = "\
Examples:
  keywright openapi > openapi.json

It is the document that a running server answers with at /api/v1/openapi.json.";

/// Print the OpenAPI description of the management API
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {}
