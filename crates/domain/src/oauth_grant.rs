//! What a person has allowed a client: once, as a grant that tokens come from, and for good, as a consent that is
//! remembered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::transition::noun;
use crate::{
    ApplicationId, ClientId, ConsentId, DeveloperId, GrantId, IdentityProviderId, Instant, Meta, Proof,
    SessionId, Transition,
};

/// One authorization by a person. The code and all tokens that come from it are its family, and end with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OAuthGrant {
    /// Its identity.
    pub id: GrantId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// To which client.
    pub client_id: ClientId,
    /// Whose client that is.
    pub application_id: ApplicationId,
    /// By whom.
    pub developer_id: DeveloperId,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// Where the person had signed in for it, if not here.
    pub identity_provider_id: Option<IdentityProviderId>,
    /// What it is for.
    pub scopes: Vec<String>,
    /// For which APIs.
    pub resources: Vec<String>,
    /// Single claims that were asked for, as OpenID Connect Core §5.5 writes them.
    #[serde(skip)]
    pub claims: Value,
    /// When the person had signed in.
    pub auth_time: Instant,
    /// With what, if it was here.
    pub proof: Proof,
    /// Why it was ended, if it was.
    pub end: Option<GrantEnd>,
}

noun!(OAuthGrant, GrantId, application = |g| Some(g.application_id));

/// Why a grant was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantEnd {
    /// Somebody brought its code a second time (RFC 6749 §4.1.2).
    CodeReplayed,
    /// Somebody brought a refresh token that had been replaced (RFC 9700 §4.14.2).
    RefreshReused,
    /// The person does not agree any more.
    Withdrawn,
    /// The person signed out.
    SignedOut,
    /// The person has a new password, or no account any more.
    AccountChanged,
    /// The client gave it back (RFC 7009).
    Revoked,
}

impl OAuthGrant {
    /// A new grant.
    pub fn create(self) -> Transition<Self> {
        Transition::create(self, "oauth_grant.created")
    }

    /// Whether tokens may come from it.
    pub fn is_alive(&self) -> bool {
        self.end.is_none()
    }

    /// Ends it; `None` if it has ended already.
    pub fn end(&self, why: GrantEnd, now: Instant) -> Option<Transition<Self>> {
        let action = match why {
            GrantEnd::CodeReplayed => "oauth_grant.code_replayed",
            GrantEnd::RefreshReused => "oauth_grant.refresh_reuse",
            GrantEnd::Withdrawn | GrantEnd::SignedOut | GrantEnd::AccountChanged | GrantEnd::Revoked => {
                "oauth_grant.ended"
            }
        };
        let after = Self { end: Some(why), ..self.clone() };
        self.is_alive().then(|| Transition::update(self, after, action, now))
    }
}

/// What a person has agreed to, so that they are not asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// Its identity.
    pub id: ConsentId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// To which client.
    pub client_id: ClientId,
    /// Whose client that is.
    pub application_id: ApplicationId,
    /// Who.
    pub developer_id: DeveloperId,
    /// To what.
    pub scopes: Vec<String>,
}

noun!(Consent, ConsentId, application = |c| Some(c.application_id));

impl Consent {
    /// Somebody agrees for the first time.
    pub fn create(self) -> Transition<Self> {
        Transition::create(self, "consent.given")
    }

    /// Somebody agrees to more.
    pub fn widen(&self, scopes: &[String], now: Instant) -> Transition<Self> {
        let mut after = self.clone();
        after.scopes.extend(scopes.iter().filter(|scope| !self.scopes.contains(scope)).cloned());
        Transition::update(self, after, "consent.given", now)
    }

    /// Whether all of these were agreed to.
    pub fn covers(&self, scopes: &[String]) -> bool {
        scopes.iter().all(|scope| self.scopes.contains(scope))
    }

    /// Somebody does not agree any more.
    pub fn withdraw(self) -> Transition<Self> {
        Transition::delete(self, "consent.withdrawn")
    }
}
