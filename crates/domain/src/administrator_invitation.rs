//! Invitations to run this installation: whoever reads mail at an address becomes an administrator in a role.

use std::time::Duration;

use serde::Serialize;

use crate::transition::noun;
use crate::{
    Actor, AdministratorId, AdministratorInvitationId, AdministratorRole, Checks, Email, Error, Instant,
    Invalid, InvitationState, InvitationStatus, Meta, SecretHash, Transition,
};

/// How long the link in the mail works.
pub const ADMINISTRATOR_INVITATION_LIFETIME: Duration = Duration::from_secs(48 * 3600);

/// Whoever reads mail at an address may choose a password and run this installation, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdministratorInvitation {
    /// Its identity.
    pub id: AdministratorInvitationId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Who is invited, and signs in by it later.
    pub email: Email,
    /// What they may do.
    pub role: AdministratorRole,
    /// What the secret in the last mail is found by.
    #[serde(skip)]
    pub hash: SecretHash,
    /// Who sent the last mail. Their right is looked at again when it is accepted.
    #[serde(skip)]
    pub invited_by: Actor,
    /// What became of it. Time decides the rest, see [`AdministratorInvitation::status`].
    pub state: InvitationState,
    /// From when on it cannot be accepted.
    pub expires_at: Instant,
    /// Who that became.
    pub administrator_id: Option<AdministratorId>,
}

noun!(AdministratorInvitation, AdministratorInvitationId);

impl AdministratorInvitation {
    /// Somebody is invited.
    ///
    /// # Errors
    /// If the address is none.
    pub fn send(
        id: AdministratorInvitationId,
        email: &str,
        role: AdministratorRole,
        hash: SecretHash,
        invited_by: Actor,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let mut checks = Checks::new();
        let email = checks.take("email", Email::parse(email));
        let (meta, state) = (Meta::new(now), InvitationState::Open);
        let (expires_at, administrator_id) = (now + ADMINISTRATOR_INVITATION_LIFETIME, None);
        let invitation = checks.build(|| {
            let email = email?;
            Some(Self { id, meta, email, role, hash, invited_by, state, expires_at, administrator_id })
        })?;
        Ok(Transition::create(invitation, "administrator_invitation.sent"))
    }

    /// What it is worth at a moment.
    pub fn status(&self, now: Instant) -> InvitationStatus {
        InvitationStatus::of(self.state, self.expires_at, now)
    }

    /// Another mail with another secret takes the place of the last one, and the time begins anew; that has expired as
    /// well.
    ///
    /// # Errors
    /// If it was accepted, or taken back.
    pub fn resend(&self, hash: SecretHash, by: Actor, now: Instant) -> Result<Transition<Self>, Error> {
        self.status(now).must_wait()?;
        let expires_at = now + ADMINISTRATOR_INVITATION_LIFETIME;
        let after = Self { hash, invited_by: by, expires_at, ..self.clone() };
        Ok(Transition::update(self, after, "administrator_invitation.resent", now))
    }

    /// Takes it back; one that has expired as well, to make room for another.
    ///
    /// # Errors
    /// If it was accepted, or taken back before.
    pub fn withdraw(&self, now: Instant) -> Result<Transition<Self>, Error> {
        self.status(now).must_wait()?;
        let after = Self { state: InvitationState::Withdrawn, ..self.clone() };
        Ok(Transition::update(self, after, "administrator_invitation.withdrawn", now))
    }

    /// Somebody becomes an administrator by it. It works once.
    ///
    /// # Errors
    /// If it was accepted, taken back, or has expired.
    pub fn accept(&self, administrator: AdministratorId, now: Instant) -> Result<Transition<Self>, Error> {
        self.status(now).must_be_open()?;
        let state = InvitationState::Accepted;
        let after = Self { state, administrator_id: Some(administrator), ..self.clone() };
        Ok(Transition::update(self, after, "administrator_invitation.accepted", now))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const NOW: Instant = Instant::from_micros(1_800_000_000_000_000);

    fn sent() -> AdministratorInvitation {
        let (role, hash) = (AdministratorRole::Auditor, SecretHash::unnumbered([1; 32]));
        let id = Uuid::from_u128(2).into();
        let sent = AdministratorInvitation::send(id, "ada@example.com", role, hash, Actor::Operator, NOW);
        sent.unwrap().into_parts().0
    }

    #[test]
    fn it_ends_once_and_for_good() {
        let who: AdministratorId = Uuid::from_u128(3).into();
        let open = sent();
        let accepted = open.accept(who, NOW).unwrap().into_parts().0;
        let withdrawn = open.withdraw(NOW).unwrap().into_parts().0;
        let late = NOW + ADMINISTRATOR_INVITATION_LIFETIME;
        for (it, now, status, accepts, waits) in [
            (&open, NOW, InvitationStatus::Open, true, true),
            (&open, late - Duration::from_micros(1), InvitationStatus::Open, true, true),
            (&open, late, InvitationStatus::Expired, false, true),
            (&accepted, NOW, InvitationStatus::Accepted, false, false),
            (&accepted, late, InvitationStatus::Accepted, false, false),
            (&withdrawn, NOW, InvitationStatus::Withdrawn, false, false),
        ] {
            assert_eq!(it.status(now), status);
            assert_eq!(it.accept(who, now).is_ok(), accepts, "{status:?}");
            assert_eq!(it.withdraw(now).is_ok(), waits, "{status:?}");
            assert_eq!(it.resend(it.hash, Actor::Operator, now).is_ok(), waits, "{status:?}");
        }
        let again = open.resend(SecretHash::unnumbered([2; 32]), Actor::System, late).unwrap().into_parts().0;
        assert_eq!(again.status(late), InvitationStatus::Open);
        assert!(again.hash != open.hash && again.invited_by == Actor::System);
    }

    #[test]
    fn what_is_told_of_it_holds_no_secret() {
        let told = serde_json::to_string(&sent()).unwrap();
        assert!(told.contains("ada@example.com") && !told.contains("hash"), "{told}");
    }
}
