//! The order of checks.

use std::net::IpAddr;
use std::sync::Arc;

use domain::secret::looks_like_ours;
use domain::{Accepted, AccessToken, Client, Instant, KeyLocation, SubscriptionStatus};

use crate::authorization::{self, IdAndSecret};
use crate::catalogue::Version;
use crate::certificate;
use crate::decision::{About, Held, Identity, Shown, Verified};
use crate::facts::ApplicationFacts;
use crate::snapshot::SubscriptionRecord;
use crate::usage::UsageKey;
use crate::{Allowance, Decision, Evidence, Method, Original, Question, Reason, Refusal, Verifier, api_key};

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
    /// Where it comes from, as far as the gateway is believed.
    pub address: Option<IpAddr>,
}

impl Verifier {
    /// May this call pass? Known API, then credential and its state and expiry, then application, address, roles,
    /// subscription, scopes, limits of the plan.
    pub fn decide<H: Headers>(
        &self,
        request: &Request<'_, H>,
        evidence: &impl Evidence,
        now: Instant,
    ) -> Decision {
        let mut about = About::default();
        let (decision, reason) = match self.check(request, evidence, now, &mut about) {
            Ok(verified) => (Decision::Allowed(verified), None),
            Err(Stop::Refuse(refusal)) => {
                let reason = refusal.reason;
                (Decision::Refused(Refusal { about, ..refusal }), Some(reason))
            }
            // It is counted when it is decided.
            Err(Stop::Ask(question)) => return Decision::Undecided(question),
        };
        let About { application_id, api_version_id, plan_id } = about;
        self.usage.count(UsageKey { application_id, api_version_id, plan_id, reason });
        decision
    }

    fn check<H: Headers>(
        &self,
        request: &Request<'_, H>,
        evidence: &impl Evidence,
        now: Instant,
        about: &mut About,
    ) -> Result<Verified, Stop> {
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
        let caller = self.authenticate(version, request, evidence, now)?;
        let application_id = caller.application_id;
        // An application that is gone took its credentials with it.
        let gone = || refusal(Reason::CredentialUnknown, &version.challenges.plain);
        let application = self.application(application_id).ok_or_else(gone)?;
        about.application_id = Some(application_id);
        check_application(application)?;
        caller.check_address(request.address)?;
        self.check_roles(version, application)?;
        let subscription = check_subscription(version, self.subscription(application_id, version.id))?;
        about.plan_id = subscription.map(|it| it.plan_id);
        caller.check_scopes(version, &request.original)?;
        let subscription = match subscription {
            Some(it) => {
                let plan = catalogue.plan(it.plan_id)?;
                let left = self.meters.take(application_id, it.plan_id, &plan.limits, now);
                Some(Held { id: it.id, plan: Arc::clone(&plan.name), left: left.map_err(over)? })
            }
            None => None,
        };
        let identity = Identity {
            application_id,
            partner_id: application.partner_id,
            shown: caller.shown,
            subscription,
        };
        Ok(Verified { api_version_id: version.id, identity: Some(identity) })
    }

    /// Who calls, by the one credential that the call carries.
    fn authenticate<H: Headers>(
        &self,
        version: &Version,
        request: &Request<'_, H>,
        evidence: &impl Evidence,
        now: Instant,
    ) -> Result<Caller, Stop> {
        let plain = |reason| refusal(reason, &version.challenges.plain);
        let presented = self.presented(version, request, evidence).map_err(plain)?;
        match presented.ok_or_else(|| plain(Reason::CredentialMissing))? {
            Presented::Key(key) => Ok(self.holder_of_key(key, now).map_err(plain)?),
            Presented::Certificate(it) => Ok(self.holder_of_certificate(it, now).map_err(plain)?),
            Presented::Basic(pair) => {
                self.holder_of_secret(&pair, evidence, now).map_err(|why| why.told(&version.challenges.plain))
            }
            Presented::Token(text) => self
                .holder_of_token(version, text, evidence, now)
                .map_err(|why| why.told(&version.challenges.invalid_token)),
        }
    }

