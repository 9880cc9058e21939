//! What quickstart tells: what it made, what it saw, and what to try next.

use std::io::{self, Write};

use app::Example;
use owo_colors::OwoColorize as _;
use serde::Serialize;

use super::proof::Proof;
use crate::commands::Again;
use crate::commands::serve::Started;
use crate::output::Answer;

/// Everything that is worth telling.
#[derive(Serialize)]
pub(super) struct Story {
    #[serde(flatten)]
    started: Started,
    example: Shown,
    /// Shown this once.
    key: String,
    proof: Proof,
    #[serde(skip)]
    next: Next,
}

/// The example, by its names.
#[derive(Serialize)]
struct Shown {
    api: String,
    path: String,
    plan: String,
    partner: String,
    developer: String,
    application: String,
}

/// Commands that work as they are printed.
struct Next {
    /// If nothing serves any more.
    serve: Option<String>,
    make_token: String,
    list_partners: String,
}

impl Story {
    /// Gathers it.
    pub(super) fn new(
        started: Started,
        example: Example,
        proof: Proof,
        again: &Again,
        is_over: bool,
    ) -> Self {
        let create = again.command("token create --name me --json");
        let next = Next {
            serve: is_over.then(|| again.command(&format!("serve {}", started.flags()))),
            // The token is the first value of the answer.
            make_token: format!(r#"TOKEN=$({create} | cut -d'"' -f4)"#),
            list_partners: format!(
                r#"curl -i -H "Authorization: Bearer $TOKEN" {}/api/v1/partners"#,
                started.public_url
            ),
        };
        let key = example.key.expose().to_owned();
        Self { started, example: Shown::from(example), key, proof, next }
    }

    fn seen(&self, out: &mut dyn Write) -> io::Result<()> {
        let Shown { api, path, plan, partner, developer, application } = &self.example;
        let Proof { target, status_without_key, status_with_key, .. } = &self.proof;
        for line in [
            format!("the API {api} is at {path}, with the plan {plan}"),
            format!("the partner {partner} has the developer {developer}"),
            format!("the application {application} is subscribed to it, and has a new key"),
            format!("GET {target} without the key is refused: {status_without_key}"),
            format!("GET {target} with the key is allowed: {status_with_key}, and it names the caller:"),
        ] {
            writeln!(out, "  {} {line}", "✓".green().bold())?;
        }
        writeln!(out, "      application {}, plan {}", self.proof.application_id, self.proof.plan)
    }

    fn next(&self, out: &mut dyn Write) -> io::Result<()> {
        let Proof { ask_without_key, ask_with_key, .. } = &self.proof;
        let Next { serve, make_token, list_partners } = &self.next;
        let steps = [
            ("Ask what a gateway asks before it lets a call pass", vec![ask_with_key, ask_without_key]),
            ("Look at what is there, with a token for the management API", vec![make_token, list_partners]),
        ];
        let serve = serve.iter().map(|serve| ("Start it again", vec![serve]));
        for (what, commands) in serve.chain(steps) {
            writeln!(out, "\n  {what}:")?;
            for command in commands {
                writeln!(out, "    {command}")?;
            }
        }
        Ok(())
    }
}

impl From<Example> for Shown {
    fn from(example: Example) -> Self {
        Self {
            api: example.api,
            path: example.path,
            plan: example.plan,
            partner: example.partner,
            developer: example.developer,
            application: example.application.name.to_string(),
        }
    }
}

impl Answer for Story {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        self.started.places(out)?;
        writeln!(out)?;
        self.seen(out)?;
        writeln!(out, "\nThe key, shown this once (the next quickstart makes another and ends this one):\n")?;
        writeln!(out, "  {}", self.key.bold())?;
        writeln!(out, "\nWhat to try next, in another terminal:")?;
        self.next(out)?;
        writeln!(out, "\n  Read what else the management API can do:")?;
        writeln!(out, "    {}/api/v1/docs", self.started.public_url)?;
        writeln!(out, "\n  Put nginx or Caddy in front of an API of yours:")?;
        writeln!(out, "    docs/guide/gateways/nginx.md, docs/guide/gateways/caddy.md")?;
        self.started.set_up(out)?;
        match self.next.serve {
            Some(_) => writeln!(out, "\nThe example stays in the data folder."),
            None => writeln!(out, "\nIt serves now. Ctrl-C stops it."),
        }
    }
}
