//! What commands work on: the data folder, the master key in it, the database, and the use cases over them.

mod data_dir;
mod listeners;
mod master_key;
mod running;

use std::sync::Arc;
use std::time::Duration;

use app::{App, Clock, OAuthSettings, Settings};
use domain::{AddressRules, MasterKeys};
use outbound::email::{Mailer, Password, SettingsError, SmtpSettings};
use store::Store;

use crate::config::{
    ClientCertificates, Config, FourEyes, PublicUrl, SecondFactor, Security, read_secret_file,
};
use crate::output::{Failure, Problem};

pub(crate) use data_dir::Sharing;
pub(crate) use listeners::{Listener, reachable};
pub(crate) use master_key::{add as add_master_key, keep_only as keep_only_master_keys};
pub(crate) use running::{Running, shared_secret};

/// Opens everything that the configuration names, makes what is missing and brings the database up to date.
pub(crate) async fn open(config: &Config, public_url: &PublicUrl) -> anyhow::Result<Arc<App>> {
    Ok(open_with_store(config, public_url).await?.0)
}

/// As [`open`]; the store comes along, for who wants to close it.
async fn open_with_store(config: &Config, public_url: &PublicUrl) -> anyhow::Result<(Arc<App>, Store)> {
    data_dir::prepare(&config.data_dir)?;
    if is_database_lost(config)? {
        let database = config.database_name();
        tracing::warn!(%database, "there is a master key here and no database: an empty one is made now. If there was one, stop, and put it back from your backup");
    }
    let (store, _) = migrated_store(config).await?;
    let masters = master_keys_for(config, &store).await?;
    let app = App::start(store.clone(), masters, settings(config, public_url), Clock::System).await?;
    let folder = config.data_dir.clone();
    app.read_master_keys_again_by(Box::new(move || match master_key::load(&folder) {
        Ok(keys) => keys,
        Err(error) => {
            tracing::error!(%error, "the master keys cannot be read again; those that are in memory count");
            None
        }
    }));
    app.ensure_default_strategy().await?;
    Ok((app, store))
}

/// Whether the embedded database is missing although there is a key that one was written under, perhaps.
pub(crate) fn is_database_lost(config: &Config) -> Result<bool, Failure> {
    let is_missing = config.database.url.is_none() && !config.embedded_database().exists();
    Ok(is_missing && find_master_keys(config)?.is_some())
}

/// Refuses where there is no embedded database yet: for commands that only make sense with one.
pub(crate) fn must_be_there(config: &Config) -> Result<(), Failure> {
    if config.database.url.is_some() || config.embedded_database().exists() {
        return Ok(());
    }
    let problem = Problem::new(format!("there is no database here: {} is not there", config.database_name()));
    Err(Failure::failed(
        problem.hint("name the data folder with --data-dir, or make a new one: keywright serve"),
    ))
}

/// Opens the database and brings it up to date. Says whether there was anything to do.
pub(crate) async fn migrated_store(config: &Config) -> anyhow::Result<(Store, bool)> {
    if config.database.url.is_none() {
        data_dir::prepare(&config.data_dir)?;
    }
    let store = open_store(config).await?;
    let changed = !store.is_migrated().await.map_err(app::Error::from)?;
    store.migrate().await.map_err(app::Error::from)?;
    Ok((store, changed))
}

/// Opens the database as it is.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let url = match &config.database.url {
        Some(url) => url.expose().to_owned(),
        None => format!("sqlite://{}", config.embedded_database().display()),
    };
    Store::open(&url).await.map_err(|error| {
        let database = config.database_name();
        Failure::failed(
            Problem::new(format!("cannot open the database {database}: {error}"))
                .hint("`keywright doctor` looks closer"),
        )
        .into()
    })
}

/// The master keys of a database: a new one only for a new database.
async fn master_keys_for(config: &Config, store: &Store) -> anyhow::Result<MasterKeys> {
    let folder = &config.data_dir;
    // Asked first: who makes a key, makes the file before the database knows of it.
    let is_new = store.read().master_keys().await.map_err(app::Error::from)?.is_empty();
    let key = if is_new { Some(master_key::load_or_make(folder)?) } else { master_key::load(folder)? };
    key.ok_or_else(|| Failure::failed(master_key::missing(folder)).into())
}

fn settings(config: &Config, public_url: &PublicUrl) -> Settings {
    Settings {
        public_url: public_url.to_string(),
        gateway_url: config.gateway.public_url.as_ref().map(PublicUrl::to_string),
        sign_up: config.sign_up.enabled,
        approve_developers: config.sign_up.approve_automatically,
        allowed_email_domains: config.sign_up.allowed_email_domains.clone(),
        credentials_per_application: config.limits.keys_per_application.into(),
        applications_per_developer: config.limits.applications_per_developer.into(),
        four_eyes: match config.subscriptions.four_eyes {
            FourEyes::Auto => app::FourEyes::Auto,
            FourEyes::Always => app::FourEyes::Always,
            FourEyes::Never => app::FourEyes::Never,
        },
        second_factor: match config.sign_in.second_factor {
            SecondFactor::Voluntary => app::SecondFactor::Voluntary,
            SecondFactor::Administrators => app::SecondFactor::Administrators,
            SecondFactor::Everybody => app::SecondFactor::Everybody,
        },
        subscription_mails: config.subscriptions.tell_by_mail,
        max_staleness: Duration::from_secs(config.gateway.max_staleness_s),
        certificate_header: match config.gateway.client_certificates {
            ClientCertificates::Off => app::CertificateHeader::Off,
            ClientCertificates::Rfc9440 => app::CertificateHeader::Rfc9440,
            ClientCertificates::Nginx => app::CertificateHeader::Nginx,
        },
        sends_mail: config.mail.host.is_some(),
        outbound: AddressRules { allow_private: config.outbound.allow_private.clone() },
        oauth: OAuthSettings {
            legacy_grants: config.oauth.legacy_grants.clone(),
            signing_keys: config.oauth.signing_keys,
            ..OAuthSettings::default()
        },
    }
}

/// The way to the mail server, if one is configured. Connects to nothing.
pub(crate) fn mailer(config: &Config) -> Result<Option<Mailer>, Failure> {
    let mail = &config.mail;
    let Some(host) = &mail.host else { return Ok(None) };
    let mut smtp = SmtpSettings::new(host, &mail.from);
    smtp.port = mail.port();
    smtp.security = match mail.security {
        Security::Starttls => outbound::email::Security::Starttls,
        Security::Tls => outbound::email::Security::Tls,
        Security::Plain => outbound::email::Security::Plain,
    };
    smtp.username = mail.username.clone();
    if let Some(path) = &mail.password_file {
        let password = read_secret_file("mail.password_file", path);
        let password = password.map_err(|problem| Failure::configuration(vec![problem]))?;
        smtp.password = Some(Password::new(password));
    }
    let wrong = |error: SettingsError| Failure::configuration(vec![Problem::new(format!("mail: {error}"))]);
    Mailer::new(smtp).map(Some).map_err(wrong)
}

/// Looks at the master keys without making one.
pub(crate) fn find_master_keys(config: &Config) -> Result<Option<MasterKeys>, Failure> {
    master_key::load(&config.data_dir)
}

/// What is wrong when a database has a master key and the data folder does not.
pub(crate) fn missing_master_key(config: &Config) -> Problem {
    master_key::missing(&config.data_dir)
}
