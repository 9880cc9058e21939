//! Administrators' API tokens: with which tools call the management API.

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{ApiTokenId, Checks, Error, Hint, Instant, Invalid, Meta, Name, SecretHash, Transition};

/// A token with which an administrator's tool calls the management API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// Its identity.
    pub id: ApiTokenId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// What people call it.
    pub name: Name,
    /// What may be shown of it.
    pub hint: Hint,
    /// The keyed hash it is found by.
    #[serde(skip)]
    pub hash: SecretHash,
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// From when on it is worth nothing.
    pub expires_at: Option<Instant>,
    /// When it was ended for good.
    pub revoked_at: Option<Instant>,
}

noun!(ApiToken, ApiTokenId);

/// What a token opens: a resource of the management API, to read or to change. Written `partners:read`, `*:write`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Which resource; none: all of them.
    pub resource: Option<Resource>,
    /// Reading, or changing and reading.
    pub access: Access,
}

/// A resource of the management API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Partners and their members.
    Partners,
    /// Developers and their sessions.
    Developers,
    /// Applications and their members.
    Applications,
    /// Credentials of applications.
    Credentials,
    /// APIs, versions, specifications.
    Apis,
    /// Plans.
    Plans,
    /// Auth strategies.
    AuthStrategies,
    /// Subscriptions and their review.
    Subscriptions,
    /// Audit lines.
    Audit,
    /// Mails that were sent.
    Mails,
    /// API tokens themselves.
    Tokens,
    /// Webhook endpoints, deliveries and events.
    Webhooks,
    /// OAuth settings of applications.
    Clients,
    /// Scopes, token definitions and signing keys.
    Oauth,
    /// How often what was called.
    Usage,
    /// Third parties' gateways and their technical users.
    Gateways,
    /// Groups of people.
    Groups,
    /// Requests to gateways, their approval and their answers.
    Requests,
    /// External tokens and the forms by which they are asked for.
    ExternalTokens,
    /// How the portal shows itself.
    Portal,
    /// Where people sign in elsewhere, and whom that links.
    IdentityProviders,
    /// The people who run this installation, and their roles.
    Administrators,
}

/// Reading, or changing and reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Only look.
    Read,
    /// Change, and look.
    Write,
}

impl Resource {
    /// Every resource.
    pub const ALL: [Self; 22] = [
        Self::Partners,
        Self::Developers,
        Self::Applications,
        Self::Credentials,
        Self::Apis,
        Self::Plans,
        Self::AuthStrategies,
        Self::Subscriptions,
        Self::Audit,
        Self::Mails,
        Self::Tokens,
        Self::Webhooks,
        Self::Clients,
        Self::Oauth,
        Self::Usage,
        Self::Gateways,
        Self::Groups,
        Self::Requests,
        Self::ExternalTokens,
        Self::Portal,
        Self::IdentityProviders,
        Self::Administrators,
    ];

    /// The word in scopes; the first path segment of its routes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partners => "partners",
            Self::Developers => "developers",
            Self::Applications => "applications",
            Self::Credentials => "credentials",
            Self::Apis => "apis",
            Self::Plans => "plans",
            Self::AuthStrategies => "auth-strategies",
            Self::Subscriptions => "subscriptions",
            Self::Audit => "audit",
            Self::Mails => "mails",
            Self::Tokens => "tokens",
            Self::Webhooks => "webhooks",
            Self::Clients => "clients",
            Self::Oauth => "oauth",
            Self::Usage => "usage",
            Self::Gateways => "gateways",
            Self::Groups => "groups",
            Self::Requests => "requests",
            Self::ExternalTokens => "external-tokens",
            Self::Portal => "portal",
            Self::IdentityProviders => "identity-providers",
            Self::Administrators => "administrators",
        }
    }
}

impl Scope {
    /// Everything.
    pub const ALL: Self = Self { resource: None, access: Access::Write };
    /// How many a token may have: more than there are.
    pub const MAX: usize = 50;

    /// Whether this scope includes another. Writing includes reading.
    pub fn includes(self, other: Self) -> bool {
        (self.resource.is_none() || self.resource == other.resource) && self.access >= other.access
    }

    /// Reads `partners:read` or `*:write`.
    ///
    /// # Errors
    /// If it names no resource or no access.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unknown = || {
            let known: Vec<&str> = Resource::ALL.iter().map(|r| r.as_str()).collect();
            let message =
                format!("must be RESOURCE:read or RESOURCE:write, with * or one of {}", known.join(", "));
            Invalid::field("", "unknown_scope", message)
        };
        let (resource, access) = text.split_once(':').ok_or_else(unknown)?;
        let access = match access {
            "read" => Access::Read,
            "write" => Access::Write,
            _ => return Err(unknown()),
        };
        let resource = match resource {
            "*" => None,
            name => Some(Resource::ALL.into_iter().find(|r| r.as_str() == name).ok_or_else(unknown)?),
        };
        Ok(Self { resource, access })
    }

    /// Reads all scopes of a token; doubles are dropped, the order is kept.
    ///
    /// # Errors
    /// Every entry that is wrong, as `[i]`; `required` if there is none, `too_many` above [`Scope::MAX`].
    fn parse_all(texts: &[String]) -> Result<Vec<Self>, Invalid> {
        let mut checks = Checks::new();
        checks.require(!texts.is_empty(), "", "required", "must have at least one entry, such as *:write");
        let few = texts.len() <= Self::MAX;
        checks.require(few, "", "too_many", &format!("must have at most {} entries", Self::MAX));
        let mut scopes = Vec::new();
        for (i, text) in texts.iter().enumerate().take(Self::MAX) {
            let scope = checks.take(&format!("[{i}]"), Self::parse(text));
            scopes.extend(scope.filter(|scope| !scopes.contains(scope)));
        }
        checks.build(|| Some(scopes))
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let access = if self.access == Access::Read { "read" } else { "write" };
        write!(f, "{}:{access}", self.resource.map_or("*", Resource::as_str))
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|e| serde::de::Error::custom(e.to_string().trim()))
    }
}

impl ApiToken {
    /// A new token.
    ///
    /// # Errors
    /// Every wrong field.
    pub fn create(
        id: ApiTokenId,
        name: &str,
        scopes: &[String],
        expires_at: Option<Instant>,
        (hash, hint): (SecretHash, Hint),
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(name));
        let scopes = checks.take("scopes", Scope::parse_all(scopes));
        let ahead = expires_at.is_none_or(|at| at > now);
        checks.require(ahead, "expires_at", "in_the_past", "must be in the future");
        let token = checks.build(|| {
            Some(Self {
                id,
                meta: Meta::new(now),
                name: name?,
                hint,
                hash,
                scopes: scopes?,
                expires_at,
                revoked_at: None,
            })
        })?;
        Ok(Transition::create(token, "token.created"))
    }

    /// Ends it for good.
    ///
    /// # Errors
    /// If it was revoked before.
    pub fn revoke(&self, now: Instant) -> Result<Transition<Self>, Error> {
        if self.revoked_at.is_some() {
            return Err(Error::conflict("revoked", "the token was revoked before"));
        }
        Ok(Transition::update(self, Self { revoked_at: Some(now), ..self.clone() }, "token.revoked", now))
    }

    /// Whether it opens anything at a moment.
    pub fn is_usable(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| at > now)
    }
}
