//! Everything that decisions need, in memory, to be read by many threads and changed one thing at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::{
    ApiVersionId, ApplicationId, ApplicationState, CredentialId, CredentialState, CredentialStatus,
    DeveloperId, Instant, PartnerId, Peppers, Period, PlanId, SecretForm, SecretHash, SubscriptionId,
    SubscriptionStatus, credential_status,
};
use uuid::Uuid;

use crate::catalogue::Catalogue;
use crate::certificate::CertificateHeader;
use crate::clients::{Clients, SecretRecord};
use crate::facts::{
    ApplicationFacts, CertificateTerms, Change, CredentialFacts, Proof, SubscriptionFacts, Thing,
};
use crate::known::Known;
use crate::limit::Meters;
use crate::usage::{Usage, UsageKey};

/// How exactly the last use of a credential is known. Within this span only the first use is noted.
const LAST_USE_STEP: Duration = Duration::from_secs(10);

/// Decides calls from memory.
pub struct Verifier {
    pub(crate) peppers: ArcSwap<Peppers>,
    pub(crate) catalogue: ArcSwap<Catalogue>,
    credentials: Known<SecretHash, CredentialRecord>,
    /// Where a credential is, to find it again when it changes.
    hashes: Known<CredentialId, SecretHash>,
    applications: Known<ApplicationId, ApplicationFacts>,
    /// Developers whose own applications do not call, because an administrator has shut them out: few.
    shut_out: Known<DeveloperId, ()>,
    roles: Known<PartnerId, Arc<[String]>>,
    subscriptions: Known<(ApplicationId, ApiVersionId), SubscriptionRecord>,
    subscribed: Known<SubscriptionId, (ApplicationId, ApiVersionId)>,
    /// What is there and cannot be read.
    unreadable: Known<Uuid, ()>,
    /// How many calls were decided how.
    pub(crate) usage: Usage,
    /// What was used of plans.
    pub(crate) meters: Meters,
    /// Credentials that were used since somebody asked.
    used: Known<CredentialId, Instant>,
    /// Credentials that were used and are kept under an older pepper, with what they are to be kept by.
    stale_hashes: Known<CredentialId, SecretHash>,
    pub(crate) clients: Clients,
    /// When what is in memory was last known to be what is in the database, in microseconds.
    fresh_at: AtomicI64,
    max_staleness: Duration,
    pub(crate) certificate_header: CertificateHeader,
}

/// What the check needs to know of a credential.
pub(crate) struct CredentialRecord {
    pub(crate) id: CredentialId,
    pub(crate) application_id: ApplicationId,
    state: CredentialState,
    expires_at: Option<Instant>,
    is_replaced: bool,
    /// What else must be so, of a certificate; none of what is known by a keyed hash.
    pub(crate) certificate: Option<CertificateTerms>,
    last_used: AtomicI64,
}

impl CredentialRecord {
    pub(crate) fn status(&self, now: Instant) -> CredentialStatus {
        credential_status(self.state, self.expires_at, self.is_replaced, now)
    }
}

/// What the check needs to know of a subscription.
#[derive(Clone, Copy)]
pub(crate) struct SubscriptionRecord {
    pub(crate) id: SubscriptionId,
    pub(crate) plan_id: PlanId,
    pub(crate) status: SubscriptionStatus,
}

/// Never to be forgotten.
const FOR_GOOD: Option<Instant> = Some(Instant::from_micros(i64::MAX));

impl Verifier {
    /// An empty one, which trusts nothing until [`Verifier::refreshed`] is called.
    pub fn new(peppers: impl Into<Peppers>, max_staleness: Duration) -> Self {
        Self {
            peppers: ArcSwap::from_pointee(peppers.into()),
            catalogue: ArcSwap::default(),
            credentials: Known::default(),
            hashes: Known::default(),
            applications: Known::default(),
            shut_out: Known::default(),
            roles: Known::default(),
            subscriptions: Known::default(),
            subscribed: Known::default(),
            unreadable: Known::default(),
            usage: Usage::default(),
            meters: Meters::default(),
            used: Known::default(),
            stale_hashes: Known::default(),
            clients: Clients::default(),
            fresh_at: AtomicI64::new(i64::MIN),
            max_staleness,
            certificate_header: CertificateHeader::Off,
        }
    }

