//! A small installation in memory: one API, one partner, one application with one key; and calls to ask about.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use domain::{
    ApiKey, ApiVersion, ApiVersionDraft, ApiVersionId, Application, ApplicationDraft, ApplicationId,
    AuthMethod, AuthStrategy, AuthStrategyDraft, Credential, CredentialDraft, CredentialId, Instant,
    KeyLocation, Material, Noun, Owner, Partner, PartnerDraft, PartnerId, Pepper, Plan, PlanDraft, PlanId,
    Secret, SecretHash, SecretKind, Subscription, SubscriptionId, Text, Transition,
};
use keywright_verify::{
    BrokenVersion, CatalogueFacts, CertificateHeader, Change, Decision, Evidence, Headers, NoEvidence,
    Original, RawOriginal, Reason, Refusal, Request, Verified, Verifier,
};

/// When everything here happens.
pub(crate) const NOW: Instant = Instant::from_micros(1_800_000_000_000_000);
/// How old what is in memory may be.
pub(crate) const MAX_STALENESS: Duration = Duration::from_secs(60);

/// The n-th id of any noun.
pub(crate) fn id<T: FromStr<Err: std::fmt::Debug>>(n: u64) -> T {
    format!("00000000-0000-7000-8000-{n:012x}").parse().unwrap()
}

/// What a transition leads to.
pub(crate) fn made<T: Noun>(transition: Transition<T>) -> T {
    transition.into_parts().0
}

pub(crate) fn pepper() -> Pepper {
    Pepper::new(&[7; 32])
}

/// The n-th API key.
pub(crate) fn key(n: u64) -> Secret {
    let mut random = [1; 32];
    random[..8].copy_from_slice(&n.to_be_bytes());
    Secret::mint(SecretKind::ApiKey, random)
}

/// The n-th credential of an application: the n-th key.
pub(crate) fn credential(n: u64, application_id: ApplicationId) -> Credential {
    let material = Material::ApiKey(ApiKey::minted(&key(n), &pepper()));
    issued(n, application_id, material)
}

/// The n-th credential, made of anything.
pub(crate) fn issued(n: u64, application_id: ApplicationId, material: Material) -> Credential {
    let draft = CredentialDraft { name: format!("key {n}"), expires_at: None };
    made(Credential::issue(id(n), application_id, draft, material, NOW).unwrap())
}

pub(crate) const PARTNER: u64 = 0x100;
pub(crate) const APPLICATION: u64 = 0x200;
pub(crate) const CREDENTIAL: u64 = 0x300;
pub(crate) const VERSION: u64 = 0x400;
pub(crate) const SUBSCRIPTION: u64 = 0x500;
pub(crate) const PLAN: u64 = 0x600;
const STRATEGY: u64 = 0x700;

pub(crate) struct World {
    pub(crate) verifier: Verifier,
    pub(crate) now: Instant,
    pub(crate) partner: Partner,
    pub(crate) application: Application,
    pub(crate) credential: Credential,
    pub(crate) subscription: Subscription,
    versions: Vec<ApiVersion>,
    strategies: Vec<AuthStrategy>,
}

impl World {
    /// `/orders`, for a partner's application that is subscribed and has a key.
    pub(crate) fn new() -> Self {
        let partner = PartnerDraft { name: "Acme".to_owned(), ..PartnerDraft::default() };
        let partner = made(Partner::create(id(PARTNER), partner, NOW).unwrap());
        let application = ApplicationDraft { name: "Shop".to_owned(), ..ApplicationDraft::default() };
        let owner = Owner::Partner(partner.id);
        let application =
            made(Application::create(id(APPLICATION), application, owner, id(STRATEGY), NOW).unwrap());
        let credential = credential(CREDENTIAL, application.id);
        let version: ApiVersionId = id(VERSION);
        let subscription = made(Subscription::request(
            id(SUBSCRIPTION),
            application.id,
            version,
            id(PLAN),
            false,
            Text::default(),
            NOW,
        ));
        let mut world = Self {
            verifier: Verifier::new(pepper(), MAX_STALENESS),
            now: NOW,
            partner,
            application,
            credential,
            subscription,
            versions: Vec::new(),
            strategies: Vec::new(),
        };
        world.look_in(vec![KeyLocation::Header("x-api-key".to_owned())]);
        world.publish(VERSION, "/orders", |_| {});
        world.tell_all();
        world.verifier.refreshed(NOW);
        world
    }

    /// Gateways hand certificates on, as is agreed from now on; everything is told again.
    pub(crate) fn gateways_send(&mut self, header: CertificateHeader) {
        self.verifier = Verifier::new(pepper(), MAX_STALENESS).with_certificates(header);
        self.tell_catalogue();
        self.tell_all();
        self.verifier.refreshed(self.now);
    }

    /// What the one application's key is found by.
    pub(crate) fn hash_of_key(&self) -> SecretHash {
        let Material::ApiKey(key) = &self.credential.material else { unreachable!() };
        key.hash
    }

    /// Publishes a version, or publishes it anew.
    pub(crate) fn publish(&mut self, n: u64, prefix: &str, edit: impl FnOnce(&mut ApiVersionDraft)) {
        let mut draft = ApiVersionDraft::new("v1", prefix, id(STRATEGY));
        edit(&mut draft);
        let version = made(ApiVersion::create(id(n), id(0x800), draft, NOW).unwrap());
        self.versions.retain(|old| old.id != version.id);
        self.versions.push(version);
        self.tell_catalogue();
    }

