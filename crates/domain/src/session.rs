//! Sessions of people who signed in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{
    AdministratorId, ClientId, DeveloperId, IdentityProviderId, Instant, Meta, Proof, SecretHash, SessionId,
    Transition,
};

/// Who a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// Somebody who uses APIs.
    Developer(DeveloperId),
    /// Somebody who runs this installation.
    Administrator(AdministratorId),
}

/// Somebody signed in, on some device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Session {
    /// Its identity.
    pub id: SessionId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Who signed in.
    pub person: Person,
    /// The keyed hash it is found by.
    #[serde(skip)]
    pub hash: SecretHash,
    /// The device, as it calls itself.
    pub user_agent: String,
    /// The address that the sign-in came from.
    pub address: String,
    /// When it was last used, to the minute.
    #[serde(skip)]
    pub last_seen_at: Instant,
    /// When it ends, whatever happens.
    pub ends_at: Instant,
    /// How it gets another secret when this one is over; none: somebody has to sign in again.
    #[serde(skip)]
    pub renewal: Option<Renewal>,
    /// The client for which somebody chose to stay signed in; none: it ends as sessions do.
    pub kept_for: Option<ClientId>,
    /// Where somebody signed in for it, if not here.
    pub identity_provider_id: Option<IdentityProviderId>,
    /// With what somebody signed in for it, if it was here.
    pub proof: Proof,
}

/// The second secret of a session, which is good for nothing but to get another first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The keyed hash it is found by.
    pub hash: SecretHash,
    /// Until when it works.
    pub until: Instant,
}

noun!(Session, SessionId);

impl Person {
    /// How long a session lives at most. Administrators can do more harm, and theirs are shorter.
    pub fn session_lifetime(self) -> Duration {
        match self {
            Self::Developer(_) => Duration::from_secs(12 * 3600),
            Self::Administrator(_) => Duration::from_secs(8 * 3600),
        }
    }

    /// How long a session lives unused.
    pub fn session_idle(self) -> Duration {
        match self {
            Self::Developer(_) => Session::LONGEST_IDLE,
            Self::Administrator(_) => Duration::from_secs(15 * 60),
        }
    }
}

impl Session {
    /// How long a session that nobody uses can still be renewed.
    pub const RENEWAL_IDLE: Duration = Duration::from_secs(14 * 24 * 3600);
    /// How long after the sign-in it can be renewed at all.
    pub const RENEWAL_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
    /// However it is, an unused session is over after this.
    pub const LONGEST_IDLE: Duration = Duration::from_secs(30 * 60);

    /// How long somebody stays signed in who chose to.
    pub const KEPT_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

    /// Somebody signs in.
    pub fn start(
        id: SessionId,
        person: Person,
        hash: SecretHash,
        user_agent: &str,
        address: &str,
        now: Instant,
    ) -> Transition<Self> {
        let printable = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
        let session = Self {
            id,
            meta: Meta::new(now),
            person,
            hash,
            user_agent: printable(user_agent),
            address: printable(address),
            last_seen_at: now,
            ends_at: now + person.session_lifetime(),
            renewal: None,
            kept_for: None,
            identity_provider_id: None,
            proof: Proof::default(),
        };
        Transition::create(session, "session.started")
    }

    /// The same, of somebody who has signed in at a provider.
    pub fn through(start: Transition<Self>, provider: IdentityProviderId) -> Transition<Self> {
        let (session, ..) = start.into_parts();
        let session = Self { identity_provider_id: Some(provider), ..session };
        Transition::create(session, "session.started")
    }

    /// Somebody signs in for a client and chooses to stay signed in.
    pub fn start_kept(
        id: SessionId,
        person: Person,
        hash: SecretHash,
        (user_agent, address): (&str, &str),
        client: ClientId,
        now: Instant,
    ) -> Transition<Self> {
        let (session, ..) = Self::start(id, person, hash, user_agent, address, now).into_parts();
        let session = Self { ends_at: now + Self::KEPT_LIFETIME, kept_for: Some(client), ..session };
        Transition::create(session, "session.started")
    }

    /// The same beginning, with what somebody has shown.
    pub fn proven_by(start: Transition<Self>, proof: Proof) -> Transition<Self> {
        let (session, ..) = start.into_parts();
        Transition::create(Self { proof, ..session }, "session.started")
    }

    /// Somebody signs out, or is signed out.
    pub fn end(self) -> Transition<Self> {
        Transition::delete(self, "session.ended")
    }

    /// Somebody signs in and will be able to renew the session with a second secret.
    pub fn start_renewable(
        id: SessionId,
        person: Person,
        (hash, renewal): (SecretHash, SecretHash),
        user_agent: &str,
        address: &str,
        now: Instant,
    ) -> Transition<Self> {
        let (session, ..) = Self::start(id, person, hash, user_agent, address, now).into_parts();
        let renewal = Some(Renewal { hash: renewal, until: now + Self::RENEWAL_IDLE });
        Transition::create(Self { renewal, ..session }, "session.started")
    }

    /// Gives it two new secrets; the ones it had are worth nothing from now on.
    pub fn renew(&self, (hash, renewal): (SecretHash, SecretHash), now: Instant) -> Transition<Self> {
        let until = (now + Self::RENEWAL_IDLE).min(self.meta.created_at + Self::RENEWAL_LIFETIME);
        let after = Self {
            hash,
            last_seen_at: now,
            ends_at: now + self.person.session_lifetime(),
            renewal: Some(Renewal { hash: renewal, until }),
            ..self.clone()
        };
        Transition::update(self, after, "session.renewed", now)
    }

    /// Whether its second secret still works at a moment.
    pub fn is_renewable(&self, now: Instant) -> bool {
        self.renewal.as_ref().is_some_and(|renewal| now < renewal.until)
    }

    /// Whether it still counts at a moment. `keeps` says whether the client for which somebody stays signed in is still
    /// one for which they may; if not, the session is one like any other.
    pub fn is_alive(&self, now: Instant, keeps: impl FnOnce(ClientId) -> bool) -> bool {
        if self.kept_for.is_some_and(keeps) {
            return now < self.ends_at;
        }
        let ends_at = match self.kept_for {
            Some(_) => self.ends_at.min(self.meta.created_at + self.person.session_lifetime()),
            None => self.ends_at,
        };
        now < ends_at && now.since(self.last_seen_at) < self.person.session_idle()
    }
}