    /// The same, whose gateways hand client certificates on in a header.
    #[must_use]
    pub fn with_certificates(self, header: CertificateHeader) -> Self {
        Self { certificate_header: header, ..self }
    }

    /// Hashes by these from now on.
    pub fn use_peppers(&self, peppers: Arc<Peppers>) {
        self.peppers.store(peppers);
    }

    /// Takes over a change. Changes must come one after the other, each as new as the database at that time.
    pub fn apply(&self, change: Change) {
        match change {
            Change::Partner(id, partner) => {
                self.is_readable(id.0);
                match partner {
                    Some(partner) => self.roles.pin().insert(id, partner.roles.into()),
                    None => self.roles.pin().remove(&id),
                };
            }
            Change::Developer(id, developer) => {
                self.is_readable(id.0);
                self.apply_developer(id, developer.is_some_and(|it| it.is_shut_out));
            }
            Change::Application(id, Some(application)) => {
                self.is_readable(id.0);
                self.applications.pin().insert(id, application);
            }
            Change::Application(id, None) => {
                self.is_readable(id.0);
                self.forget_application(id);
            }
            Change::Client(id, client) => {
                self.is_readable(id.0);
                self.clients.apply(id, client);
            }
            Change::Grant(id, grant) => {
                self.is_readable(id.0);
                self.clients.apply_grant(id, grant.map_or(FOR_GOOD, |it| it.ended_at));
            }
            Change::RevokedToken(id, revoked) => {
                self.is_readable(id.0);
                self.clients.apply_revoked(id, revoked.map(|it| it.expires_at));
            }
            Change::Credential(id, credential) => {
                self.is_readable(id.0);
                self.apply_credential(id, credential);
            }
            Change::Subscription(id, subscription) => {
                self.is_readable(id.0);
                self.apply_subscription(id, subscription);
            }
            Change::Catalogue(catalogue) => self.catalogue.store(Arc::new(Catalogue::new(catalogue))),
            Change::Unreadable(thing) => self.doubt(thing),
        }
    }

    fn is_readable(&self, id: Uuid) {
        if !self.unreadable.is_empty() {
            self.unreadable.pin().remove(&id);
        }
    }

    /// Nobody knows what a thing says: it is as good as not there. An application's credentials stay, so that they
    /// work again as soon as it can be read.
    fn doubt(&self, thing: Thing) {
        let id = match thing {
            Thing::Partner(id) => {
                self.roles.pin().remove(&id);
                id.0
            }
            Thing::Developer(id) => {
                self.apply_developer(id, true);
                id.0
            }
            Thing::Application(id) => {
                self.applications.pin().remove(&id);
                id.0
            }
            Thing::Credential(id) => {
                self.apply_credential(id, None);
                id.0
            }
            Thing::Subscription(id) => {
                self.apply_subscription(id, None);
                id.0
            }
            Thing::Client(id) => {
                self.clients.apply(id, None);
                id.0
            }
            Thing::Grant(id) => {
                self.clients.apply_grant(id, FOR_GOOD);
                id.0
            }
            Thing::RevokedToken(id) => {
                // Until when is not known: for good.
                self.clients.apply_revoked(id, FOR_GOOD);
                id.0
            }
        };
        self.unreadable.pin().insert(id, ());
    }

    fn apply_developer(&self, id: DeveloperId, is_shut_out: bool) {
        let shut_out = self.shut_out.pin();
        match is_shut_out {
            true => shut_out.insert(id, ()),
            false => shut_out.remove(&id),
        };
    }

