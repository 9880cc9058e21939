//! `keywright config …`: what is configured, where it comes from, and whether it is right.

use std::io::{self, Write};
use std::path::Path;

use owo_colors::OwoColorize as _;
use serde::Serialize;
use toml::Value;

use super::Context;
use crate::cli::Listen;
use crate::config::{Loaded, Preset, SETTINGS, example, read_secret_file};
use crate::output::{Answer, Failure, Table};
use crate::text::printable;

const CHECK_EXAMPLES: &str = "\
Examples:
  keywright config check
  keywright config check --config /etc/keywright.toml --json

It reads the file, the environment and the files with secrets that they name, tells everything that is wrong, and \
ends with status 2 if anything is. It connects to nothing; `keywright doctor` does.";

const SHOW_EXAMPLES: &str = "\
Examples:
  keywright config show
  KEYWRIGHT_LOG_LEVEL=debug keywright config show --json

Passwords are shown as ***.";

const EXAMPLE_EXAMPLES: &str = "\
Examples:
  keywright config example > keywright.toml
  keywright config example --json";

/// Look at the configuration
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What can be done with the configuration.
#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Tell everything that is wrong
    #[command(after_help = CHECK_EXAMPLES)]
    Check,
    /// Print every setting, and where it comes from
    #[command(after_help = SHOW_EXAMPLES)]
    Show,
    /// Print a file with every setting, explained and commented out
    #[command(after_help = EXAMPLE_EXAMPLES)]
    Example,
}

/// Does what was asked for.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    match args.action {
        Action::Check => check(context),
        Action::Show => context.output.answer(&Shown::from(&context.load(&Listen::default())?)),
        Action::Example => context.output.answer(&Example::new()),
    }
}

fn check(context: &Context) -> anyhow::Result<()> {
    let loaded = context.load(&Listen::default())?;
    let config = &loaded.config;
    let secrets = [
        ("gateway.shared_secret_file", &config.gateway.shared_secret_file),
        ("mail.password_file", &config.mail.password_file),
    ];
    let named = secrets.into_iter().filter_map(|(key, path)| Some((key, path.as_deref()?)));
    let problems: Vec<_> = named.filter_map(|(key, path)| read_secret_file(key, path).err()).collect();
    if !problems.is_empty() {
        return Err(Failure::configuration(problems).into());
    }
    context.output.answer(&Checked::from(&loaded))
}

/// What would be started: the few things that one looks for first.
#[derive(Serialize)]
struct Checked {
    ok: bool,
    file: Option<String>,
    data_dir: String,
    database: String,
    public_url: String,
    listen: String,
    gateway_listen: String,
    mail: String,
}

impl From<&Loaded> for Checked {
    fn from(loaded: &Loaded) -> Self {
        let config = &loaded.config;
        Self {
            ok: true,
            file: loaded.file.as_deref().map(shown_path),
            data_dir: shown_path(&config.data_dir),
            database: config.database_name(),
            public_url: config.server.public_url(config.server.listen).to_string(),
            listen: config.server.listen.to_string(),
            gateway_listen: config.gateway.listen.to_string(),
            mail: config.mail.way(),
        }
    }
}

fn shown_path(path: &Path) -> String {
    path.display().to_string()
}

impl Answer for Checked {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} nothing is wrong with the configuration", "ok:".green().bold())?;
        for (name, value) in [
            ("file", self.file.as_deref().unwrap_or("none; the defaults and the environment are enough")),
            ("data", &self.data_dir),
            ("database", &self.database),
            ("people", &format!("{} (listening on {})", self.public_url, self.listen)),
            ("gateways", &format!("http://{}", self.gateway_listen)),
            ("mail", &self.mail),
        ] {
            writeln!(out, "  {name:<9} {}", printable(value))?;
        }
        Ok(())
    }
}

/// Every setting with its value and origin.
#[derive(Serialize)]
struct Shown {
    file: Option<String>,
    settings: Vec<ShownSetting>,
}

#[derive(Serialize)]
struct ShownSetting {
    key: &'static str,
    value: Option<Value>,
    origin: &'static str,
    /// The line, variable or flag.
    place: Option<String>,
    /// What it means that there is no value.
    #[serde(skip)]
    unset: &'static str,
}

impl From<&Loaded> for Shown {
    fn from(loaded: &Loaded) -> Self {
        let settings = loaded.settings.iter().map(|found| ShownSetting {
            key: found.setting.key,
            value: found.shown(),
            origin: found.origin.layer(),
            place: found.origin.place(),
            unset: match found.setting.preset {
                Preset::Unset { meaning, .. } => meaning,
                Preset::Is(_) => "",
            },
        });
        Self { file: loaded.file.as_deref().map(shown_path), settings: settings.collect() }
    }
}

impl Answer for Shown {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new(["setting", "value", "from"]);
        for setting in &self.settings {
            let value = match &setting.value {
                Some(value) => value.to_string(),
                None => format!("({})", setting.unset),
            };
            let place = setting.place.iter().map(|place| format!(" {place}"));
            table.row([
                setting.key.to_owned(),
                value,
                format!("{}{}", setting.origin, place.collect::<String>()),
            ]);
        }
        write!(out, "{table}")
    }
}

/// The table of settings: as a file to begin with, or as data.
#[derive(Serialize)]
struct Example {
    settings: Vec<ExampleSetting>,
}

#[derive(Serialize)]
struct ExampleSetting {
    key: &'static str,
    environment: String,
    expects: String,
    default: Option<Value>,
    help: &'static str,
}

impl Example {
    fn new() -> Self {
        let settings = SETTINGS.iter().map(|setting| ExampleSetting {
            key: setting.key,
            environment: setting.variable(),
            expects: setting.kind.expects(),
            default: Some(setting.default()).filter(|value| !setting.is_unset(value)),
            help: setting.help,
        });
        Self { settings: settings.collect() }
    }
}

impl Answer for Example {
    fn for_people(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(example().as_bytes())
    }
}
