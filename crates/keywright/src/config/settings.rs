//! The one table of everything that can be set. From it come the names of environment variables, the checks,
//! `config show`, `keywright.example.toml` and `docs/reference/config.md`.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;

use toml::Value;

use super::kind::Kind;

/// What a setting is when nobody sets it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preset {
    /// This value, as it would be written in an environment variable.
    Is(&'static str),
    /// Nothing: the setting is optional, and may be switched off again by the empty text.
    Unset {
        /// What happens then.
        meaning: &'static str,
        /// A value that one might set.
        example: &'static str,
    },
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Section and name, joined by a dot.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    pub(crate) preset: Preset,
    /// What it is for, in full sentences.
    pub(crate) help: &'static str,
}

impl Setting {
    /// The setting with this key.
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The environment variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("KEYWRIGHT_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The section, which is empty at the top of the file, and the name within it.
    pub(crate) fn section_and_name(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }

    /// The value without any layer above it.
    pub(crate) fn default(&self) -> Value {
        match self.preset {
            Preset::Is(text) => self.kind.read(text),
            Preset::Unset { .. } => Value::String(String::new()),
        }
    }

    /// Whether the value stands for "not set".
    pub(crate) fn is_unset(&self, value: &Value) -> bool {
        matches!(self.preset, Preset::Unset { .. }) && value.as_str() == Some("")
    }

    /// The value that a text from the environment or a flag stands for.
    pub(crate) fn read(&self, text: &str) -> Value {
        match self.preset {
            Preset::Unset { .. } if text.is_empty() => self.default(),
            _ => self.kind.read(text),
        }
    }

    /// Whether the setting can have this value.
    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.is_unset(value) || self.kind.accepts(value)
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Origin {
    /// The table below.
    Default,
    /// A line of the configuration file.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Origin {
    /// The layer's name.
    pub(crate) fn layer(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(..) => "file",
            Self::Environment(_) => "env",
            Self::Flag(_) => "flag",
        }
    }

    /// The place within the layer.
    pub(crate) fn place(&self) -> Option<String> {
        match self {
            Self::Default => None,
            Self::File(path, line) => Some(format!("{}:{line}", path.display())),
            Self::Environment(variable) => Some(variable.clone()),
            Self::Flag(flag) => Some((*flag).to_owned()),
        }
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.place() {
            None => f.write_str(self.layer()),
            Some(place) => write!(f, "{} {place}", self.layer()),
        }
    }
}

/// The sections, in the order of the file.
pub(crate) const SECTIONS: &[(&str, &str)] = &[
    ("", "What everything else stands on."),
    ("server", "The listener for people and APIs."),
    ("gateway", "The listener for gateways (and for metrics). Keep it off public networks."),
    ("database", "Where everything is kept."),
    ("mail", "The server that mails are handed to."),
    ("outbound", "What is sent to URLs that somebody else chose, such as webhooks."),
    ("log", "What is written to standard error."),
    ("sign_up", "Who may register as a developer."),
    ("sign_in", "How people sign in."),
    ("subscriptions", "How subscriptions are approved."),
    ("oauth", "The authorization server."),
    ("webmethods", "For those who come from webMethods Developer Portal or API-Portal."),
    ("limits", "How much of everything."),
    ("konnect", "How Konnect's portal API (/api/v2) is spoken."),
    ("pages", "Portal and console."),
];

const fn is(key: &'static str, kind: Kind, default: &'static str, help: &'static str) -> Setting {
    Setting { key, kind, preset: Preset::Is(default), help }
}

const fn unset(
    key: &'static str,
    kind: Kind,
    meaning: &'static str,
    example: &'static str,
    help: &'static str,
) -> Setting {
    Setting { key, kind, preset: Preset::Unset { meaning, example }, help }
}

/// Every setting, section by section.
pub(crate) const SETTINGS: &[Setting] = &[
    is(
        "data_dir",
        Kind::Path,
        "./keywright-data",
        "Folder for the master key file and the embedded database. It is made if it is missing. Back it up, and \
         let nobody else read it.",
    ),
    is("server.listen", Kind::Address, "127.0.0.1:8080", "Address and port to listen on."),
    unset(
        "server.public_url",
        Kind::PublicUrl,
        "http:// and the address of server.listen",
        "https://keys.example.com",
        "What people's browsers call this server. Links in mails and in answers begin with it; the Host header of \
         a request is never believed.",
    ),
    is(
        "server.trusted_proxies",
        Kind::Networks,
        "",
        "Reverse proxies whose X-Forwarded-For header is believed. With none, the client is whoever connects.",
    ),
    is("gateway.listen", Kind::Address, "127.0.0.1:8081", "Address and port to listen on."),
    unset(
        "gateway.public_url",
        Kind::PublicUrl,
        "examples say GATEWAY instead",
        "https://api.example.com",
        "Where callers reach the gateway. Examples of calls on pages begin with it, and what developers try out on a \
         page is sent there by this server; an API version that names hosts is called at the first of them.",
    ),
    is(
        "gateway.adapter",
        Kind::OneOf(&["auto", "nginx", "forwarded"]),
        "auto",
        "Whose headers say what is being called: X-Original-* (nginx), X-Forwarded-* (forwarded: Caddy, Traefik), \
         or whichever of the two a request carries (auto). A request that carries both is refused.",
    ),
    is(
        "gateway.allowed_peers",
        Kind::Networks,
        "127.0.0.0/8, ::1/128",
        "Gateways that may ask. Everybody else is refused.",
    ),
    unset(
        "gateway.shared_secret_file",
        Kind::Path,
        "no secret is asked for",
        "/run/secrets/keywright-gateway",
        "File with a secret that every gateway has to send as well.",
    ),
    is(
        "gateway.client_certificates",
        Kind::OneOf(&["off", "rfc9440", "nginx"]),
        "off",
        "How gateways hand on the certificate that a caller has proven in the TLS handshake: rfc9440 is the header \
         Client-Cert, sent only for certificates that the gateway has traced to a signer that it trusts; nginx is \
         X-SSL-Client-Cert with $ssl_client_escaped_cert and X-SSL-Client-Verify with $ssl_client_verify. Needs \
         gateway.shared_secret_file, and a gateway that overwrites these headers of callers.",
    ),
    is(
        "gateway.max_staleness_s",
        Kind::Number(1, 86_400),
        "60",
        "For how many seconds requests are still answered from memory while the database cannot be reached. After \
         that they are refused with status 503.",
    ),
    unset(
        "database.url",
        Kind::DatabaseUrl,
        "the SQLite file keywright.db in data_dir",
        "postgres://keywright:PASSWORD@127.0.0.1/keywright",
        "PostgreSQL instead of the embedded SQLite. The password is never shown again; to keep it out of files, \
         use the environment variable.",
    ),
    unset(
        "mail.host",
        Kind::Host,
        "mails are kept in the database and printed to the log",
        "smtp.example.com",
        "Mail server (SMTP).",
    ),
    unset(
        "mail.port",
        Kind::Number(1, 65_535),
        "587 for starttls, 465 for tls, 25 for plain",
        "587",
        "Port of the mail server.",
    ),
    is(
        "mail.security",
        Kind::OneOf(&["starttls", "tls", "plain"]),
        "starttls",
        "How the connection is protected. With starttls and tls nothing is sent before it is; plain is allowed \
         only to this machine.",
    ),
    unset("mail.username", Kind::Text, "no login", "keywright", "Login at the mail server."),
    unset(
        "mail.password_file",
        Kind::Path,
        "no login",
        "/run/secrets/keywright-mail",
        "File with the password of that login.",
    ),
    is("mail.from", Kind::Mailbox, "Keywright <keywright@localhost>", "Sender of every mail."),
    is(
        "outbound.allow_private",
        Kind::Networks,
        "",
        "Networks inside that webhooks, and requests to bridges, may be sent to, with plain http too. Everything \
         else that is not on the Internet is refused: this machine, private networks, metadata services.",
    ),
    unset(
        "log.format",
        Kind::OneOf(&["text", "json"]),
        "text on a terminal, else json",
        "json",
        "One line of text, or one JSON object a line.",
    ),
    is(
        "log.level",
        Kind::OneOf(&["error", "warn", "info", "debug", "trace"]),
        "info",
        "The least important lines that are written. Libraries are held to warnings; the environment variable \
         KEYWRIGHT_LOG (such as keywright=debug,sqlx=info) overrides all of it.",
    ),
    is("sign_up.enabled", Kind::Switch, "true", "Whether developers may register themselves."),
    is(
        "sign_up.approve_automatically",
        Kind::Switch,
        "true",
        "Whether a developer with a verified address may begin at once, or waits for an administrator.",
    ),
    is(
        "sign_up.allowed_email_domains",
        Kind::Domains,
        "",
        "Domains whose addresses may register. With none, all may.",
    ),
    is(
        "sign_in.second_factor",
        Kind::OneOf(&["voluntary", "administrators", "everybody"]),
        "voluntary",
        "Of whom a second factor is demanded: a code of an app on the phone (TOTP) beside the password, or a passkey. \
         Who has none yet sets it up at the next sign-in. Technical users of gateways are programs and have none.",
    ),
    is(
        "subscriptions.four_eyes",
        Kind::OneOf(&["auto", "always", "never"]),
        "auto",
        "Whether who asked for a subscription under a plan that needs approval may approve it, be it as an \
         administrator, as a developer with the same address, or through a token. With auto they may not as soon as \
         two administrators or approvers can decide: before that nobody else could. What an administrator asks for \
         then waits for another one as well.",
    ),
    is(
        "subscriptions.tell_by_mail",
        Kind::Switch,
        "true",
        "Whether administrators get a mail when subscriptions wait for them, at most one an hour for all that have \
         come, and whoever asked gets one when it is decided.",
    ),
    is(
        "oauth.legacy_grants",
        Kind::Words(&["password", "implicit", "hybrid"]),
        "",
        "Grants that current practice forbids (RFC 9700) and that old clients still need. Each is off until it is \
         named here and at the client, and is not advertised while off.",
    ),
    is(
        "oauth.signing_keys",
        Kind::Number(1, 5),
        "3",
        "How many keys of each kind sign tokens at a time. Whoever verifies learns early that keys change.",
    ),
    is(
        "limits.keys_per_application",
        Kind::Number(1, 10_000),
        "20",
        "Credentials that one application may hold at a time.",
    ),
    is(
        "limits.applications_per_developer",
        Kind::Number(1, 1_000_000),
        "500",
        "Applications that one developer may own.",
    ),
    is(
        "limits.token_requests_per_minute",
        Kind::Number(1, 1_000_000),
        "600",
        "Requests a minute to the management API for each token and session.",
    ),
    is(
        "limits.stranger_requests_per_minute",
        Kind::Number(1, 1_000_000),
        "20",
        "Requests a minute of each network (/24 or /64) without a token: to register, sign in, ask for mails.",
    ),
    is(
        "webmethods.legacy_doors",
        Kind::Switch,
        "false",
        "Whether gateways may answer as API-Portal 9.12 let them: by /abs/apirepository/v1 and /portal/abs.",
    ),
    is("limits.body_bytes", Kind::Number(1024, 67_108_864), "262144", "Largest request body."),
    is(
        "konnect.plain_http_cookies",
        Kind::Switch,
        "false",
        "Whether its cookies go over plain HTTP as well: only for trying it out, since whoever listens can use them.",
    ),
    is(
        "konnect.typed_credentials",
        Kind::Switch,
        "false",
        "Whether credentials say their type, status and end, as that API does since 2026. Clients that know only the \
         format before may refuse them.",
    ),
    unset(
        "pages.translations",
        Kind::Path,
        "pages are in English",
        "/etc/keywright/translations",
        "Folder with translations, one file for each language, called as the language is: de.po, pt-BR.po. It is read \
         at the start. Whoever reads gets the language that their browser asks for, and English if there is none of \
         these; docs/guide/translating.md says how one is made.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_and_variables_are_unique_and_sections_known() {
        let keys: BTreeSet<_> = SETTINGS.iter().map(|setting| setting.key).collect();
        let variables: BTreeSet<_> = SETTINGS.iter().map(Setting::variable).collect();
        assert_eq!((keys.len(), variables.len()), (SETTINGS.len(), SETTINGS.len()));
        for setting in SETTINGS {
            let section = setting.section_and_name().0;
            assert!(SECTIONS.iter().any(|(name, _)| *name == section), "{}", setting.key);
        }
    }

    #[test]
    fn every_setting_accepts_its_own_default_and_example() {
        for setting in SETTINGS {
            assert!(setting.accepts(&setting.default()), "default of {}", setting.key);
            if let Preset::Unset { example, .. } = setting.preset {
                assert!(setting.kind.accepts(&setting.kind.read(example)), "example of {}", setting.key);
            }
        }
    }

    #[test]
    fn the_names_that_scripts_rely_on() {
        for (key, variable) in [
            ("data_dir", "KEYWRIGHT_DATA_DIR"),
            ("server.listen", "KEYWRIGHT_SERVER_LISTEN"),
            ("database.url", "KEYWRIGHT_DATABASE_URL"),
            ("mail.host", "KEYWRIGHT_MAIL_HOST"),
            ("sign_up.allowed_email_domains", "KEYWRIGHT_SIGN_UP_ALLOWED_EMAIL_DOMAINS"),
        ] {
            assert_eq!(Setting::find(key).unwrap().variable(), variable);
        }
    }
}
