use std::ffi::OsString;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::config::{Adapter, FourEyes, Level, Security};

/// Layers in an empty folder.
struct Layers {
    folder: TempDir,
    sources: Sources,
}

impl Layers {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let sources = Sources { folder: folder.path().to_owned(), ..Sources::default() };
        Self { folder, sources }
    }

    fn file(self, text: &str) -> Self {
        fs::write(self.folder.path().join("keywright.toml"), text).unwrap();
        self
    }

    fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        self.sources.environment = variables.iter().map(pair).collect();
        self
    }

    fn flag(mut self, name: &'static str, key: &'static str, value: &str) -> Self {
        self.sources.flags.push(Flag { name, key, value: value.to_owned() });
        self
    }

    fn load(&self) -> Loaded {
        load(&self.sources).unwrap()
    }

    /// The messages of a load that must fail, without the folder's name.
    fn problems(&self) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        let failure = load(&self.sources).unwrap_err();
        failure.problems().iter().map(|problem| problem.message.replace(&folder, "")).collect()
    }
}

fn found<'a>(loaded: &'a Loaded, key: &str) -> &'a Found {
    loaded.settings.iter().find(|found| found.setting.key == key).unwrap()
}

#[test]
fn the_defaults_fill_every_field_and_no_setting_is_without_a_field() {
    let loaded = Layers::new().load();
    let config = loaded.config;
    assert_eq!(loaded.file, None);
    assert_eq!(config.embedded_database(), Path::new("./keywright-data/keywright.db"));
    assert_eq!(config.server.public_url(config.server.listen).to_string(), "http://127.0.0.1:8080");
    assert!(config.server.trusted_proxies.is_empty());
    assert_eq!(config.gateway.listen.to_string(), "127.0.0.1:8081");
    assert_eq!(config.gateway.adapter, Adapter::Auto);
    assert_eq!(config.gateway.allowed_peers, ["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert_eq!(config.gateway.max_staleness_s, 60);
    assert!(config.gateway.shared_secret_file.is_none() && config.database.url.is_none());
    assert!(config.mail.host.is_none() && config.mail.username.is_none() && config.log.format.is_none());
    assert_eq!((config.mail.security, config.mail.port()), (Security::Starttls, 587));
    assert_eq!(config.mail.from, "Keywright <keywright@localhost>");
    assert_eq!(config.log.level, Level::Info);
    assert!(config.sign_up.enabled && config.sign_up.approve_automatically);
    assert!(config.sign_up.allowed_email_domains.is_empty());
    assert_eq!(config.subscriptions.four_eyes, FourEyes::Auto);
    let limits = config.limits;
    assert_eq!((limits.keys_per_application, limits.applications_per_developer), (20, 500));
    assert_eq!((limits.token_requests_per_minute, limits.stranger_requests_per_minute), (600, 20));
    assert_eq!(limits.body_bytes, 262_144);
}

#[test]
fn every_word_of_a_choice_has_its_variant() {
    for setting in SETTINGS {
        if let super::super::kind::Kind::OneOf(words) = setting.kind {
            for word in words {
                Layers::new().environment(&[(&setting.variable(), word)]).load();
            }
        }
    }
}

#[test]
fn every_optional_setting_can_be_set() {
    for setting in SETTINGS {
        if let super::super::settings::Preset::Unset { example, .. } = setting.preset {
            let pair = [
                ("KEYWRIGHT_MAIL_USERNAME", "someone"),
                ("KEYWRIGHT_MAIL_PASSWORD_FILE", "/run/secrets/mail"),
                (&setting.variable(), example),
            ];
            let loaded = Layers::new().environment(&pair).load();
            assert!(found(&loaded, setting.key).shown().is_some(), "{}", setting.key);
        }
    }
}

#[test]
fn each_layer_covers_the_one_below_and_is_remembered() {
    let layers = Layers::new();
    assert_eq!(found(&layers.load(), "server.listen").origin, Origin::Default);

    let layers = layers.file("log.level = 'warn'\n[server]\nlisten = '127.0.0.1:1'");
    let file = layers.folder.path().join("keywright.toml");
    let loaded = layers.load();
    assert_eq!(loaded.config.server.listen.port(), 1);
    assert_eq!(found(&loaded, "server.listen").origin, Origin::File(file.clone(), 3));
    assert_eq!(loaded.file, Some(file));

    let layers = layers.environment(&[("KEYWRIGHT_SERVER_LISTEN", "127.0.0.1:2")]);
    let loaded = layers.load();
    assert_eq!(loaded.config.server.listen.port(), 2);
    assert_eq!(found(&loaded, "server.listen").origin.to_string(), "env KEYWRIGHT_SERVER_LISTEN");

    let loaded = layers.flag("--listen", "server.listen", "127.0.0.1:3").load();
    assert_eq!(loaded.config.server.listen.port(), 3);
    assert_eq!(found(&loaded, "server.listen").origin.to_string(), "flag --listen");
    assert_eq!(loaded.config.log.level, Level::Warn, "the layers above leave what they do not set");
}

#[test]
fn the_named_file_goes_before_the_usual_one() {
    let mut layers = Layers::new().file("log.level = 'warn'");
    let other = |name: &str, level: &str| {
        let path = layers.folder.path().join(name);
        fs::write(&path, format!("log.level = '{level}'")).unwrap();
        path
    };
    let (from_environment, from_flag) = (other("environment.toml", "debug"), other("flag.toml", "trace"));
    layers = layers.environment(&[("KEYWRIGHT_CONFIG", from_environment.to_str().unwrap())]);
    assert_eq!(layers.load().config.log.level, Level::Debug);
    layers.sources.file = Some(from_flag);
    assert_eq!(layers.load().config.log.level, Level::Trace);
    layers.sources.file = Some("/nonexistent/k.toml".into());
    assert!(layers.problems()[0].starts_with("cannot read the configuration file /nonexistent/k.toml"));
}

#[test]
fn empty_text_switches_an_optional_setting_off() {
    let layers = Layers::new().file("mail.host = 'smtp.example.com'\nmail.port = 25");
    assert_eq!(layers.load().config.mail.port(), 25);
    let loaded = layers.environment(&[("KEYWRIGHT_MAIL_HOST", ""), ("KEYWRIGHT_MAIL_PORT", "")]).load();
    assert_eq!((loaded.config.mail.host.as_deref(), loaded.config.mail.port()), (None, 587));
    assert_eq!(found(&loaded, "mail.host").shown(), None);
}

#[test]
fn a_bad_value_is_told_with_its_key_its_place_and_what_is_expected() {
    let layers = Layers::new()
        .file("\n[log]\nlevel = 'loud'\n[limits]\nbody_bytes = '1'")
        .environment(&[("KEYWRIGHT_SERVER_LISTEN", "8080"), ("KEYWRIGHT_SIGN_UP_ENABLED", "yes")])
        .flag("--gateway-listen", "gateway.listen", "");
    let address = "must be an IP address with a port, such as 127.0.0.1:8080 or [::1]:8080";
    assert_eq!(
        layers.problems(),
        [
            "keywright.toml:3: log.level must be one of error, warn, info, debug, trace, not \"loud\""
                .to_owned(),
            "keywright.toml:5: limits.body_bytes must be a whole number from 1024 to 67108864, not \"1\""
                .to_owned(),
            format!("server.listen {address}, not \"8080\" (env KEYWRIGHT_SERVER_LISTEN)"),
            "sign_up.enabled must be true or false, not \"yes\" (env KEYWRIGHT_SIGN_UP_ENABLED)".to_owned(),
            format!("gateway.listen {address}, not \"\" (flag --gateway-listen)"),
        ]
    );
}

#[test]
fn a_301_a_bad_database_url_is_not_quoted_and_a_good_one_is_shown_without_its_password() {
    let layers = Layers::new().environment(&[("KEYWRIGHT_DATABASE_URL", "postgres://u:s3/cret@h/d")]);
    let problems = layers.problems();
    assert!(problems[0].starts_with("database.url must be postgres://"), "{problems:?}");
    assert!(!problems[0].contains("cret@"), "{problems:?}");

    let loaded = layers.environment(&[("KEYWRIGHT_DATABASE_URL", "postgres://u:s3cret@h/d")]).load();
    let shown = found(&loaded, "database.url").shown().unwrap();
    assert_eq!(shown.as_str(), Some("postgres://u:***@h/d"));
    assert!(!format!("{:?}", loaded.config).contains("s3cret"));
}

#[test]
fn a_long_bad_value_is_cut() {
    let problems = Layers::new().environment(&[("KEYWRIGHT_LOG_LEVEL", &"ä".repeat(500))]).problems();
    assert!(
        problems[0].ends_with("ää… (env KEYWRIGHT_LOG_LEVEL)") && problems[0].len() < 300,
        "{problems:?}"
    );
}