    fn apply_credential(&self, id: CredentialId, credential: Option<CredentialFacts>) {
        let hashes = self.hashes.pin();
        let credentials = self.credentials.pin();
        let Some(credential) = credential else {
            if let Some(hash) = hashes.remove(&id) {
                credentials.remove(hash);
            }
            self.clients.forget_secret(id);
            return;
        };
        let (hash, certificate) = match &credential.proof {
            Proof::ApiKey(hash) => (*hash, None),
            Proof::ClientSecret(form) => return self.apply_client_secret(id, form.clone(), &credential),
            Proof::Certificate(fingerprint, terms) => (*fingerprint, Some(*terms)),
            Proof::External => return,
        };
        let known = credentials.get(hashes.get(&id).unwrap_or(&hash));
        let last_used = known.map_or(0, |record| record.last_used.load(Ordering::Relaxed));
        let record = CredentialRecord {
            id,
            application_id: credential.application_id,
            state: credential.state,
            expires_at: credential.expires_at,
            is_replaced: credential.is_replaced,
            certificate,
            last_used: AtomicI64::new(last_used),
        };
        credentials.insert(hash, record);
        if let Some(old) = hashes.insert(id, hash).filter(|old| **old != hash) {
            credentials.remove(old);
        }
    }

    /// Client secrets are found by the application whose client they are.
    fn apply_client_secret(&self, id: CredentialId, form: SecretForm, facts: &CredentialFacts) {
        self.clients.apply_secret(SecretRecord {
            id,
            application_id: facts.application_id,
            form,
            state: facts.state,
            expires_at: facts.expires_at,
            is_replaced: facts.is_replaced,
            last_used: Arc::default(),
        });
    }

    fn apply_subscription(&self, id: SubscriptionId, subscription: Option<SubscriptionFacts>) {
        let subscribed = self.subscribed.pin();
        let subscriptions = self.subscriptions.pin();
        match subscription {
            Some(it) => {
                let key = (it.application_id, it.api_version_id);
                subscriptions.insert(key, SubscriptionRecord { id, plan_id: it.plan_id, status: it.status });
                subscribed.insert(id, key);
            }
            None => {
                if let Some(key) = subscribed.remove(&id) {
                    // The place may belong to a newer subscription already.
                    if subscriptions.get(key).is_some_and(|record| record.id == id) {
                        subscriptions.remove(key);
                    }
                }
            }
        }
    }

    /// The database removes what belongs to an application together with it, without a word about each.
    fn forget_application(&self, id: ApplicationId) {
        self.applications.pin().remove(&id);
        self.clients.forget_application(id);
        self.meters.forget_application(id);
        let credentials = self.credentials.pin();
        let hashes = self.hashes.pin();
        let gone: Vec<_> =
            credentials.iter().filter(|(_, c)| c.application_id == id).map(|(h, c)| (*h, c.id)).collect();
        for (hash, credential) in gone {
            credentials.remove(&hash);
            hashes.remove(&credential);
        }
        self.subscriptions.pin().retain(|(application, _), _| *application != id);
        self.subscribed.pin().retain(|_, (application, _)| *application != id);
    }

    /// What is in memory was what is in the database at this moment. As with changes, one such call after the other.
    pub fn refreshed(&self, at: Instant) {
        // Not the greatest of all: if the clock was ahead and is set right, that would be in the future for long.
        self.fresh_at.store(at.micros(), Ordering::Relaxed);
    }

