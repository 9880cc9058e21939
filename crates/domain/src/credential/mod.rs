//! Credentials: the ways in which an application proves who it is. One life for every kind.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{ApplicationId, Checks, CredentialId, Error, Instant, Invalid, Meta, Name, Transition};

mod api_key;
mod client_secret;
mod external;

pub use api_key::{ApiKey, ForeignKey};
pub use client_secret::{ClientSecret, SecretForm, check_chosen_secret};
pub use external::{Claim, ClaimSet, External, ExternalForm, ExternalValues};

/// One way for an application to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// Its identity.
    pub id: CredentialId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Whose it is.
    pub application_id: ApplicationId,
    /// What people call it.
    pub name: Name,
    /// What it is made of.
    pub material: Material,
    /// Whether it was switched off, or ended for good.
    pub state: CredentialState,
    /// From when on it is worth nothing.
    pub expires_at: Option<Instant>,
    /// The one that takes its place. Both live until `expires_at` of this one.
    pub replaced_by: Option<CredentialId>,
    /// When it last let a call through, as far as it was noted. Counters write this, no transition does.
    #[serde(skip)]
    pub last_used_at: Option<Instant>,
}

noun!(Credential, CredentialId, application = |c| Some(c.application_id));

/// What a credential is made of. A new kind is a new arm here, and the compiler lists the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Material {
    /// A text that is sent with each call.
    ApiKey(ApiKey),
    /// What a client proves itself by when it asks for tokens.
    ClientSecret(ClientSecret),
    /// Made by a third party's gateway, which also checks it: kept here for its owner.
    External(External),
}

/// The kinds of credentials, as API versions accept them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A text that is sent with each call.
    ApiKey,
    /// What a client proves itself by when it asks for tokens.
    ClientSecret,
    /// Made and checked by a third party's gateway.
    External,
}

impl Material {
    /// Its kind.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::ApiKey(_) => CredentialKind::ApiKey,
            Self::ClientSecret(_) => CredentialKind::ClientSecret,
            Self::External(_) => CredentialKind::External,
        }
    }
}

/// What was decided about a credential. Time decides the rest, see [`Credential::status`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// May be used.
    Active,
    /// Switched off; may be switched on again.
    Disabled,
    /// Ended for good.
    Revoked,
}

/// What a credential is worth at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialStatus {
    /// Lets calls through.
    Active,
    /// Lets calls through until its successor has taken over.
    Rotating,
    /// Switched off.
    Disabled,
    /// Its time is over.
    Expired,
    /// Ended for good.
    Revoked,
}

impl CredentialStatus {
    /// Whether calls are let through.
    pub fn is_usable(self) -> bool {
        match self {
            Self::Active | Self::Rotating => true,
            Self::Disabled | Self::Expired | Self::Revoked => false,
        }
    }

    /// The same word as on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotating => "rotating",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The rule for [`Credential::status`], for those who hold only these three facts.
pub fn status(
    state: CredentialState,
    expires_at: Option<Instant>,
    is_replaced: bool,
    now: Instant,
) -> CredentialStatus {
    match state {
        CredentialState::Revoked => CredentialStatus::Revoked,
        _ if expires_at.is_some_and(|at| at <= now) => CredentialStatus::Expired,
        CredentialState::Disabled => CredentialStatus::Disabled,
        CredentialState::Active if is_replaced => CredentialStatus::Rotating,
        CredentialState::Active => CredentialStatus::Active,
    }
}

/// What somebody typed about a credential.
#[derive(Clone, Debug, Default)]
pub struct CredentialDraft {
    /// See [`Credential::name`].
    pub name: String,
    /// See [`Credential::expires_at`].
    pub expires_at: Option<Instant>,
}

/// The longest time for which an old and a new credential may live side by side.
pub const MAX_OVERLAP: Duration = Duration::from_secs(90 * 24 * 3600);

impl CredentialDraft {
    fn check(self, now: Instant) -> Result<(Name, Option<Instant>), Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let ahead = self.expires_at.is_none_or(|at| at > now);
        checks.require(ahead, "expires_at", "in_the_past", "must be in the future");
        checks.build(|| Some((name?, self.expires_at)))
    }
}

