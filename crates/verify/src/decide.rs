//! The order of checks.

use domain::{Accepted, CredentialStatus, Instant, SubscriptionStatus};

use crate::catalogue::Version;
use crate::certificate::{self, Chain};
use crate::decision::{Identity, Verified};
use crate::facts::{ApplicationFacts, CertificateTerms};
use crate::snapshot::{CredentialRecord, SubscriptionRecord};
use crate::usage::UsageKey;
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
        let mut about = About::default();
        let checked = self.check(request, now, &mut about);
        let About { application_id, api_version_id, plan_id } = about;
        let reason = checked.as_ref().err().map(|refusal| refusal.reason);
        self.usage.count(UsageKey { application_id, api_version_id, plan_id, reason });
        match checked {
            Ok(verified) => Decision::Allowed(verified),
            Err(refusal) => Decision::Refused(refusal),
        }
    }

    fn check<H: Headers>(
        &self,
        request: &Request<'_, H>,
        now: Instant,
        about: &mut About,
    ) -> Result<Verified, Refusal> {
        if self.is_stale(now) {
            return Err(Reason::Stale.into());
        }
        let catalogue = self.catalogue.load();
        let version = catalogue.find(&request.original)?;
        about.api_version_id = Some(version.id);
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
        about.application_id = Some(application_id);
        check_application(application)?;
        self.check_roles(version, application)?;
        let subscription = check_subscription(version, self.subscription(application_id, version.id))?;
        about.plan_id = subscription.map(|it| it.plan_id);
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
        match self.presented(version, request)?.ok_or(Reason::CredentialMissing)? {
            Presented::Key(key) => {
                let hash = api_key::hash(key, &self.pepper).ok_or(Reason::CredentialUnknown)?;
                self.known(&hash, now, |record| match record.certificate {
                    None => Ok(()),
                    Some(_) => Err(Reason::CredentialUnknown),
                })
            }
            Presented::Certificate(it) => {
                self.known(&it.fingerprint, now, |record| match record.certificate {
                    Some(terms) => check_certificate(it.chain, terms, now),
                    None => Err(Reason::CredentialUnknown),
                })
            }
        }
    }

    /// The one thing that a call carries, of those that its API accepts; `None` if it carries none.
    fn presented<'a, H: Headers>(
        &self,
        version: &Version,
        request: &Request<'a, H>,
    ) -> Result<Option<Presented<'a>>, Reason> {
        let mut found = None;
        for accepted in &version.accepts {
            let presented = match accepted {
                Accepted::ApiKey => api_key::collect(&version.key_locations, request)?.map(Presented::Key),
                Accepted::Certificate => {
                    certificate::collect(self.certificate_header, request)?.map(Presented::Certificate)
                }
            };
            if presented.is_some() && found.is_some() {
                return Err(Reason::CredentialAmbiguous);
            }
            found = found.or(presented);
        }
        Ok(found)
    }

    /// Whose a credential is, if it is worth something now and `fits`.
    fn known(
        &self,
        hash: &domain::SecretHash,
        now: Instant,
        fits: impl FnOnce(&CredentialRecord) -> Result<(), Reason>,
    ) -> Result<(domain::CredentialId, domain::ApplicationId), Reason> {
        self.credential(hash, |record| {
            match record.status(now) {
                CredentialStatus::Active | CredentialStatus::Rotating => fits(record)?,
                CredentialStatus::Disabled => return Err(Reason::CredentialDisabled),
                CredentialStatus::Expired => return Err(Reason::CredentialExpired),
                CredentialStatus::Revoked => return Err(Reason::CredentialRevoked),
            }
            self.note_use(record, now);
            Ok((record.id, record.application_id))
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

/// What is known of a call so far: for the counts.
#[derive(Default)]
struct About {
    application_id: Option<domain::ApplicationId>,
    api_version_id: Option<domain::ApiVersionId>,
    plan_id: Option<domain::PlanId>,
}

/// Something that a call carries.
enum Presented<'a> {
    Key(&'a [u8]),
    Certificate(certificate::Presented),
}

/// The time is ours to check: a gateway's clock and patience are its own.
fn check_certificate(chain: Chain, terms: CertificateTerms, now: Instant) -> Result<(), Reason> {
    if now < terms.not_before {
        return Err(Reason::CredentialNotYetValid);
    }
    match chain {
        Chain::Trusted => Ok(()),
        Chain::Expired if terms.allow_expired || terms.skip_chain => Ok(()),
        Chain::Untrusted if terms.skip_chain => Ok(()),
        Chain::Expired | Chain::Untrusted => Err(Reason::CredentialUntrusted),
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
