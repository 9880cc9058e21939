//! How we prove to a receiver who we are, beside the signature.

use serde::Serialize;

use crate::{Checks, Invalid, Sealed, client_identity};

/// Seals a value for the endpoint that it belongs to.
pub(crate) type Seal<'a> = &'a dyn Fn(&str) -> Sealed;

/// How many header fields of its own an endpoint may ask for.
const MAX_HEADERS: usize = 10;

/// How we prove to a receiver who we are, beside the signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WebhookAuth {
    /// Not at all.
    None,
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The user name.
        username: String,
        /// The password.
        #[serde(skip)]
        password: Sealed,
    },
    /// A bearer token (RFC 6750).
    Bearer {
        /// The token.
        #[serde(skip)]
        token: Sealed,
    },
    /// Header fields.
    Headers {
        /// Each of them.
        headers: Vec<SealedHeader>,
    },
    /// A client certificate in the TLS handshake.
    Certificate {
        /// It and those of its signers, as PEM: nothing in them is secret.
        certificate: String,
        /// Its private key, as PEM.
        #[serde(skip)]
        private_key: Sealed,
    },
}

/// A header field with a sealed value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SealedHeader {
    /// In lower case.
    pub name: String,
    /// Its value.
    #[serde(skip)]
    pub value: Sealed,
}

/// What somebody typed about an endpoint's authentication.
#[derive(Clone, PartialEq, Eq)]
pub enum WebhookAuthDraft {
    /// None.
    None,
    /// HTTP Basic: user name and password.
    Basic {
        /// Without a colon.
        username: String,
        /// In clear.
        password: String,
    },
    /// A bearer token.
    Bearer {
        /// In clear.
        token: String,
    },
    /// Header fields, by name and value.
    Headers(Vec<(String, String)>),
    /// A client certificate.
    Certificate {
        /// It and those of its signers, as PEM.
        certificate: String,
        /// Its private key, as PEM, in clear.
        private_key: String,
    },
}

/// Header fields that HTTP, the signature or the other kinds of authentication are made of.
const RESERVED: [&str; 17] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "proxy-authorization",
];

impl WebhookAuthDraft {
    /// Checks and seals.
    ///
    /// # Errors
    /// Every wrong field.
    pub(crate) fn check(self, seal: Seal<'_>) -> Result<WebhookAuth, Invalid> {
        match self {
            Self::None => Ok(WebhookAuth::None),
            Self::Basic { username, password } => {
                let mut checks = Checks::new();
                let user_fits = !username.contains(':') && is_printable(&username, 1..=255);
                checks.require(
                    user_fits,
                    "username",
                    "invalid",
                    "must have 1 to 255 characters and no colon",
                );
                let fits = is_printable(&password, 1..=1_024);
                checks.require(fits, "password", "invalid", "must have 1 to 1024 printable characters");
                checks.build(|| Some(WebhookAuth::Basic { username, password: seal(&password) }))
            }
            Self::Bearer { token } => {
                // The grammar of RFC 6750 §2.1.
                let grammar = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
                let fits = (1..=4_096).contains(&token.len()) && token.bytes().all(grammar);
                let mut checks = Checks::new();
                checks.require(
                    fits,
                    "token",
                    "invalid",
                    "must be letters, digits and - . _ ~ + / =, at most 4096",
                );
                checks.build(|| Some(WebhookAuth::Bearer { token: seal(&token) }))
            }
            Self::Headers(headers) => check_headers(headers, seal),
            Self::Certificate { certificate, private_key } => {
                client_identity::check(&certificate, &private_key)?;
                Ok(WebhookAuth::Certificate { certificate, private_key: seal(&private_key) })
            }
        }
    }
}

fn check_headers(headers: Vec<(String, String)>, seal: Seal<'_>) -> Result<WebhookAuth, Invalid> {
    let mut checks = Checks::new();
    let fits = (1..=MAX_HEADERS).contains(&headers.len());
    checks.require(fits, "headers", "out_of_range", "must have 1 to 10 entries");
    let mut checked: Vec<SealedHeader> = Vec::new();
    for (i, (name, value)) in headers.into_iter().enumerate().take(MAX_HEADERS) {
        let field = |part: &str| format!("headers[{i}].{part}");
        let name = name.to_ascii_lowercase();
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let is_name = (1..=64).contains(&name.len()) && name.bytes().all(token);
        checks.require(
            is_name,
            &field("name"),
            "invalid",
            "must be the name of a header field, at most 64 long",
        );
        let free = !RESERVED.contains(&name.as_str()) && !name.starts_with("webhook-");
        checks.require(
            free,
            &field("name"),
            "reserved",
            "is used by HTTP or by the signature; choose another",
        );
        let new = checked.iter().all(|other| other.name != name);
        checks.require(new, &field("name"), "duplicate", "must not repeat another");
        // Visible ASCII with spaces inside (RFC 9110 §5.5): no line can be broken out of it.
        let is_value = (1..=4_096).contains(&value.len())
            && value.bytes().all(|b| (0x20..=0x7e).contains(&b))
            && value.trim() == value;
        checks.require(is_value, &field("value"), "invalid", "must be 1 to 4096 printable ASCII characters");
        checked.push(SealedHeader { name, value: seal(&value) });
    }
    checks.build(|| Some(WebhookAuth::Headers { headers: checked }))
}

fn is_printable(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.chars().count()) && !text.chars().any(char::is_control)
}