    /// Opens a version to everybody.
    pub(crate) fn publish_open(&mut self, n: u64, prefix: &str, edit: impl FnOnce(&mut ApiVersionDraft)) {
        self.publish(n, prefix, |draft| {
            draft.accepted_credentials.clear();
            draft.subscription_required = false;
            edit(draft);
        });
    }

    /// Where keys are looked for.
    pub(crate) fn look_in(&mut self, locations: Vec<KeyLocation>) {
        let method = AuthMethod::KeyAuth { locations };
        let draft = AuthStrategyDraft { name: "Keys".to_owned(), method, bridge_key: None };
        let rules = domain::AddressRules::default();
        self.strategies = vec![made(AuthStrategy::create(id(STRATEGY), draft, true, &rules, NOW).unwrap())];
        self.tell_catalogue();
    }

    /// What is stored of a version cannot be read; nor where it is, if `is_lost`.
    pub(crate) fn break_version(&mut self, n: u64, is_lost: bool) {
        let Change::Catalogue(mut facts) = self.catalogue() else { unreachable!() };
        let (broken, versions) = facts.versions.into_iter().partition(|version| version.id == id(n));
        let broken: Vec<ApiVersion> = broken;
        facts.versions = versions;
        facts.broken = broken
            .into_iter()
            .map(|it| BrokenVersion { id: it.id, route: (!is_lost).then_some(it.route) })
            .collect();
        facts.unreadable = 1;
        self.verifier.apply(Change::Catalogue(facts));
    }

    fn tell_catalogue(&self) {
        self.verifier.apply(self.catalogue());
    }

    /// The catalogue as it is now.
    pub(crate) fn catalogue(&self) -> Change {
        let plan = PlanDraft { name: "Gold: 1 000/day, été".to_owned(), ..PlanDraft::default() };
        let plans = vec![made(Plan::create(id(PLAN), plan, NOW).unwrap())];
        let (versions, strategies) = (self.versions.clone(), self.strategies.clone());
        Change::Catalogue(CatalogueFacts { versions, strategies, plans, ..CatalogueFacts::default() })
    }

    /// Tells the verifier how partner, application, credential and subscription are now.
    pub(crate) fn tell_all(&self) {
        let partner: PartnerId = self.partner.id;
        self.verifier.apply(Change::Partner(partner, Some((&self.partner).into())));
        self.verifier.apply(Change::Application(self.application.id, Some((&self.application).into())));
        let subscription: SubscriptionId = self.subscription.id;
        self.verifier.apply(Change::Subscription(subscription, Some((&self.subscription).into())));
        self.tell(&self.credential);
    }

    /// Tells the verifier how a credential is now.
    pub(crate) fn tell(&self, credential: &Credential) {
        let id: CredentialId = credential.id;
        self.verifier.apply(Change::Credential(id, Some(credential.into())));
    }

    /// Asks about a call.
    pub(crate) fn ask(&self, call: &Call) -> Result<Verified, Refusal> {
        match self.decide(call, &NoEvidence) {
            Decision::Allowed(verified) => Ok(verified),
            Decision::Refused(refusal) => Err(refusal),
            Decision::Undecided(question) => panic!("{question:?}"),
        }
    }

    /// Asks about a call, with what is known besides.
    pub(crate) fn decide(&self, call: &Call, evidence: &impl Evidence) -> Decision {
        let original = Original::parse(RawOriginal {
            host: call.host.as_bytes(),
            method: call.method.as_bytes(),
            target: call.target.as_bytes(),
        });
        let request = Request { original: original.unwrap(), headers: call, address: call.address };
        self.verifier.decide(&request, evidence, self.now)
    }

    /// Why a call may not pass.
    pub(crate) fn refusal(&self, call: &Call) -> Reason {
        self.ask(call).expect_err("the call must not pass").reason
    }

    /// Which version a call that passes is a call of.
    pub(crate) fn version(&self, call: &Call) -> ApiVersionId {
        self.ask(call).expect("the call must pass").api_version_id()
    }
}

/// The plan that everything is under.
pub(crate) fn plan() -> PlanId {
    id(PLAN)
}

/// A call that a gateway holds back.
#[derive(Clone)]
pub(crate) struct Call {
    host: String,
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    address: Option<IpAddr>,
}

/// `GET` of a target, without a credential.
pub(crate) fn get(target: &str) -> Call {
    Call {
        host: "api.example.com".to_owned(),
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        address: None,
    }
}

/// `GET` of a target with the key of the one application.
pub(crate) fn get_with_key(target: &str) -> Call {
    get(target).with("x-api-key", key(CREDENTIAL).expose())
}

impl Call {
    pub(crate) fn with(mut self, header: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((header.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn at(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    pub(crate) fn from(mut self, address: &str) -> Self {
        self.address = Some(address.parse().unwrap());
        self
    }

    pub(crate) fn by(mut self, method: &str) -> Self {
        self.method = method.to_owned();
        self
    }
}

impl Headers for Call {
    fn each<'a, E>(&'a self, name: &str, take: &mut impl FnMut(&'a [u8]) -> Result<(), E>) -> Result<(), E> {
        self.headers.iter().filter(|(key, _)| key == name).try_for_each(|(_, value)| take(value))
    }
}
