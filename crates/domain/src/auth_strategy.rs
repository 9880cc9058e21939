//! Auth strategies: how applications of an API authenticate, as a named setting.

use serde::{Deserialize, Serialize};

use crate::text::parse_labels;
use crate::transition::noun;
use crate::{
    AddressRules, AuthStrategyId, Checks, Instant, Invalid, Meta, Name, OutgoingUrl, Sealed, Transition,
};

/// A named way for applications to authenticate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthStrategy {
    /// Its identity.
    pub id: AuthStrategyId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all strategies.
    pub name: Name,
    /// Which kind of credential, and where it is found in a call.
    pub method: AuthMethod,
    /// Whether applications get it when they name none. Exactly one strategy has this.
    pub is_default: bool,
    /// What we prove ourselves by to the bridge, if there is one.
    #[serde(skip)]
    pub bridge_key: Option<Sealed>,
}

noun!(AuthStrategy, AuthStrategyId);

/// Which kind of credential, and where it is found in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthMethod {
    /// API keys.
    KeyAuth {
        /// Where the key is looked for, in this order; a call that carries more than one is refused.
        locations: Vec<KeyLocation>,
    },
    /// Tokens of OAuth clients that are made with the applications.
    ClientCredentials {
        /// How tokens are got or shown, in the words of whoever evaluates them, such as `client_credentials`.
        auth_methods: Vec<String>,
        /// The scopes that applications may choose from; empty: they choose none.
        scopes: Vec<String>,
    },
    /// Tokens of OAuth clients that developers have made elsewhere: an application's reference is the client's id.
    SelfManagedClientCredentials {
        /// As above.
        auth_methods: Vec<String>,
        /// Who makes the tokens.
        issuer: String,
    },
    /// Tokens of OAuth clients that another authorization server makes with the applications. It is asked by way of an
    /// HTTP bridge, which somebody has written for it.
    BridgedClientCredentials {
        /// As above.
        auth_methods: Vec<String>,
        /// The scopes that each client is to get; nobody chooses.
        scopes: Vec<String>,
        /// Who makes the tokens.
        issuer: String,
        /// Where the bridge is.
        bridge_url: String,
        /// Whether the bridge wants to know what becomes of the applications.
        event_hooks: bool,
    },
}

/// A place in a call where an API key may be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyLocation {
    /// A header of this name, in lower case. `authorization` means `Authorization: Bearer <key>`.
    Header(String),
    /// A query parameter of this name.
    Query(String),
}

/// Where a caller puts its credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPlace<'a> {
    /// `Authorization: Bearer …` (RFC 6750 §2.1).
    Bearer,
    /// A header of this name, in lower case.
    Header(&'a str),
    /// A query parameter of this name.
    Query(&'a str),
}

/// What somebody typed about a strategy.
#[derive(Clone, Debug)]
pub struct AuthStrategyDraft {
    /// See [`AuthStrategy::name`].
    pub name: String,
    /// See [`AuthStrategy::method`].
    pub method: AuthMethod,
    /// See [`AuthStrategy::bridge_key`].
    pub bridge_key: Option<Sealed>,
}

impl AuthMethod {
    /// API keys in `X-API-Key`.
    pub fn default_key_auth() -> Self {
        Self::KeyAuth { locations: vec![KeyLocation::Header("x-api-key".to_owned())] }
    }

    /// Where a caller puts its credential: a key into the first place where it is looked for; tokens have one place.
    pub fn key_place(&self) -> KeyPlace<'_> {
        let first = match self {
            Self::KeyAuth { locations } => locations.first(),
            Self::ClientCredentials { .. }
            | Self::SelfManagedClientCredentials { .. }
            | Self::BridgedClientCredentials { .. } => None,
        };
        match first {
            Some(KeyLocation::Header(name)) if name != "authorization" => KeyPlace::Header(name),
            Some(KeyLocation::Query(name)) => KeyPlace::Query(name),
            Some(KeyLocation::Header(_)) | None => KeyPlace::Bearer,
        }
    }

    /// Where its bridge is, if it has one.
    pub fn bridge_url(&self) -> Option<&str> {
        match self {
            Self::BridgedClientCredentials { bridge_url, .. } => Some(bridge_url),
            Self::KeyAuth { .. }
            | Self::ClientCredentials { .. }
            | Self::SelfManagedClientCredentials { .. } => None,
        }
    }

    fn check(self, rules: &AddressRules) -> Result<Self, Invalid> {
        match self {
            Self::KeyAuth { locations } => {
                let mut checks = Checks::new();
                let fits = (1..=5).contains(&locations.len());
                checks.require(fits, "locations", "out_of_range", "must have 1 to 5 entries");
                let mut checked: Vec<KeyLocation> = Vec::new();
                for (i, location) in locations.into_iter().enumerate() {
                    let field = format!("locations[{i}]");
                    if let Some(location) = checks.take(&field, location.check()) {
                        checks.require(
                            !checked.contains(&location),
                            &field,
                            "duplicate",
                            "must not repeat another",
                        );
                        checked.push(location);
                    }
                }
                checks.build(|| Some(Self::KeyAuth { locations: checked }))
            }
            Self::ClientCredentials { auth_methods, scopes } => {
                let mut checks = Checks::new();
                let auth_methods = checks.take("auth_methods", parse_labels(&auth_methods));
                let scopes = checks.take("scopes", parse_labels(&scopes));
                checks
                    .build(|| Some(Self::ClientCredentials { auth_methods: auth_methods?, scopes: scopes? }))
            }
            Self::SelfManagedClientCredentials { auth_methods, issuer } => {
                let mut checks = Checks::new();
                let auth_methods = checks.take("auth_methods", parse_labels(&auth_methods));
                check_issuer(&mut checks, &issuer);
                checks.build(|| {
                    Some(Self::SelfManagedClientCredentials { auth_methods: auth_methods?, issuer })
                })
            }
            Self::BridgedClientCredentials { auth_methods, scopes, issuer, bridge_url, event_hooks } => {
                let mut checks = Checks::new();
                let auth_methods = checks.take("auth_methods", parse_labels(&auth_methods));
                let scopes = checks.take("scopes", parse_labels(&scopes));
                check_issuer(&mut checks, &issuer);
                let bridge_url = checks.take("bridge_url", parse_bridge_url(&bridge_url, rules));
                checks.build(|| {
                    Some(Self::BridgedClientCredentials {
                        auth_methods: auth_methods?,
                        scopes: scopes?,
                        issuer,
                        bridge_url: bridge_url?,
                        event_hooks,
                    })
                })
            }
        }
    }
}

