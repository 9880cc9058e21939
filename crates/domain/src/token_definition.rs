//! Token definitions: how tokens are made, under a name that clients refer to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::transition::noun;
use crate::{
    Checks, Error, Instant, Invalid, Meta, Name, SigningAlgorithm, TokenDefinitionId, Transition, parse_label,
};

/// How tokens are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenDefinition {
    /// Its identity.
    pub id: TokenDefinitionId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// What clients call it. Unique, look-alikes included.
    pub name: Name,
    /// Who says that it issued them; none: this server under its own address.
    pub issuer: Option<String>,
    /// Whom they are for if the request names nobody; empty: the issuer.
    pub audience: Vec<String>,
    /// How access tokens that are JWTs are signed.
    pub algorithm: SigningAlgorithm,
    /// With which keys. Each series has keys of its own; `default` is there always.
    pub key_series: String,
    /// Claims that are added to access tokens, and what goes into them: an attribute, see [`CLAIM_SOURCES`].
    pub claims: BTreeMap<String, String>,
    /// Whether it is the one for clients that name none. Exactly one is.
    pub is_default: bool,
}

noun!(TokenDefinition, TokenDefinitionId);

/// What can go into a claim.
pub const CLAIM_SOURCES: [&str; 6] =
    ["client_id", "application_id", "application_name", "partner_id", "partner_name", "partner_roles"];

/// Claims that say what a token is: nobody's to choose (RFC 7519 §4.1, RFC 9068 §2.2).
const RESERVED_CLAIMS: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "scope",
    "client_id",
    "cnf",
    "act",
    "may_act",
    "auth_time",
    "acr",
    "gid",
];

/// The keys that everything is signed with unless a definition says otherwise.
pub const DEFAULT_SERIES: &str = "default";

/// What somebody typed about a definition.
#[derive(Clone, Debug)]
pub struct TokenDefinitionDraft {
    /// See [`TokenDefinition::name`].
    pub name: String,
    /// See [`TokenDefinition::issuer`].
    pub issuer: Option<String>,
    /// See [`TokenDefinition::audience`].
    pub audience: Vec<String>,
    /// See [`TokenDefinition::algorithm`].
    pub algorithm: SigningAlgorithm,
    /// See [`TokenDefinition::key_series`].
    pub key_series: String,
    /// See [`TokenDefinition::claims`].
    pub claims: BTreeMap<String, String>,
}

impl TokenDefinitionDraft {
    fn check(self, id: TokenDefinitionId, meta: Meta, is_default: bool) -> Result<TokenDefinition, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        // RFC 8414 §2: an https URL without query or fragment.
        let is_url = |text: &str| {
            url::Url::parse(text).is_ok_and(|url| {
                let local =
                    url.host_str().is_some_and(|host| ["127.0.0.1", "[::1]", "localhost"].contains(&host));
                (url.scheme() == "https" || url.scheme() == "http" && local)
                    && url.query().is_none()
                    && url.fragment().is_none()
            })
        };
        let fits = self.issuer.as_deref().is_none_or(|issuer| issuer.len() <= 500 && is_url(issuer));
        checks.require(fits, "issuer", "invalid", "must be an https URL without query and fragment");
        let is_audience =
            |text: &String| (1..=500).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        checks.require(self.audience.len() <= 20, "audience", "too_many", "must have at most 20 entries");
        for (i, audience) in self.audience.iter().enumerate() {
            let message = "must have 1 to 500 visible ASCII characters";
            checks.require(is_audience(audience), &format!("audience[{i}]"), "invalid", message);
        }
        let series = checks.take("key_series", parse_label(&self.key_series));
        checks.require(self.claims.len() <= 20, "claims", "too_many", "must have at most 20 entries");
        for (claim, source) in &self.claims {
            let at = format!("claims.{claim}");
            let fits = parse_label(claim).is_ok() && !RESERVED_CLAIMS.contains(&claim.as_str());
            checks.require(fits, &at, "reserved", "must be a label that says nothing about the token itself");
            let message = format!("must be one of {}", CLAIM_SOURCES.join(", "));
            checks.require(CLAIM_SOURCES.contains(&source.as_str()), &at, "unknown", &message);
        }
        checks.build(|| {
            Some(TokenDefinition {
                id,
                meta,
                name: name?,
                issuer: self.issuer,
                audience: self.audience,
                algorithm: self.algorithm,
                key_series: series?,
                claims: self.claims,
                is_default,
            })
        })
    }
}

impl TokenDefinition {
    /// A new definition.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: TokenDefinitionId,
        draft: TokenDefinitionDraft,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now), false)?, "token_definition.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> TokenDefinitionDraft {
        TokenDefinitionDraft {
            name: self.name.to_string(),
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            algorithm: self.algorithm,
            key_series: self.key_series.clone(),
            claims: self.claims.clone(),
        }
    }

    /// Takes over an edited draft. Tokens that are out stay as they are.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: TokenDefinitionDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let after = draft.check(self.id, self.meta, self.is_default)?;
        Ok(Transition::update(self, after, "token_definition.updated", now))
    }

    /// Removes it.
    ///
    /// # Errors
    /// If it is the default one.
    pub fn delete(self) -> Result<Transition<Self>, Error> {
        if self.is_default {
            return Err(Error::conflict("is_default", "the default token definition cannot be removed"));
        }
        Ok(Transition::delete(self, "token_definition.deleted"))
    }
}
