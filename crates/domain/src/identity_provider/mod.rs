//! Identity providers: where people sign in elsewhere to be signed in here, by OpenID Connect.

mod claims;
mod draft;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{AddressRules, Checks, IdentityProviderId, Instant, Invalid, Meta, Name, Sealed, Transition};

pub use claims::{ClaimRules, MappedRole};
pub use draft::IdentityProviderDraft;

/// Somebody else's OpenID Connect server that is believed about who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IdentityProvider {
    /// Its identity.
    pub id: IdentityProviderId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// What people know it as; unique over all providers.
    pub name: Name,
    /// The word for it in addresses, also in the one that it sends people back to; unique, and stays as it is.
    pub slug: String,
    /// Who it says it is, compared letter by letter. It stays as it is: the people it knows are known by it.
    pub issuer: String,
    /// What it knows us as.
    pub client_id: String,
    /// How we prove to it who we are.
    pub token_auth: TokenAuth,
    /// What we prove it by; none: by PKCE alone.
    #[serde(skip)]
    pub client_secret: Option<Sealed>,
    /// What it is asked for; `openid` is always first.
    pub scopes: Vec<String>,
    /// Whether developers sign in with it.
    pub developers: bool,
    /// Whether administrators do.
    pub administrators: bool,
    /// Whether developers whom nobody knows yet get an account at their first sign-in, under the rules of registration.
    pub makes_developers: bool,
    /// What of its words is looked at.
    pub claims: ClaimRules,
    /// Whether it is used at all.
    pub enabled: bool,
}

noun!(IdentityProvider, IdentityProviderId);

/// How we prove who we are at a provider's token endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenAuth {
    /// Id and secret as HTTP Basic.
    #[default]
    ClientSecretBasic,
    /// Id and secret in the body.
    ClientSecretPost,
    /// Not at all: we are a public client there.
    None,
}

/// As what somebody wants to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Somebody who uses APIs.
    Developer,
    /// Somebody who runs this installation.
    Administrator,
}

impl IdentityProvider {
    /// A new provider.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: IdentityProviderId,
        draft: IdentityProviderDraft,
        rules: &AddressRules,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now), rules)?, "identity_provider.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> IdentityProviderDraft {
        IdentityProviderDraft {
            name: self.name.to_string(),
            slug: self.slug.clone(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            token_auth: self.token_auth,
            client_secret: self.client_secret.clone(),
            scopes: self.scopes.clone(),
            developers: self.developers,
            administrators: self.administrators,
            makes_developers: self.makes_developers,
            claims: self.claims.clone(),
            enabled: self.enabled,
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft; if it names another issuer, or has another word in its addresses.
    pub fn update(
        &self,
        draft: IdentityProviderDraft,
        rules: &AddressRules,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        // The people of one issuer would become those of another, who has the same subjects for others.
        let is_same = draft.issuer == self.issuer;
        checks.require(is_same, "issuer", "fixed", "stays as it is; make another provider instead");
        let is_same = draft.slug == self.slug;
        checks.require(is_same, "slug", "fixed", "stays as it is: the provider sends people back to it");
        checks.build(|| Some(()))?;
        let after = draft.check(self.id, self.meta, rules)?;
        Ok(Transition::update(self, after, "identity_provider.updated", now))
    }

    /// Whether somebody may sign in with it as this.
    pub fn is_open_to(&self, audience: Audience) -> bool {
        self.enabled
            && match audience {
                Audience::Developer => self.developers,
                Audience::Administrator => self.administrators,
            }
    }

    /// Whether a session that came from it may go on: what it is not for any more ends.
    pub fn shuts_out(&self, before: &Self) -> Vec<Audience> {
        let both = [Audience::Developer, Audience::Administrator];
        both.into_iter().filter(|it| before.is_open_to(*it) && !self.is_open_to(*it)).collect()
    }
}