    /// The one thing that a call carries, of those that its API accepts; `None` if it carries none.
    fn presented<'a, H: Headers>(
        &self,
        version: &Version,
        request: &Request<'a, H>,
        evidence: &impl Evidence,
    ) -> Result<Option<Presented<'a>>, Reason> {
        let mut found = None;
        for accepted in &version.accepts {
            let presented = match accepted {
                Accepted::ApiKey => api_key::collect(&version.key_locations, request)?.map(Presented::Key),
                Accepted::Certificate => {
                    certificate::collect(self.certificate_header, request)?.map(Presented::Certificate)
                }
                Accepted::Basic => authorization::basic(request)?.map(Presented::Basic),
                Accepted::Bearer => authorization::bearer(request)?.map(Presented::Token),
            };
            found = match (found, presented) {
                (Some(one), Some(other)) => {
                    Some(self.same_text(one, other).ok_or(Reason::CredentialAmbiguous)?)
                }
                (one, other) => one.or(other),
            };
        }
        match found {
            Some(_) if is_contradicted(version, request, evidence)? => Err(Reason::CredentialAmbiguous),
            found => Ok(found),
        }
    }

    /// Where keys are looked for in `Authorization: Bearer` too, one text is found twice: it is a key if it is known as
    /// one.
    fn same_text<'a>(&self, one: Presented<'a>, other: Presented<'a>) -> Option<Presented<'a>> {
        let ((Presented::Key(key), Presented::Token(token)) | (Presented::Token(token), Presented::Key(key))) =
            (one, other)
        else {
            return None;
        };
        std::ptr::eq(key, token).then(|| match self.is_key(key) {
            true => Presented::Key(key),
            false => Presented::Token(token),
        })
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

/// Something that a call carries.
enum Presented<'a> {
    Key(&'a [u8]),
    Certificate(certificate::Presented),
    Basic(IdAndSecret),
    Token(&'a [u8]),
}

/// Who calls, and by what they proved it.
pub(crate) struct Caller {
    pub(crate) application_id: domain::ApplicationId,
    pub(crate) shown: Shown,
    /// Whose secret or token it is, if it is one.
    pub(crate) client: Option<Arc<Client>>,
}

impl Caller {
    /// A client may be bound to addresses: what it holds is worth nothing elsewhere.
    fn check_address(&self, address: Option<IpAddr>) -> Result<(), Reason> {
        match &self.client {
            Some(client) if !client.allows_address(address) => Err(Reason::AddressNotAllowed),
            Some(_) | None => Ok(()),
        }
    }

    /// RFC 6750 §3.1. Only tokens have scopes: a key opens all that its application may call.
    fn check_scopes(&self, version: &Version, original: &Original<'_>) -> Result<(), Refusal> {
        let token = match &self.shown {
            Shown::Token(token) => token,
            Shown::Credential(_) => return Ok(()),
        };
        let (required, challenge) = version.demanded(original);
        if holds_scopes(token, required) {
            return Ok(());
        }
        Err(refusal(Reason::ScopeMissing, challenge))
    }
}

fn holds_scopes(token: &AccessToken, required: &[String]) -> bool {
    let holds = |name: &str| token.scopes.iter().any(|held| held == name);
    required.iter().all(|scope| holds(scope) || scope.split('|').any(holds))
}

/// Why there is no caller.
pub(crate) enum Unproven {
    Because(Reason),
    Ask(Question),
}

impl Unproven {
    fn told(self, challenge: &Arc<str>) -> Stop {
        match self {
            Self::Because(reason) => refusal(reason, challenge).into(),
            Self::Ask(question) => Stop::Ask(question),
        }
    }
}

impl From<Reason> for Unproven {
    fn from(reason: Reason) -> Self {
        Self::Because(reason)
    }
}

/// Why a check goes no further.
enum Stop {
    Refuse(Refusal),
    Ask(Question),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refuse(reason.into())
    }
}

/// A refusal that says what to bring instead, where that is what is wrong.
fn refusal(reason: Reason, challenge: &Arc<str>) -> Refusal {
    let is_told = reason.status() == 401 || reason == Reason::ScopeMissing;
    Refusal { challenge: is_told.then(|| Arc::clone(challenge)), ..reason.into() }
}

/// A limit of the plan is reached.
fn over(allowance: Allowance) -> Refusal {
    Refusal { allowance: Some(allowance), ..Reason::PlanLimitExceeded.into() }
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

/// What an API does not take is for its upstream, and may say what it likes: unless it is something of ours. Then the call
/// says twice who calls, and the two could be different.
fn is_contradicted<H: Headers>(
    version: &Version,
    request: &Request<'_, H>,
    evidence: &impl Evidence,
) -> Result<bool, Reason> {
    let takes = |kind| version.accepts.contains(&kind);
    let is_place = |it: &KeyLocation| matches!(it, KeyLocation::Header(name) if name == "authorization");
    if !takes(Accepted::Bearer) && !version.key_locations.iter().any(is_place) {
        let text = authorization::bearer(request)?.and_then(authorization::token);
        if text.is_some_and(|text| looks_like_ours(text) || evidence.names_this_server(text)) {
            return Ok(true);
        }
    }
    let secret = |pair: IdAndSecret| looks_like_ours(&pair.secret);
    let is_client = || authorization::basic(request).ok().flatten().is_some_and(secret);
    let is_keyed = || api_key::is_one_of_ours(&version.key_locations, request);
    Ok((!takes(Accepted::Basic) && is_client()) || (!takes(Accepted::ApiKey) && is_keyed()))
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
