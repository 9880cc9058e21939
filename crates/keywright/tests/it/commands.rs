//! The command line itself: help, versions, wrong arguments.

use crate::harness::Place;

const COMMANDS: &[&str] = &[
    "serve",
    "quickstart",
    "migrate",
    "admin",
    "admin create",
    "admin remove-factor",
    "token",
    "token create",
    "token list",
    "token revoke",
    "routes",
    "openapi",
    "config",
    "config check",
    "config show",
    "config example",
    "doctor",
];

#[test]
fn every_command_has_help() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.run(&format!("{command} --help"));
        let text = help.answer();
        assert!(text.contains(&format!("Usage: keywright {command}")), "{text}");
        assert!(text.contains("--data-dir <DIR>") && text.contains("--json"), "{text}");
        let is_group = text.contains("Commands:");
        assert!(is_group || text.contains("Examples:\n"), "{command} has no examples:\n{text}");
    }
    let text = place.run("--help").stdout;
    for command in COMMANDS.iter().filter(|command| !command.contains(' ')) {
        assert!(text.contains(&format!("\n  {command} ")), "{command} is not in:\n{text}");
    }
}

#[test]
fn it_knows_its_version() {
    assert_eq!(
        Place::new().run("--version").answer(),
        concat!("keywright ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn wrong_arguments_end_with_status_2() {
    let place = Place::new();
    for arguments in
        ["", "nonsense", "config", "config check --nonsense", "config show --color pink", "token create"]
    {
        let ran = place.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments}");
        let told = ["Usage: keywright", "try '--help'"].iter().any(|text| ran.stderr.contains(text));
        assert!(told, "{arguments}: {}", ran.stderr);
    }
}

#[test]
fn wrong_arguments_are_told_in_json_too() {
    let ran = Place::new().run("--json config shwo");
    assert_eq!(ran.status, 2);
    let error = ran.json_error();
    assert_eq!(error["code"], "usage");
    assert_eq!(error["message"], "unrecognized subcommand 'shwo'");
    assert!(error["hint"].as_str().unwrap().contains("'show'"), "{error}");
}

#[test]
fn a_password_cannot_be_an_argument() {
    let ran = Place::new().run("admin create --email ada@example.com --password hush");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--password-stdin"), "{}", ran.stderr);
}
