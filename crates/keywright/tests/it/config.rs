//! `keywright config …`, and how a wrong configuration is told.

use serde_json::{Value, json};

use crate::harness::Place;

fn setting<'a>(shown: &'a Value, key: &str) -> &'a Value {
    let settings = shown["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["key"] == key).unwrap()
}

#[test]
fn nothing_has_to_be_configured() {
    let checked = Place::new().run("config check --json").json();
    assert_eq!(
        checked,
        json!({
            "ok": true,
            "file": null,
            "data_dir": "./keywright-data",
            "database": "SQLite file ./keywright-data/keywright.db",
            "public_url": "http://127.0.0.1:8080",
            "listen": "127.0.0.1:8080",
            "gateway_listen": "127.0.0.1:8081",
            "mail": "kept in the database and printed to the log",
        })
    );
    let ran = Place::new().run("config check");
    assert!(ran.answer().starts_with("ok: nothing is wrong with the configuration\n"), "{}", ran.stdout);
}

#[test]
fn looking_at_the_configuration_makes_no_data_folder() {
    let place = Place::new();
    for action in ["check", "show", "example"] {
        place.run(&format!("config {action} --data-dir made")).answer();
        assert!(!place.path("made").exists() && !place.path("keywright-data").exists());
    }
}

#[test]
fn show_tells_where_each_value_comes_from() {
    let place = Place::new()
        .file("keywright.toml", "# mine\n[log]\nlevel = 'warn'\n")
        .variable("KEYWRIGHT_SERVER_LISTEN", "127.0.0.1:1");
    let shown = place.run("config show --json --data-dir elsewhere").json();
    assert_eq!(shown["file"], "keywright.toml");
    for (key, value, origin, place) in [
        ("log.level", json!("warn"), "file", json!("keywright.toml:3")),
        ("server.listen", json!("127.0.0.1:1"), "env", json!("KEYWRIGHT_SERVER_LISTEN")),
        ("data_dir", json!("elsewhere"), "flag", json!("--data-dir")),
        ("gateway.allowed_peers", json!(["127.0.0.0/8", "::1/128"]), "default", Value::Null),
        ("mail.host", Value::Null, "default", Value::Null),
    ] {
        assert_eq!(
            setting(&shown, key),
            &json!({ "key": key, "value": value, "origin": origin, "place": place })
        );
    }
    let text = place.run("config show").stdout;
    let line = |key: &str| text.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("log.level ").contains("  \"warn\"  "), "{text}");
    assert!(line("log.level ").ends_with("  file keywright.toml:3"), "{text}");
    assert!(line("mail.host ").contains("(mails are kept in the database and printed to the log)"), "{text}");
}

#[test]
fn a_301_no_command_shows_a_database_password() {
    let in_file = "[database]\nurl = 'postgres://kw:s3cret@db.example.com/kw?password=s3cret'\n";
    let place = Place::new().file("keywright.toml", in_file);
    for arguments in ["config show", "config show --json", "config check", "config check --json -vv"] {
        let ran = place.run(arguments);
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.contains("postgres://kw:***@db.example.com/kw?password=***"), "{}", ran.stdout);
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cret"), "{arguments}");
    }
    for (variable, value) in [
        ("KEYWRIGHT_DATABASE_URL", "mysql://kw:s3cret@db/kw"),
        ("KEYWRIGHT_DATABASE_URL", "postgres://kw:12#s3cret@db/kw"),
        ("KEYWRIGHT_DATABASE_PASSWORD", "s3cret"),
    ] {
        let ran = Place::new().variable(variable, value).run("config show");
        assert_eq!(ran.status, 2);
        assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
}

