//! The types of single settings: each can only hold a value that makes sense.

use std::fmt::{self, Debug, Display, Formatter};
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use url::Url;

/// Which gateway's headers are believed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Adapter {
    Auto,
    Nginx,
    Forwarded,
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Security {
    Starttls,
    Tls,
    Plain,
}

/// Whether who asked for a subscription may approve it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FourEyes {
    Auto,
    Always,
    Never,
}

/// Of whom a second factor is demanded.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecondFactor {
    Voluntary,
    Administrators,
    Everybody,
}

/// How gateways hand client certificates on.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClientCertificates {
    Off,
    Rfc9440,
    Nginx,
}

/// The shape of log lines.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The least important log lines that are written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    /// The name that a log filter knows it by.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// What people's browsers call this server: scheme, host and port, without a slash at the end.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    pub(super) fn of_listener(bound: SocketAddr) -> Self {
        Self(if bound.ip().is_unspecified() {
            format!("http://localhost:{}", bound.port())
        } else {
            format!("http://{bound}")
        })
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    /// Only an origin will do: with a path, a query or a login in it, links would go astray.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "not a URL")?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if matches!(url.scheme(), "http" | "https") && bare && anonymous {
            Ok(Self(url.origin().ascii_serialization()))
        } else {
            Err("not the root of a web server")
        }
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Display for PublicUrl {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the database is. It may hold a password, so printing it shows `***` instead.
#[derive(Clone, Deserialize, PartialEq)]
#[serde(try_from = "String")]
pub(crate) struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL to connect with, password and all.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    fn is_embedded(&self) -> bool {
        self.0.strip_prefix("sqlite://").is_some_and(|path| !path.is_empty())
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    /// An `@` or a `#` behind the host is the rest of a password that was not percent-encoded. It would be
    /// taken for a path or a query, and printed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let database = Self(text.to_owned());
        if database.is_embedded() {
            return Ok(database);
        }
        let url = Url::parse(text).map_err(|_| "not a URL")?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err("not a database that is known");
        }
        let behind_host = [Some(url.path()), url.query(), url.fragment()];
        if url.fragment().is_some() || behind_host.into_iter().flatten().any(|part| part.contains('@')) {
            return Err("a password that is not percent-encoded");
        }
        Ok(database)
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Display for DatabaseUrl {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_embedded() {
            return f.write_str(&self.0);
        }
        match Url::parse(&self.0) {
            Ok(url) => f.write_str(without_passwords(url).as_str()),
            Err(_) => f.write_str("***"),
        }
    }
}

impl Debug for DatabaseUrl {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

fn without_passwords(mut url: Url) -> Url {
    if url.password().is_some() {
        // It fails only for URLs that cannot have a password, and this one has.
        let _ = url.set_password(Some("***"));
    }
    if url.query().is_some() {
        let shown = url.query_pairs().into_owned().map(|(name, value)| {
            let secret = name.to_ascii_lowercase().contains("password");
            (name, if secret { "***".to_owned() } else { value })
        });
        let shown: Vec<_> = shown.collect();
        url.query_pairs_mut().clear().extend_pairs(shown);
    }
    url
}

/// A network in CIDR notation, or one address. The network of everybody (`/0`) is refused: whoever asks for
/// it believes every caller.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    (network.prefix_len() > 0).then(|| network.trunc())
}

pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| network(text).ok_or_else(|| D::Error::custom("not a network"))).collect()
}

/// An optional setting: the empty text means that it is not set.
pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) if text.is_empty() => Ok(None),
        value => value.try_into().map(Some).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        for (given, wanted) in [
            ("https://keys.example.com", "https://keys.example.com"),
            ("HTTPS://Keys.Example.com:443/", "https://keys.example.com"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(given.parse::<PublicUrl>().unwrap().to_string(), wanted);
        }
        for given in
            ["keys.example.com", "ftp://a", "https://a/b", "https://a/?b", "https://a/#b", "https://u:p@a"]
        {
            assert!(given.parse::<PublicUrl>().is_err(), "{given}");
        }
    }

    #[test]
    fn a_listener_without_public_url_has_one_to_click_on() {
        for (bound, wanted) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://localhost:80"),
            ("[::]:8080", "http://localhost:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(PublicUrl::of_listener(bound.parse().unwrap()).to_string(), wanted);
        }
    }

    #[test]
    fn a_database_url_never_prints_its_password() {
        for (given, wanted) in [
            ("postgres://kw:s3cret@db.example.com/kw", "postgres://kw:***@db.example.com/kw"),
            (
                "postgres://kw:s3cr%2Fet@db:5433/kw?sslmode=require",
                "postgres://kw:***@db:5433/kw?sslmode=require",
            ),
            ("postgresql:///kw?host=/run&password=s3cret", "postgresql:///kw?host=%2Frun&password=***"),
            ("postgres://kw@db/kw", "postgres://kw@db/kw"),
            ("sqlite://keywright.db", "sqlite://keywright.db"),
        ] {
            let url: DatabaseUrl = given.parse().unwrap();
            assert_eq!(url.to_string(), wanted);
            assert!(!format!("{url:?}").contains("s3cr"), "{url:?}");
            assert_eq!(url.expose(), given);
        }
    }

    #[test]
    fn a_password_that_would_spill_into_path_or_query_is_refused() {
        for given in [
            "postgres://u:12/s3cret@db/kw",
            "postgres://u:12?s3cret@db/kw",
            "postgres://u:12#s3cret@db/kw",
            "postgres://u:a/s3cret@db/kw",
            "mysql://u:p@db/kw",
            "db.example.com",
            "sqlite://",
            "sqlite:keywright.db",
        ] {
            assert!(given.parse::<DatabaseUrl>().is_err(), "{given}");
        }
    }

    #[test]
    fn a_network_is_a_cidr_or_an_address_but_never_everybody() {
        assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("::1").unwrap().to_string(), "::1/128");
        for given in ["0.0.0.0/0", "::/0", "1.2.3.4/0", "localhost", "10.0.0.0/33", ""] {
            assert!(network(given).is_none(), "{given}");
        }
    }
}