    /// How old what is in memory may be; `None` before it was loaded. Where the clock was set back, nobody knows how
    /// old it is: then it is as old as the clock was ahead.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        let fresh_at = self.fresh_at.load(Ordering::Relaxed);
        (fresh_at != i64::MIN).then(|| Duration::from_micros(fresh_at.abs_diff(now.micros())))
    }

    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.age(now).is_none_or(|age| age > self.max_staleness)
    }

    /// The credentials that were used since this was last asked, and when.
    pub fn take_used(&self) -> Vec<(CredentialId, Instant)> {
        let used = self.used.pin();
        let taken: Vec<_> = used.iter().map(|(id, at)| (*id, *at)).collect();
        for (id, _) in &taken {
            used.remove(id);
        }
        taken
    }

    /// Takes back what could not be written down.
    pub fn put_back_used(&self, uses: Vec<(CredentialId, Instant)>) {
        let used = self.used.pin();
        for (id, at) in uses {
            used.get_or_insert(id, at);
        }
    }

    /// The credentials that were used and are kept under an older pepper, since this was last asked, and what they are
    /// to be kept by.
    pub fn take_stale_hashes(&self) -> Vec<(CredentialId, SecretHash)> {
        let stale = self.stale_hashes.pin();
        let taken: Vec<_> = stale.iter().map(|(id, fresh)| (*id, *fresh)).collect();
        for (id, _) in &taken {
            stale.remove(id);
        }
        taken
    }

    pub(crate) fn note_stale_hash(&self, id: CredentialId, fresh: SecretHash) {
        self.stale_hashes.pin().insert(id, fresh);
    }

    /// How many calls were decided how, since this was last asked.
    pub fn take_usage(&self) -> Vec<(UsageKey, u64)> {
        self.usage.take()
    }

    /// Takes back what could not be written down.
    pub fn put_back_usage(&self, taken: Vec<(UsageKey, u64)>) {
        self.usage.put_back(taken);
    }

    /// Every limit there is: of which plan, over which period.
    pub fn limited_plans(&self) -> Vec<(PlanId, Period)> {
        self.catalogue.load().limited().collect()
    }

    /// Takes over how many calls of an application a plan has let through, at all nodes, in the span of a period that
    /// a moment is in. What is counted here already counts once.
    pub fn raise_usage(
        &self,
        application: ApplicationId,
        plan: PlanId,
        period: Period,
        at: Instant,
        total: u64,
    ) {
        self.meters.raise(application, plan, period, at, total);
    }

    /// How many credentials are in memory.
    pub fn credentials(&self) -> usize {
        self.credentials.len()
    }

    /// How many stored things count for nothing because they cannot be read.
    pub fn unreadable(&self) -> usize {
        self.unreadable.len() + self.catalogue.load().unreadable
    }

    /// Looks a credential up and, in the same breath, hands out what is needed of it.
    pub(crate) fn credential<T>(
        &self,
        hash: &SecretHash,
        take: impl FnOnce(&CredentialRecord) -> T,
    ) -> Option<T> {
        self.credentials.pin().get(hash).map(take)
    }

    /// An application. One whose owner is shut out counts as suspended.
    pub(crate) fn application(&self, id: ApplicationId) -> Option<ApplicationFacts> {
        let application = *self.applications.pin().get(&id)?;
        let is_out = |owner| !self.shut_out.is_empty() && self.shut_out.pin().contains_key(&owner);
        match application.developer_id.is_some_and(is_out) {
            true => Some(ApplicationFacts { state: ApplicationState::Suspended, ..application }),
            false => Some(application),
        }
    }

    pub(crate) fn partner_roles(&self, id: PartnerId) -> Option<Arc<[String]>> {
        self.roles.pin().get(&id).map(Arc::clone)
    }

    pub(crate) fn subscription(
        &self,
        application: ApplicationId,
        version: ApiVersionId,
    ) -> Option<SubscriptionRecord> {
        self.subscriptions.pin().get(&(application, version)).copied()
    }

    /// Notes that a credential let a call through.
    pub(crate) fn note_use(&self, record: &CredentialRecord, now: Instant) {
        self.note(record.id, &record.last_used, now);
    }

    pub(crate) fn note(&self, id: CredentialId, last_used: &AtomicI64, now: Instant) {
        let last = Instant::from_micros(last_used.load(Ordering::Relaxed));
        if now.since(last) >= LAST_USE_STEP {
            last_used.store(now.micros(), Ordering::Relaxed);
            self.used.pin().insert(id, now);
        }
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("credentials", &self.credentials.len()).finish_non_exhaustive()
    }
}