#[test]
fn an_unknown_key_is_told_with_file_line_path_and_nearest_name() {
    let place = Place::new().file("other.toml", "[server]\n\nlisen = '127.0.0.1:80'\n");
    let ran = place.run("config check --config other.toml");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: other.toml:3: unknown key server.lisen\nhint: the nearest known one is server.listen\n"
    );
    let error = place.run("config check --config other.toml --json").json_error();
    assert_eq!(
        error,
        json!({
            "code": "configuration",
            "message": "other.toml:3: unknown key server.lisen",
            "hint": "the nearest known one is server.listen",
            "problems": [{
                "message": "other.toml:3: unknown key server.lisen",
                "hint": "the nearest known one is server.listen",
            }],
        })
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let place = Place::new()
        .file("keywright.toml", "[log]\nlevel = 'loud'\n")
        .variable("KEYWRIGHT_DATABSE_URL", "x")
        .variable("KEYWRIGHT_MAIL_PORT", "0");
    let ran = place.run("config check --data-dir=");
    assert_eq!(ran.status, 2);
    assert_eq!(
        ran.stderr,
        "error: unknown environment variable KEYWRIGHT_DATABSE_URL\n\
         hint: the nearest known one is KEYWRIGHT_DATABASE_URL\n\
         error: keywright.toml:2: log.level must be one of error, warn, info, debug, trace, not \"loud\"\n\
         error: mail.port must be a whole number from 1 to 65535, not 0 (env KEYWRIGHT_MAIL_PORT)\n\
         error: data_dir must be a path, not \"\" (flag --data-dir)\n"
    );
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let named = [
        Place::new().run("config check --config missing.toml"),
        Place::new().variable("KEYWRIGHT_CONFIG", "missing.toml").run("config check"),
    ];
    for ran in named {
        assert_eq!(ran.status, 2);
        assert!(
            ran.stderr.starts_with("error: cannot read the configuration file missing.toml: "),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("\nhint: "), "{}", ran.stderr);
    }
}

#[test]
fn the_example_is_a_configuration() {
    let example = Place::new().run("config example");
    let place = Place::new().file("keywright.toml", example.answer());
    assert_eq!(place.run("config check --json").json()["file"], "keywright.toml");
}

#[test]
fn the_example_is_printed_even_when_the_configuration_is_wrong() {
    let place = Place::new().file("keywright.toml", "nonsense");
    assert_eq!(place.run("config check").status, 2);
    let settings = place.run("config example --json").json();
    assert_eq!(setting(&settings, "server.listen")["environment"], "KEYWRIGHT_SERVER_LISTEN");
    assert_eq!(setting(&settings, "server.listen")["default"], "127.0.0.1:8080");
}

#[test]
fn check_reads_the_files_with_secrets() {
    let place =
        Place::new().file("keywright.toml", "[gateway]\nshared_secret_file = 'secret'\n").file("secret", "");
    let ran = place.run("config check");
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (2, "error: gateway.shared_secret_file: secret is empty\n")
    );
    let place = place.file("secret", "hush\n");
    assert!(!place.run("config check").answer().contains("hush"));
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    let escapes = |place: &Place, arguments: &str| {
        let ran = place.run(arguments);
        ran.stdout.contains('\u{1b}') || ran.stderr.contains('\u{1b}')
    };
    for arguments in ["config show", "config nonsense", "config check --config missing.toml"] {
        assert!(!escapes(&Place::new(), arguments), "not a terminal: {arguments}");
        let always = format!("{arguments} --color always");
        assert!(escapes(&Place::new(), &always), "{always}");
        let forced = Place::new().variable("CLICOLOR_FORCE", "1");
        assert!(!escapes(&forced, &format!("{arguments} --color never")), "{arguments}");
        assert!(!escapes(&Place::new().variable("NO_COLOR", "1"), arguments), "{arguments}");
    }
}

#[test]
fn a_278_the_log_is_one_line_per_event_in_both_formats() {
    let name = "x\n2026-11-22 INFO admin login ok\u{1b}[2J.toml";
    for format in ["text", "json"] {
        let place = Place::new().file(name, "").variable("KEYWRIGHT_LOG_FORMAT", format);
        let ran = place.run_all(&["config", "check", "-v", "--config", name]);
        assert_eq!(ran.status, 0);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("admin login ok") && !ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
        assert!(!ran.stdout.contains('\u{1b}'), "{:?}", ran.stdout);
    }
}

#[test]
fn the_log_level_comes_from_flag_variable_or_setting() {
    let lines = |place: &Place, arguments| place.run(arguments).stderr.lines().count();
    assert_eq!(lines(&Place::new(), "config check"), 0);
    assert_eq!(lines(&Place::new(), "config check -v"), 1);
    assert_eq!(lines(&Place::new().variable("KEYWRIGHT_LOG_LEVEL", "debug"), "config check"), 1);
    let debug = Place::new().variable("KEYWRIGHT_LOG", "keywright=debug");
    assert_eq!(lines(&debug, "config check"), 1);
    let wrong = Place::new().variable("KEYWRIGHT_LOG", "keywright=loud").run("config check");
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.starts_with("error: KEYWRIGHT_LOG must be a log filter"), "{}", wrong.stderr);
}
