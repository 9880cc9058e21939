//! The order of checks.

use domain::{CredentialKind, CredentialStatus, Instant, SubscriptionStatus};

use crate::catalogue::Version;
use crate::decision::{Identity, Verified};
use crate::facts::ApplicationFacts;
use crate::snapshot::SubscriptionRecord;
use crate::{Decision, Method, Original, Reason, Refusal, Verifier, api_key};

/// The headers of the original call, wherever they are kept.
pub trait Headers {
    /// Hands over every value of a header, until one is refused.
    ///
    /// # Errors
    /// What `take` refused.
    fn each<'a, E>(&'a self, name: &str, take: &mut impl FnMut(&'a [u8]) -> Result<(), E>) -> Result<(), E>;

    /// Whether a header is there.
    fn has(&self, name: &str) -> bool {
        self.each(name, &mut |_| Err(())).is_err()
    }
}

/// A call that a gateway holds back.
#[derive(Debug)]
pub struct Request<'a, H> {
    /// What is called.
    pub original: Original<'a>,
    /// What it carries.
    pub headers: &'a H,
}

impl Verifier {
    /// May this call pass? Known API, then credential and its state and expiry, then application, roles, subscription.
    pub fn decide<H: Headers>(&self, request: &Request<'_, H>, now: Instant) -> Decision {
        match self.check(request, now) {
            Ok(verified) => Decision::Allowed(verified),
            Err(refusal) => Decision::Refused(refusal),
        }
    }

    fn check<H: Headers>(&self, request: &Request<'_, H>, now: Instant) -> Result<Verified, Refusal> {
        if self.is_stale(now) {
            return Err(Reason::Stale.into());
        }
        let catalogue = self.catalogue.load();
        let version = catalogue.find(&request.original)?;
        if version.is_broken {
            return Err(Reason::Unreadable.into());
        }
        let open = Verified { api_version_id: version.id, identity: None };
        if is_preflight(version, request) {
            return Ok(open);
        }
        if !version.offers(request.original.method) {
            return Err(Reason::MethodNotOffered.into());
        }
        if version.accepts.is_empty() {
            return Ok(open);
        }
        let unauthenticated = |reason| Refusal { reason, challenge: Some(version.challenge.clone()) };
        let (credential_id, application_id) =
            self.authenticate(version, request, now).map_err(unauthenticated)?;
        // An application that is gone took its credentials with it.
        let application =
            self.application(application_id).ok_or_else(|| unauthenticated(Reason::CredentialUnknown))?;
        check_application(application)?;
        self.check_roles(version, application)?;
        let subscription = check_subscription(version, self.subscription(application_id, version.id))?;
        let subscription = match subscription {
            Some(it) => Some((it.id, catalogue.plan(it.plan_id)?)),
            None => None,
        };
        let identity =
            Identity { application_id, partner_id: application.partner_id, credential_id, subscription };
        Ok(Verified { api_version_id: version.id, identity: Some(identity) })
    }

    /// Who calls, by the one credential that the call carries.
    fn authenticate<H: Headers>(
        &self,
        version: &Version,
        request: &Request<'_, H>,
        now: Instant,
    ) -> Result<(domain::CredentialId, domain::ApplicationId), Reason> {
        let mut key = None;
        for kind in &version.accepts {
            match kind {
                CredentialKind::ApiKey => key = api_key::collect(&version.key_locations, request)?,
                // Opens the token endpoint, no API by itself.
                CredentialKind::ClientSecret => {}
                // A third party's gateway checks these; none of them opens anything here.
                CredentialKind::External => {}
            }
        }
        let key = key.ok_or(Reason::CredentialMissing)?;
        let hash = api_key::hash(key, &self.pepper).ok_or(Reason::CredentialUnknown)?;
        self.credential(&hash, |record| match record.status(now) {
            CredentialStatus::Active | CredentialStatus::Rotating => {
                self.note_use(record, now);
                Ok((record.id, record.application_id))
            }
            CredentialStatus::Disabled => Err(Reason::CredentialDisabled),
            CredentialStatus::Expired => Err(Reason::CredentialExpired),
            CredentialStatus::Revoked => Err(Reason::CredentialRevoked),
        })
        .unwrap_or(Err(Reason::CredentialUnknown))
    }

    fn check_roles(&self, version: &Version, application: ApplicationFacts) -> Result<(), Reason> {
        if version.required_roles.is_empty() {
            return Ok(());
        }
        let held = application.partner_id.and_then(|id| self.partner_roles(id)).ok_or(Reason::RoleMissing)?;
        let holds_all = version.required_roles.iter().all(|role| held.contains(role));
        if holds_all { Ok(()) } else { Err(Reason::RoleMissing) }
    }
}

fn check_application(application: ApplicationFacts) -> Result<(), Reason> {
    match application.state {
        domain::ApplicationState::Active => Ok(()),
        domain::ApplicationState::Suspended => Err(Reason::ApplicationSuspended),
    }
}

/// A subscription that is not needed is still named if it is held.
fn check_subscription(
    version: &Version,
    subscription: Option<SubscriptionRecord>,
) -> Result<Option<SubscriptionRecord>, Reason> {
    let reason = match subscription.map(|it| it.status) {
        Some(SubscriptionStatus::Approved) => return Ok(subscription),
        None => Reason::SubscriptionMissing,
        Some(SubscriptionStatus::Pending) => Reason::SubscriptionPending,
        Some(SubscriptionStatus::Rejected) => Reason::SubscriptionRejected,
        Some(SubscriptionStatus::Revoked) => Reason::SubscriptionRevoked,
    };
    if version.subscription_required { Err(reason) } else { Ok(None) }
}

/// A browser asks before it sends the call that carries the credential (Fetch §3.2.2); the question carries none.
fn is_preflight<H: Headers>(version: &Version, request: &Request<'_, H>) -> bool {
    version.cors
        && request.original.method == Method::Options
        && request.headers.has("origin")
        && request.headers.has("access-control-request-method")
}

impl From<Reason> for Decision {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}
