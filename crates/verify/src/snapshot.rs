//! Everything that decisions need, in memory, to be read by many threads and changed one thing at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use domain::{
    ApiVersion, ApiVersionId, Application, ApplicationId, ApplicationState, AuthStrategy, Credential,
    CredentialId, CredentialState, CredentialStatus, Instant, Material, Partner, PartnerId, Pepper, Plan,
    PlanId, SecretHash, Subscription, SubscriptionId, SubscriptionStatus, credential_status,
};
use papaya::HashMap;

use crate::catalogue::Catalogue;

/// How exactly the last use of a credential is known. Within this span only the first use is noted.
const LAST_USE_STEP: Duration = Duration::from_secs(10);

/// Decides calls from memory.
pub struct Verifier {
    pub(crate) pepper: Pepper,
    pub(crate) catalogue: ArcSwap<Catalogue>,
    credentials: HashMap<SecretHash, CredentialRecord>,
    /// Where a credential is, to find it again when it changes.
    hashes: HashMap<CredentialId, SecretHash>,
    applications: HashMap<ApplicationId, ApplicationRecord>,
    roles: HashMap<PartnerId, Arc<[String]>>,
    subscriptions: HashMap<(ApplicationId, ApiVersionId), SubscriptionRecord>,
    subscribed: HashMap<SubscriptionId, (ApplicationId, ApiVersionId)>,
    /// Credentials that were used since somebody asked.
    used: HashMap<CredentialId, Instant>,
    /// When what is in memory was last known to be what is in the database, in microseconds.
    fresh_at: AtomicI64,
    max_staleness: Duration,
}

/// One thing that changed, as it is now; `None` if it is gone.
#[derive(Clone, Debug)]
pub enum Change {
    /// A partner: its roles.
    Partner(PartnerId, Option<Partner>),
    /// An application: its owner and state.
    Application(ApplicationId, Option<Application>),
    /// A credential.
    Credential(CredentialId, Option<Credential>),
    /// A subscription.
    Subscription(SubscriptionId, Option<Subscription>),
    /// Versions, strategies and plans, all of them.
    Catalogue {
        /// Every version.
        versions: Vec<ApiVersion>,
        /// Every strategy.
        strategies: Vec<AuthStrategy>,
        /// Every plan.
        plans: Vec<Plan>,
    },
}

/// What the check needs to know of a credential.
pub(crate) struct CredentialRecord {
    pub(crate) id: CredentialId,
    pub(crate) application_id: ApplicationId,
    state: CredentialState,
    expires_at: Option<Instant>,
    is_replaced: bool,
    last_used: AtomicI64,
}

impl CredentialRecord {
    pub(crate) fn status(&self, now: Instant) -> CredentialStatus {
        credential_status(self.state, self.expires_at, self.is_replaced, now)
    }
}

/// What the check needs to know of an application.
#[derive(Clone, Copy)]
pub(crate) struct ApplicationRecord {
    pub(crate) partner_id: Option<PartnerId>,
    pub(crate) state: ApplicationState,
}

/// What the check needs to know of a subscription.
#[derive(Clone, Copy)]
pub(crate) struct SubscriptionRecord {
    pub(crate) id: SubscriptionId,
    pub(crate) plan_id: PlanId,
    pub(crate) status: SubscriptionStatus,
}

impl Verifier {
    /// An empty one, which trusts nothing until [`Verifier::refreshed`] is called.
    pub fn new(pepper: Pepper, max_staleness: Duration) -> Self {
        Self {
            pepper,
            catalogue: ArcSwap::default(),
            credentials: HashMap::new(),
            hashes: HashMap::new(),
            applications: HashMap::new(),
            roles: HashMap::new(),
            subscriptions: HashMap::new(),
            subscribed: HashMap::new(),
            used: HashMap::new(),
            fresh_at: AtomicI64::new(i64::MIN),
            max_staleness,
        }
    }

    /// Takes over a change. Changes must come one after the other, each as new as the database at that time.
    pub fn apply(&self, change: Change) {
        match change {
            Change::Partner(id, Some(partner)) => {
                self.roles.pin().insert(id, partner.roles.into());
            }
            Change::Partner(id, None) => {
                self.roles.pin().remove(&id);
            }
            Change::Application(id, Some(application)) => {
                let record =
                    ApplicationRecord { partner_id: application.owner.partner(), state: application.state };
                self.applications.pin().insert(id, record);
            }
            Change::Application(id, None) => self.forget_application(id),
            Change::Credential(id, credential) => self.apply_credential(id, credential),
            Change::Subscription(id, subscription) => self.apply_subscription(id, subscription),
            Change::Catalogue { versions, strategies, plans } => {
                self.catalogue.store(Arc::new(Catalogue::new(versions, &strategies, &plans)));
            }
        }
    }

    fn apply_credential(&self, id: CredentialId, credential: Option<Credential>) {
        let hashes = self.hashes.pin();
        let credentials = self.credentials.pin();
        let Some(credential) = credential else {
            if let Some(hash) = hashes.remove(&id) {
                credentials.remove(hash);
            }
            return;
        };
        let key = match &credential.material {
            Material::ApiKey(key) => key,
            // Checked by a third party's gateway, and by nobody here.
            Material::External(_) => return,
        };
        let last_used =
            credentials.get(&key.hash).map_or(0, |record| record.last_used.load(Ordering::Relaxed));
        let record = CredentialRecord {
            id,
            application_id: credential.application_id,
            state: credential.state,
            expires_at: credential.expires_at,
            is_replaced: credential.replaced_by.is_some(),
            last_used: AtomicI64::new(last_used),
        };
        credentials.insert(key.hash, record);
        hashes.insert(id, key.hash);
    }

    fn apply_subscription(&self, id: SubscriptionId, subscription: Option<Subscription>) {
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

    /// How many credentials are in memory.
    pub fn credentials(&self) -> usize {
        self.credentials.len()
    }

    /// Looks a credential up and, in the same breath, hands out what is needed of it.
    pub(crate) fn credential<T>(
        &self,
        hash: &SecretHash,
        take: impl FnOnce(&CredentialRecord) -> T,
    ) -> Option<T> {
        self.credentials.pin().get(hash).map(take)
    }

    pub(crate) fn application(&self, id: ApplicationId) -> Option<ApplicationRecord> {
        self.applications.pin().get(&id).copied()
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
        let last = Instant::from_micros(record.last_used.load(Ordering::Relaxed));
        if now.since(last) >= LAST_USE_STEP {
            record.last_used.store(now.micros(), Ordering::Relaxed);
            self.used.pin().insert(record.id, now);
        }
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("credentials", &self.credentials.len()).finish_non_exhaustive()
    }
}