fn check_issuer(checks: &mut Checks, issuer: &str) {
    let is_url = issuer.starts_with("https://") && issuer.len() > 8 && issuer.len() <= 256;
    let plain = issuer.bytes().all(|b| b.is_ascii_graphic());
    checks.require(is_url && plain, "issuer", "invalid", "must be an https address");
}

/// Paths are appended to it, so it has no query and no slash at its end.
fn parse_bridge_url(text: &str, rules: &AddressRules) -> Result<String, Invalid> {
    let url = OutgoingUrl::parse(text, rules)?;
    if url.as_str().contains('?') {
        return Err(Invalid::field("", "invalid", "must not have a query (?…): paths are appended to it"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Headers that gateways and we ourselves use; a key in one of them would never arrive or would be confused.
const RESERVED_HEADERS: [&str; 8] =
    ["connection", "content-length", "content-type", "cookie", "host", "te", "transfer-encoding", "upgrade"];

impl KeyLocation {
    fn check(self) -> Result<Self, Invalid> {
        match self {
            Self::Header(name) => {
                let name = name.to_ascii_lowercase();
                let reserved = RESERVED_HEADERS.contains(&name.as_str())
                    || ["x-forwarded-", "x-original-", "x-keywright-"].iter().any(|p| name.starts_with(p));
                if reserved {
                    return Err(Invalid::field(
                        "header",
                        "reserved",
                        "is used by HTTP or by gateways; choose another",
                    ));
                }
                let token = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
                if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
                    return Err(Invalid::field(
                        "header",
                        "invalid",
                        "must be letters, digits and hyphens, at most 64",
                    ));
                }
                Ok(Self::Header(name))
            }
            Self::Query(name) => {
                let token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
                if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
                    return Err(Invalid::field(
                        "query",
                        "invalid",
                        "must be letters, digits and - _ . , at most 64",
                    ));
                }
                Ok(Self::Query(name))
            }
        }
    }
}

impl AuthStrategy {
    /// A new strategy.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: AuthStrategyId,
        draft: AuthStrategyDraft,
        is_default: bool,
        rules: &AddressRules,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now), is_default, rules)?, "auth_strategy.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> AuthStrategyDraft {
        AuthStrategyDraft {
            name: self.name.to_string(),
            method: self.method.clone(),
            bridge_key: self.bridge_key.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft; if a known key would go to another bridge.
    pub fn update(
        &self,
        draft: AuthStrategyDraft,
        rules: &AddressRules,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let after = draft.check(self.id, self.meta, self.is_default, rules)?;
        // Or whoever may change the address could have the key sent to them.
        if after.method.bridge_url() != self.method.bridge_url()
            && after.bridge_key.is_some()
            && after.bridge_key == self.bridge_key
        {
            let message = "must be given anew: the bridge is at another address";
            return Err(Invalid::field("method.api_key", "required", message));
        }
        Ok(Transition::update(self, after, "auth_strategy.updated", now))
    }

    /// Makes it the one that applications get when they name none, or the one that was.
    pub fn set_default(&self, is_default: bool, now: Instant) -> Transition<Self> {
        Transition::update(self, Self { is_default, ..self.clone() }, "auth_strategy.default_changed", now)
    }
}

impl AuthStrategyDraft {
    fn check(
        self,
        id: AuthStrategyId,
        meta: Meta,
        is_default: bool,
        rules: &AddressRules,
    ) -> Result<AuthStrategy, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        // A key without a bridge is worth nothing, and is not kept.
        let has_bridge = self.method.bridge_url().is_some();
        let bridge_key = self.bridge_key.filter(|_| has_bridge);
        let fits = bridge_key.is_some() == has_bridge;
        checks.require(fits, "method.api_key", "required", "must be given: the bridge asks for it");
        let method = checks.take("method", self.method.check(rules));
        checks.build(|| Some(AuthStrategy { id, meta, name: name?, method: method?, is_default, bridge_key }))
    }
}
