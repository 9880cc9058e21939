//! The command line: what can be typed, and the help for it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    admin, config, doctor, keys, master_key, migrate, openapi, quickstart, routes, serve, token,
};
use crate::config::Flag;
use crate::output::Color;

const EXAMPLES: &str = "\
Examples:
  keywright quickstart         start with a small example, and see a key work
  keywright serve              start; no configuration is needed
  keywright config show        see every setting, and where it comes from
  keywright help token create  learn more about a command

Exit status: 0 done, 1 failed, 2 wrong arguments or configuration.";

/// One desk between the people who offer APIs and the people who call them
#[derive(Debug, Parser)]
#[command(name = "keywright", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Folder for the master key file and the embedded database [default: ./keywright-data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,

    /// Configuration file [default: ./keywright.toml if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// PostgreSQL to use instead of the embedded SQLite
    ///
    /// A password in it can be seen in the list of processes; the environment variable
    /// KEYWRIGHT_DATABASE_URL cannot.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,

    /// Answer in JSON, errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// Log more: -v for debugging, -vv for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Where a command that serves listens.
#[derive(Args, Debug, Default)]
pub(crate) struct Listen {
    /// Address for people and APIs [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,

    /// Address for gateways and metrics [default: 127.0.0.1:8081]
    #[arg(long, value_name = "ADDR")]
    gateway_listen: Option<String>,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Args),
    Quickstart(quickstart::Args),
    Migrate(migrate::Args),
    Admin(admin::Args),
    Token(token::Args),
    Keys(keys::Args),
    MasterKey(master_key::Args),
    Routes(routes::Args),
    Openapi(openapi::Args),
    Config(config::Args),
    Doctor(doctor::Args),
}

/// The settings that the command line makes.
pub(crate) fn flags(global: &Global, listen: &Listen) -> Vec<Flag> {
    [
        ("--data-dir", "data_dir", &global.data_dir),
        ("--database-url", "database.url", &global.database_url),
        ("--listen", "server.listen", &listen.listen),
        ("--gateway-listen", "gateway.listen", &listen.gateway_listen),
    ]
    .into_iter()
    .filter_map(|(name, key, value)| value.clone().map(|value| Flag { name, key, value }))
    .collect()
}

/// How to tell people that their command line cannot be parsed. It is looked for by hand, since clap knows
/// nothing of a line that it could not parse.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tone {
    pub(crate) json: bool,
    pub(crate) color: Color,
}

impl Tone {
    /// Reads `--json` and `--color` from the arguments; a misspelt colour is left for clap to tell.
    pub(crate) fn of(arguments: &[OsString]) -> Self {
        let mut tone = Self::default();
        let mut words =
            arguments.iter().filter_map(|argument| argument.to_str()).take_while(|word| *word != "--");
        while let Some(word) = words.next() {
            let when = match word {
                "--json" => {
                    tone.json = true;
                    None
                }
                "--color" => words.next(),
                _ => word.strip_prefix("--color="),
            };
            if let Some(color) = when.and_then(|when| clap::ValueEnum::from_str(when, false).ok()) {
                tone.color = color;
            }
        }
        tone
    }
}

/// A span of time such as `90d`, `12h` or `30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a span of time is a number and s, m, h, d or w, such as 90d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    if number == 0 {
        return Err("it must be longer than nothing".to_owned());
    }
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn clap_finds_no_fault_in_the_commands() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_command_lines_that_scripts_rely_on_parse() {
        for line in [
            "keywright serve --data-dir DIR --listen ADDR --gateway-listen ADDR",
            "keywright quickstart --data-dir DIR --listen ADDR --gateway-listen ADDR --exit",
            "keywright token create --data-dir DIR --name N --json",
            "keywright token create --name N --scope *:read --scope apis:write --expires-in 90d",
            "keywright token list",
            "keywright token revoke 0190",
            "keywright admin create --data-dir DIR --email E --password-stdin",
            "keywright --json --color never -vv migrate --database-url postgres://h/d",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }

    #[test]
    fn flags_become_settings() {
        let line = "keywright serve --data-dir d --listen l --gateway-listen g --database-url u";
        let cli = Cli::parse_from(line.split(' '));
        let Command::Serve(args) = &cli.command else { panic!("another command") };
        let flags = flags(&cli.global, &args.listen);
        let made: Vec<_> = flags.iter().map(|flag| (flag.name, flag.key, flag.value.as_str())).collect();
        assert_eq!(
            made,
            [
                ("--data-dir", "data_dir", "d"),
                ("--database-url", "database.url", "u"),
                ("--listen", "server.listen", "l"),
                ("--gateway-listen", "gateway.listen", "g"),
            ]
        );
        for flag in flags {
            assert!(crate::config::SETTINGS.iter().any(|setting| setting.key == flag.key), "{}", flag.key);
        }
    }

    #[test]
    fn the_tone_is_heard_in_lines_that_clap_cannot_parse() {
        let tone = |line: &str| Tone::of(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(tone("keywright nonsense --json"), Tone { json: true, color: Color::Auto });
        assert_eq!(tone("keywright --color never --x"), Tone { json: false, color: Color::Never });
        assert_eq!(tone("keywright --color=always"), Tone { json: false, color: Color::Always });
        assert_eq!(tone("keywright -- --json --color never"), Tone::default());
    }

    #[test]
    fn spans_of_time() {
        for (text, seconds) in
            [("1s", 1), ("30m", 1800), ("12h", 43_200), ("90d", 7_776_000), ("2w", 1_209_600)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "d", "90", "0d", "-1d", "1.5h", "1ä", "99999999999w"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
