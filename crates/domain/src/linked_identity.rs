//! Linked identities: who a provider's people are here.

use serde::Serialize;

use crate::transition::noun;
use crate::{IdentityProviderId, Instant, LinkedIdentityId, Meta, Person, Transition};

/// Somebody whom a provider knows is somebody here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkedIdentity {
    /// Its identity.
    pub id: LinkedIdentityId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Which provider.
    pub identity_provider_id: IdentityProviderId,
    /// What the provider knows them as: never given to anybody else there (OpenID Connect Core §5.7).
    pub subject: String,
    /// Who they are here.
    pub person: Person,
    /// The address that the provider said when they were linked.
    pub email: String,
}

noun!(LinkedIdentity, LinkedIdentityId);

impl LinkedIdentity {
    /// The longest subject, in bytes (OpenID Connect Core §2).
    pub const MAX_SUBJECT: usize = 255;

    /// Links somebody. What was said is checked before.
    pub fn link(
        id: LinkedIdentityId,
        identity_provider_id: IdentityProviderId,
        subject: &str,
        person: Person,
        email: &str,
        now: Instant,
    ) -> Transition<Self> {
        let (subject, email) = (subject.to_owned(), email.to_owned());
        let identity = Self { id, meta: Meta::new(now), identity_provider_id, subject, person, email };
        Transition::create(identity, "identity.linked")
    }

    /// Does away with the link.
    pub fn unlink(self) -> Transition<Self> {
        Transition::delete(self, "identity.unlinked")
    }
}
