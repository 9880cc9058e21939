//! What a setting can hold: how its text is read, what is accepted, and how that is explained.

use std::net::{IpAddr, SocketAddr};

use toml::Value;
use url::Host;

use super::types::{DatabaseUrl, PublicUrl, network};

/// The kind of value that a setting takes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A file or folder.
    Path,
    /// An IP address with a port.
    Address,
    /// The root of a web server.
    PublicUrl,
    /// SQLite or PostgreSQL, maybe with a password in it.
    DatabaseUrl,
    /// A name or address of another machine.
    Host,
    /// Any text.
    Text,
    /// A mail address with or without a name.
    Mailbox,
    /// One word of a few.
    OneOf(&'static [&'static str]),
    /// A whole number from the first to the second.
    Number(i64, i64),
    /// Yes or no.
    Switch,
    /// Networks in CIDR notation.
    Networks,
    /// Domain names.
    Domains,
    /// Some words of a few.
    Words(&'static [&'static str]),
}

impl Kind {
    /// What is expected, as the end of "must be …".
    pub(crate) fn expects(self) -> String {
        match self {
            Self::Path => "a path".into(),
            Self::Address => "an IP address with a port, such as 127.0.0.1:8080 or [::1]:8080".into(),
            Self::PublicUrl => "an http or https URL without a path, such as https://keys.example.com".into(),
            Self::DatabaseUrl => {
                "postgres://USER:PASSWORD@HOST/NAME, with special characters of the password \
                                  percent-encoded, or sqlite://FILE"
                    .into()
            }
            Self::Host => "a host name or an IP address, without a port".into(),
            Self::Text => "text".into(),
            Self::Mailbox => {
                "a mail address, such as keys@example.com or Keywright <keys@example.com>".into()
            }
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Switch => "true or false".into(),
            Self::Networks => {
                "a list of networks or addresses, such as 10.1.0.0/16, and never everybody (/0)".into()
            }
            Self::Domains => "a list of domain names, such as example.com".into(),
            Self::Words(words) => format!("a list of some of {}", words.join(", ")),
        }
    }

    /// Whether values must not be shown, because a secret may be in them.
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::DatabaseUrl)
    }

    /// The value that a text (from the environment or a flag) stands for. Text that is no number or no
    /// switch stays text, which [`accepts`](Self::accepts) then refuses.
    pub(crate) fn read(self, text: &str) -> Value {
        let other = || Value::String(text.to_owned());
        match self {
            Self::Number(..) => text.parse().map_or_else(|_| other(), Value::Integer),
            Self::Switch => text.parse().map_or_else(|_| other(), Value::Boolean),
            Self::Networks | Self::Domains | Self::Words(_) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::Array(parts.map(Value::from).collect())
            }
            _ => other(),
        }
    }

    /// Whether the value is one of this kind.
    pub(crate) fn accepts(self, value: &Value) -> bool {
        let text = |good: fn(&str) -> bool| value.as_str().is_some_and(good);
        let list = |good: fn(&str) -> bool| {
            value.as_array().is_some_and(|parts| parts.iter().all(|part| part.as_str().is_some_and(good)))
        };
        match self {
            Self::Path => text(|path| !path.is_empty() && !path.contains('\0')),
            Self::Address => text(|address| address.parse::<SocketAddr>().is_ok()),
            Self::PublicUrl => text(|url| url.parse::<PublicUrl>().is_ok()),
            Self::DatabaseUrl => text(|url| url.parse::<DatabaseUrl>().is_ok()),
            Self::Host => text(is_host),
            Self::Text => text(|text| !text.contains(char::is_control)),
            Self::Mailbox => text(is_mailbox),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Number(least, most) => value.as_integer().is_some_and(|n| (least..=most).contains(&n)),
            Self::Switch => value.is_bool(),
            Self::Networks => list(|text| network(text).is_some()),
            Self::Words(words) => value.as_array().is_some_and(|parts| {
                parts.iter().all(|part| part.as_str().is_some_and(|word| words.contains(&word)))
            }),
            Self::Domains => {
                list(|text| matches!(Host::parse(text), Ok(Host::Domain(_))) && !text.contains('@'))
            }
        }
    }
}

fn is_host(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || Host::parse(text).is_ok()
}

/// Only what catches slips of the pen; the mail server judges the rest.
fn is_mailbox(text: &str) -> bool {
    let address = match text.strip_suffix('>').map(|rest| rest.rsplit_once('<')) {
        Some(Some((_, address))) => address,
        Some(None) => return false,
        None => text,
    };
    let odd = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';');
    let sides = address.split_once('@');
    !text.contains(char::is_control)
        && !address.contains(odd)
        && sides.is_some_and(|(local, domain)| !local.is_empty() && !domain.contains('@') && is_host(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(kind: Kind, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(kind.accepts(&kind.read(text)), "{kind:?} must accept {text:?}");
        }
        for text in bad {
            assert!(!kind.accepts(&kind.read(text)), "{kind:?} must refuse {text:?}");
        }
    }

    #[test]
    fn each_kind_accepts_what_it_says_and_nothing_else() {
        judge(Kind::Path, &["./keywright-data", "/var/lib/keywright"], &["", "a\0b"]);
        judge(
            Kind::Address,
            &["127.0.0.1:0", "[::]:80"],
            &["", "8080", "localhost:80", "127.0.0.1", "1.2.3.4:70000"],
        );
        judge(
            Kind::Host,
            &["mail.example.com", "localhost", "::1", "10.0.0.1"],
            &["", "a b", "a/b", "mail:25"],
        );
        judge(Kind::Text, &["", "user@example.com"], &["a\nb"]);
        judge(
            Kind::Mailbox,
            &["a@example.com", "Keywright <keywright@localhost>", "\"A, B\" <a+b@example.com>"],
            &["", "a", "@b", "a@", "a@b@c", "<a@b", "a@b>", "a b@c", "A <a@b>\r\nBcc: c@d", "a@b, c@d"],
        );
        judge(Kind::OneOf(&["text", "json"]), &["text"], &["", "TEXT", "xml"]);
        judge(Kind::Number(1, 65_535), &["1", "65535"], &["", "0", "65536", "-1", "1.5", "1 "]);
        judge(Kind::Switch, &["true", "false"], &["", "1", "yes", "True"]);
        judge(Kind::Words(&["a", "b"]), &["", "a", "b, a"], &["c", "a,c", "A"]);
        judge(Kind::Domains, &["", "example.com, example.org"], &["a b", "10.0.0.1", "me@example.com"]);
    }

    #[test]
    fn a_193_a_network_of_everybody_is_refused() {
        judge(
            Kind::Networks,
            &["", "10.0.0.0/8", "::1, 127.0.0.1"],
            &["0.0.0.0/0", "10.0.0.0/8,::/0", "localhost"],
        );
    }

    #[test]
    fn a_value_of_another_shape_is_refused() {
        for kind in [Kind::Path, Kind::Text, Kind::Networks, Kind::DatabaseUrl, Kind::OneOf(&["1"])] {
            assert!(!kind.accepts(&Value::Integer(1)), "{kind:?}");
        }
        assert!(!Kind::Number(1, 9).accepts(&Value::String("1".into())));
        assert!(!Kind::Switch.accepts(&Value::String("true".into())));
        assert!(!Kind::Domains.accepts(&Value::String("example.com".into())));
    }
}
