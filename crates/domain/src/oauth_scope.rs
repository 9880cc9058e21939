//! Scopes: what a token opens, as words that programs agree on.

use serde::{Deserialize, Serialize};

use crate::text::parse_labels;
use crate::transition::noun;
use crate::{Checks, Instant, Invalid, Meta, OAuthScopeId, Text, Transition, parse_label};

/// A scope that clients may ask for (RFC 6749 §3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OAuthScope {
    /// Its identity.
    pub id: OAuthScopeId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// The word. Unique, capitals and all.
    pub name: String,
    /// Whom it is granted to.
    pub kind: ScopeKind,
    /// For role scopes: the role that a person must hold at the partner for which they consent.
    pub role: Option<String>,
    /// What people are told when they are asked for it.
    pub description: Text,
    /// Which facts about a person it opens, and where they are found.
    pub claims: Vec<ScopeClaim>,
}

noun!(OAuthScope, OAuthScopeId);

/// Whom a scope is granted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// To every client that may ask for it.
    Plain,
    /// To people who hold a role.
    Role,
    /// To clients that act for themselves, one at a time.
    System,
    /// To people: who they are (OpenID Connect Core §5.4).
    Openid,
}

/// A fact about a person that a scope opens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeClaim {
    /// Its name, such as `email`.
    pub claim: String,
    /// Whether it is in ID tokens.
    #[serde(default)]
    pub id_token: bool,
    /// Whether it is in access tokens that are JWTs.
    #[serde(default)]
    pub access_token: bool,
    /// Whether the userinfo endpoint tells it.
    #[serde(default)]
    pub userinfo: bool,
}

/// What somebody typed about a scope.
#[derive(Clone, Debug)]
pub struct OAuthScopeDraft {
    /// See [`OAuthScope::name`].
    pub name: String,
    /// See [`OAuthScope::kind`].
    pub kind: ScopeKind,
    /// See [`OAuthScope::role`].
    pub role: Option<String>,
    /// See [`OAuthScope::description`].
    pub description: String,
    /// See [`OAuthScope::claims`].
    pub claims: Vec<ScopeClaim>,
}

/// Scopes that mean something to the server itself: their words and kinds stay.
pub const BUILT_IN_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

impl OAuthScopeDraft {
    fn check(self, id: OAuthScopeId, meta: Meta) -> Result<OAuthScope, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", parse_label(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let role = match (self.kind, self.role) {
            (ScopeKind::Role, role) => {
                let role = role.unwrap_or_else(|| self.name.clone());
                checks.take("role", parse_label(&role)).map(Some)
            }
            (ScopeKind::Plain | ScopeKind::System | ScopeKind::Openid, role) => {
                checks.require(role.is_none(), "role", "invalid", "can be given for role scopes only");
                Some(None)
            }
        };
        let names: Vec<String> = self.claims.iter().map(|claim| claim.claim.clone()).collect();
        let distinct = checks.take("claims", parse_labels(&names));
        let distinct = distinct.is_none_or(|distinct| distinct.len() == names.len());
        checks.require(distinct, "claims", "duplicate", "must name each claim once");
        checks.build(|| {
            Some(OAuthScope {
                id,
                meta,
                name: name?,
                kind: self.kind,
                role: role?,
                description: description?,
                claims: self.claims,
            })
        })
    }
}

impl OAuthScope {
    /// A new scope.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: OAuthScopeId,
        draft: OAuthScopeDraft,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now))?, "scope.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> OAuthScopeDraft {
        OAuthScopeDraft {
            name: self.name.clone(),
            kind: self.kind,
            role: self.role.clone(),
            description: self.description.as_str().to_owned(),
            claims: self.claims.clone(),
        }
    }

    /// Takes over an edited draft. The word stays: clients and tokens hold it.
    ///
    /// # Errors
    /// Every wrong field of the draft, or if it would change the word, or the kind of a scope that is built in.
    pub fn update(&self, draft: OAuthScopeDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        checks.require(draft.name == self.name, "name", "fixed", "cannot be changed: make another scope");
        let kind_stays = draft.kind == self.kind || !self.is_built_in();
        checks.require(kind_stays, "kind", "fixed", "cannot be changed: this scope is built in");
        checks.build(|| Some(()))?;
        let after = draft.check(self.id, self.meta)?;
        Ok(Transition::update(self, after, "scope.updated", now))
    }

    /// Whether it means something to the server itself.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN_SCOPES.contains(&self.name.as_str())
    }
}