impl Credential {
    /// A new credential.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn issue(
        id: CredentialId,
        application_id: ApplicationId,
        draft: CredentialDraft,
        material: Material,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let (name, expires_at) = draft.check(now)?;
        let credential = Self {
            id,
            meta: Meta::new(now),
            application_id,
            name,
            material,
            state: CredentialState::Active,
            expires_at,
            replaced_by: None,
            last_used_at: None,
        };
        Ok(Transition::create(credential, "credential.issued"))
    }

    /// What it is worth at a moment.
    pub fn status(&self, now: Instant) -> CredentialStatus {
        status(self.state, self.expires_at, self.replaced_by.is_some(), now)
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> CredentialDraft {
        CredentialDraft { name: self.name.to_string(), expires_at: self.expires_at }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft, or if it has ended.
    pub fn update(&self, draft: CredentialDraft, now: Instant) -> Result<Transition<Self>, Error> {
        self.must_not_have_ended(now)?;
        if self.replaced_by.is_some() && draft.expires_at != self.expires_at {
            return Err(Error::conflict(
                "rotating",
                "the end of a credential that is being replaced cannot be moved; revoke it to end it now",
            ));
        }
        let (name, expires_at) = draft.check(now)?;
        Ok(Transition::update(self, Self { name, expires_at, ..self.clone() }, "credential.updated", now))
    }

    /// Switches it off or on.
    ///
    /// # Errors
    /// If it has ended.
    pub fn set_enabled(&self, enabled: bool, now: Instant) -> Result<Transition<Self>, Error> {
        self.must_not_have_ended(now)?;
        let (state, action) = if enabled {
            (CredentialState::Active, "credential.enabled")
        } else {
            (CredentialState::Disabled, "credential.disabled")
        };
        Ok(Transition::update(self, Self { state, ..self.clone() }, action, now))
    }

    /// Ends it for good.
    ///
    /// # Errors
    /// If it was revoked before.
    pub fn revoke(&self, now: Instant) -> Result<Transition<Self>, Error> {
        if self.state == CredentialState::Revoked {
            return Err(Error::conflict("revoked", "the credential was revoked before"));
        }
        let after = Self { state: CredentialState::Revoked, ..self.clone() };
        Ok(Transition::update(self, after, "credential.revoked", now))
    }

    /// Puts a new credential in its place. The old one lives on for `overlap`, so that callers can change over
    /// without a failed call.
    ///
    /// # Errors
    /// If it is not in use, is being replaced already, or the overlap is too long.
    pub fn rotate(
        &self,
        successor: CredentialId,
        material: Material,
        overlap: Duration,
        now: Instant,
    ) -> Result<(Transition<Self>, Transition<Self>), Error> {
        if overlap > MAX_OVERLAP {
            return Err(Invalid::field("overlap_seconds", "out_of_range", "must be at most 90 days").into());
        }
        match self.status(now) {
            CredentialStatus::Active => {}
            CredentialStatus::Rotating => {
                return Err(Error::conflict(
                    "rotating",
                    "the credential is being replaced already; rotate its successor",
                ));
            }
            CredentialStatus::Disabled | CredentialStatus::Expired | CredentialStatus::Revoked => {
                return Err(Error::conflict(
                    "state",
                    "only a credential that is in use can be rotated; issue a new one",
                ));
            }
        }
        let end = now + overlap;
        let old = Self {
            expires_at: Some(self.expires_at.map_or(end, |at| at.min(end))),
            replaced_by: Some(successor),
            ..self.clone()
        };
        let new = Self {
            id: successor,
            meta: Meta::new(now),
            application_id: self.application_id,
            name: self.name.clone(),
            material,
            state: CredentialState::Active,
            expires_at: self.expires_at,
            replaced_by: None,
            last_used_at: None,
        };
        Ok((
            Transition::update(self, old, "credential.rotated", now),
            Transition::create(new, "credential.issued").with_detail("replaces", self.id.to_string()),
        ))
    }

    fn must_not_have_ended(&self, now: Instant) -> Result<(), Error> {
        match self.status(now) {
            CredentialStatus::Active | CredentialStatus::Rotating | CredentialStatus::Disabled => Ok(()),
            CredentialStatus::Expired => {
                Err(Error::conflict("expired", "the credential has expired; issue a new one"))
            }
            CredentialStatus::Revoked => {
                Err(Error::conflict("revoked", "the credential was revoked; issue a new one"))
            }
        }
    }
}
