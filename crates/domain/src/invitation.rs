//! Invitations: a mail address is asked to join a partner or an application.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{
    Actor, ApplicationId, ApplicationRole, Checks, Developer, DeveloperId, DeveloperState, Email, Error,
    Instant, Invalid, InvitationId, Meta, PartnerId, PartnerRole, SecretHash, Transition,
};

/// How long the link in the mail works.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// Whoever reads mail at an address may join a partner or an application, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// Its identity.
    pub id: InvitationId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Who is invited. Nobody with another address can accept.
    pub email: Email,
    /// To what, and as what.
    pub to: Membership,
    /// What the secret in the mail is found by.
    #[serde(skip)]
    pub hash: SecretHash,
    /// Who invited. Their right is looked at again when it is accepted.
    #[serde(skip)]
    pub invited_by: Actor,
    /// What became of it. Time decides the rest, see [`Invitation::status`].
    pub state: InvitationState,
    /// From when on it cannot be accepted.
    pub expires_at: Instant,
    /// Who accepted it.
    pub accepted_by: Option<DeveloperId>,
}

noun!(Invitation, InvitationId, application = |i| i.to.application(), partner = |i| i.to.partner());

/// A place among the members of a partner or an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// Of a partner.
    Partner(PartnerId, PartnerRole),
    /// Of an application.
    Application(ApplicationId, ApplicationRole),
}

impl Membership {
    /// The partner, if it is one.
    pub fn partner(self) -> Option<PartnerId> {
        match self {
            Self::Partner(id, _) => Some(id),
            Self::Application(..) => None,
        }
    }

    /// The application, if it is one.
    pub fn application(self) -> Option<ApplicationId> {
        match self {
            Self::Partner(..) => None,
            Self::Application(id, _) => Some(id),
        }
    }
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// Nothing yet.
    Open,
    /// Somebody joined by it.
    Accepted,
    /// It was taken back.
    Withdrawn,
}

/// What an invitation is worth at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationStatus {
    /// It can be accepted.
    Open,
    /// Somebody joined by it.
    Accepted,
    /// It was taken back.
    Withdrawn,
    /// Its time is over.
    Expired,
}

impl InvitationStatus {
    /// What an invitation in a state is worth at a moment.
    pub(crate) fn of(state: InvitationState, expires_at: Instant, now: Instant) -> Self {
        match state {
            InvitationState::Accepted => Self::Accepted,
            InvitationState::Withdrawn => Self::Withdrawn,
            InvitationState::Open if expires_at <= now => Self::Expired,
            InvitationState::Open => Self::Open,
        }
    }

    /// Whether it can be accepted.
    pub(crate) fn must_be_open(self) -> Result<(), Error> {
        let why = match self {
            Self::Open => return Ok(()),
            Self::Accepted => "the invitation was accepted before",
            Self::Withdrawn => "the invitation was withdrawn",
            Self::Expired => "the invitation has expired",
        };
        Err(Error::conflict("state", why))
    }

    /// Whether nobody answered it yet, in time or not.
    pub(crate) fn must_wait(self) -> Result<(), Error> {
        if self == Self::Expired { Ok(()) } else { self.must_be_open() }
    }
}

impl Invitation {
    /// Somebody is invited.
    ///
    /// # Errors
    /// If the address is none.
    pub fn send(
        id: InvitationId,
        email: &str,
        to: Membership,
        hash: SecretHash,
        invited_by: Actor,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        let email = checks.take("email", Email::parse(email));
        let (meta, state, expires_at) = (Meta::new(now), InvitationState::Open, now + INVITATION_LIFETIME);
        let invitation = checks.build(|| {
            Some(Self { id, meta, email: email?, to, hash, invited_by, state, expires_at, accepted_by: None })
        })?;
        Ok(Transition::create(invitation, "invitation.sent"))
    }

    /// What it is worth at a moment.
    pub fn status(&self, now: Instant) -> InvitationStatus {
        InvitationStatus::of(self.state, self.expires_at, now)
    }

    /// Takes it back; one that has expired as well, to make room for another.
    ///
    /// # Errors
    /// If it was accepted, or taken back before.
    pub fn withdraw(&self, now: Instant) -> Result<Transition<Self>, Error> {
        self.status(now).must_wait()?;
        let after = Self { state: InvitationState::Withdrawn, ..self.clone() };
        Ok(Transition::update(self, after, "invitation.withdrawn", now))
    }

    /// Whether it is for this developer: exactly this address, proven, and an account that is open.
    pub fn is_for(&self, developer: &Developer) -> bool {
        developer.state == DeveloperState::Approved
            && developer.verified_at.is_some()
            && developer.email.unique_key() == self.email.unique_key()
    }

    /// Somebody joins by it. It works once.
    ///
    /// # Errors
    /// If it was accepted, taken back, or has expired.
    pub fn accept(&self, developer: DeveloperId, now: Instant) -> Result<Transition<Self>, Error> {
        self.status(now).must_be_open()?;
        let after = Self { state: InvitationState::Accepted, accepted_by: Some(developer), ..self.clone() };
        Ok(Transition::update(self, after, "invitation.accepted", now))
    }
}
