//! The configuration: one tree of settings, read once at start.
//!
//! [`settings`] is the one table of what can be set; [`load`] lays the layers over each other (defaults, the
//! file, the environment, flags) and remembers where each value came from. The structs below are what the
//! rest of the program sees. They have no defaults and no optional fields of their own, so that reading the
//! table's defaults into them fails as soon as table and structs disagree.

mod environment;
mod example;
mod file;
mod kind;
mod load;
mod nearest;
mod rules;
mod secret_file;
mod settings;
mod types;

#[cfg(test)]
mod reference;

pub(crate) use environment::Environment;
pub(crate) use example::example;
pub(crate) use load::{Flag, Loaded, Sources, load};
pub(crate) use secret_file::read_secret_file;
pub(crate) use settings::{Preset, SETTINGS};
pub(crate) use types::{
    Adapter, ClientCertificates, DatabaseUrl, FourEyes, Level, LogFormat, PublicUrl, SecondFactor, Security,
};

use std::net::SocketAddr;
use std::path::PathBuf;

use domain::GrantType;
use ipnet::IpNet;
use serde::Deserialize;

use types::{networks, optional};

/// Everything that can be configured.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) server: Server,
    pub(crate) gateway: Gateway,
    pub(crate) database: Database,
    pub(crate) mail: Mail,
    pub(crate) log: Log,
    pub(crate) outbound: Outbound,
    pub(crate) sign_up: SignUp,
    pub(crate) sign_in: SignIn,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) oauth: OAuth,
    pub(crate) webmethods: Webmethods,
    pub(crate) limits: Limits,
    pub(crate) konnect: Konnect,
    pub(crate) pages: Pages,
}

/// `[server]`: the listener for people and APIs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    #[serde(deserialize_with = "optional")]
    pub(crate) public_url: Option<PublicUrl>,
    #[serde(deserialize_with = "networks")]
    pub(crate) trusted_proxies: Vec<IpNet>,
}

/// `[gateway]`: the listener for gateways and metrics.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gateway {
    pub(crate) listen: SocketAddr,
    #[serde(deserialize_with = "optional")]
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) adapter: Adapter,
    #[serde(deserialize_with = "networks")]
    pub(crate) allowed_peers: Vec<IpNet>,
    #[serde(deserialize_with = "optional")]
    pub(crate) shared_secret_file: Option<PathBuf>,
    pub(crate) client_certificates: ClientCertificates,
    pub(crate) max_staleness_s: u64,
}

/// `[database]`: where everything is kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    #[serde(deserialize_with = "optional")]
    pub(crate) url: Option<DatabaseUrl>,
}

/// `[mail]`: the server that mails are handed to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    #[serde(deserialize_with = "optional")]
    pub(crate) host: Option<String>,
    #[serde(deserialize_with = "optional")]
    port: Option<u16>,
    pub(crate) security: Security,
    #[serde(deserialize_with = "optional")]
    pub(crate) username: Option<String>,
    #[serde(deserialize_with = "optional")]
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) from: String,
}

/// `[log]`: what is written to standard error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    #[serde(deserialize_with = "optional")]
    pub(crate) format: Option<LogFormat>,
    pub(crate) level: Level,
}

/// `[outbound]`: what is sent to URLs that somebody else chose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outbound {
    #[serde(deserialize_with = "networks")]
    pub(crate) allow_private: Vec<IpNet>,
}

/// `[sign_up]`: who may register as a developer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    pub(crate) enabled: bool,
    pub(crate) approve_automatically: bool,
    pub(crate) allowed_email_domains: Vec<String>,
}

/// `[sign_in]`: how people sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    pub(crate) second_factor: SecondFactor,
}

/// `[subscriptions]`: how subscriptions are approved.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscriptions {
    pub(crate) four_eyes: FourEyes,
    pub(crate) tell_by_mail: bool,
}

/// `[webmethods]`: for those who come from there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webmethods {
    pub(crate) legacy_doors: bool,
}

/// `[limits]`: how much of everything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) keys_per_application: u32,
    pub(crate) applications_per_developer: u32,
    pub(crate) token_requests_per_minute: u32,
    pub(crate) stranger_requests_per_minute: u32,
    pub(crate) body_bytes: usize,
}

/// `[konnect]`: how Konnect's portal API is spoken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Konnect {
    pub(crate) plain_http_cookies: bool,
    pub(crate) typed_credentials: bool,
}

/// `[pages]`: portal and console.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pages {
    #[serde(deserialize_with = "optional")]
    pub(crate) translations: Option<PathBuf>,
}

/// `[oauth]`: the authorization server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth {
    pub(crate) legacy_grants: Vec<GrantType>,
    pub(crate) signing_keys: usize,
}

impl Config {
    /// The SQLite file that is used where no database URL is set.
    pub(crate) fn embedded_database(&self) -> PathBuf {
        self.data_dir.join("keywright.db")
    }

    /// The database as people may see it.
    pub(crate) fn database_name(&self) -> String {
        match &self.database.url {
            Some(url) => url.to_string(),
            None => format!("SQLite file {}", self.embedded_database().display()),
        }
    }
}

impl Server {
    /// The address that links are made with: the configured one, else the address that was really bound.
    /// A listener on every address is called localhost, since `http://0.0.0.0` is nothing to click on.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> PublicUrl {
        self.public_url.clone().unwrap_or_else(|| PublicUrl::of_listener(bound))
    }
}

impl Mail {
    /// Where mails go.
    pub(crate) fn way(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}, port {}", self.port()),
            None => "kept in the database and printed to the log".to_owned(),
        }
    }

    /// The configured port, else the usual one of the chosen security.
    pub(crate) fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::Plain => 25,
        })
    }
}
