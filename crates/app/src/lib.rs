//! The use cases: what can be done with Keywright, each as one function of [`App`].
//!
//! REST, pages, dialects, the command line and the workers all call these functions and nothing below. Each one reads
//! the same way: *permit, load, decide, save, commit*. Rules are in `domain`; what is decided here is who may, and
//! whether somebody may know at all that a thing exists.

mod administrator;
mod administrator_invitation;
mod api;
mod application;
mod application_client;
mod approval;
mod approval_flow;
mod audit;
mod auth_strategy;
mod basic;
mod brand;
mod bridge;
mod bridge_work;
mod callback;
mod caller;
mod calls;
mod catalogue;
mod clock;
mod counts;
mod credential;
mod developer;
mod document;
mod elsewhere;
mod error;
mod every;
mod evidence;
mod example;
mod external_credential;
mod external_token;
mod factor;
mod four_eyes;
mod gateway;
mod group;
mod housekeeping;
mod identity_provider;
mod invitation;
mod key_rotation;
mod keys;
mod linked_identity;
mod mail;
mod names;
mod new_application;
mod oauth;
mod once;
mod partner;
mod passkey;
mod password;
mod plan;
mod plan_usage;
mod portal;
mod refusal;
mod refused_call;
mod renewal;
mod request;
mod request_subject;
mod request_time;
mod reseal;
mod rights;
mod sign_in;
mod sign_in_account;
mod sign_in_page;
mod sign_up;
mod specification;
mod subscription;
mod subscription_mail;
mod sync;
mod telling;
mod token;
mod token_request;
mod trial;
mod usage;
mod usage_report;
mod webhook_delivery;
mod webhook_endpoint;
mod webhook_event;
mod webhook_health;
mod webhook_outcome;
mod webhook_work;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use domain::{AddressRules, GrantType, MasterKeys, Noun, Peppers, SigningAlgorithm, Transition};
use store::{Author, Record, Store, Tx};
use uuid::Uuid;
use verify::Verifier;

pub use application_client::ClientProof;
pub use approval::Asked;
pub use brand::Brand;
pub use bridge::{Asking, BridgeAct, BridgeDoor, BridgeReply, BridgeRequest};
pub use callback::Answer;
pub use caller::{Caller, Identity};
pub use calls::Calls;
pub use catalogue::{Offer, Terms};
pub use clock::Clock;
pub use counts::Counts;
pub use elsewhere::{
    Arrived, AskingProvider, Departure, Errand, NotArrived, ProviderDoor, ProviderReply, ProviderRequest,
    WayIn, callback_path,
};
pub use error::{Error, Result};
pub use every::every;
pub use evidence::{FoundOut, InMemory};
pub use example::Example;
pub use external_credential::Revealed;
pub use factor::{Enrollment, Provision, SECOND_FACTOR, SECOND_FACTOR_MISSING, SecondFactor, SignInStep};
pub use four_eyes::FourEyes;
pub use identity_provider::ProviderReport;
pub use key_rotation::{DroppedKeys, KeySource, MasterKeyState};
pub use keys::Keys;
pub use linked_identity::OwnIdentity;
pub use mail::{MailJob, ShownMail};
pub use names::{Names, ToName};
pub use new_application::NewApplication;
pub use oauth::*;
pub use once::Created;
pub use passkey::{PasskeyRequest, SecondStep};
pub use refusal::RefusedAct;
pub use refused_call::RefusedCalls;
pub use renewal::Renewable;
pub use request::{NewRequest, RequestStory};
pub use reseal::Resealing;
pub use rights::Rights;
pub use sign_in::{SignedIn, network};
pub use sign_in_account::ACCOUNT_WAITS;
pub use sign_up::{LinkForm, Registration};
pub use store::{
    ApiFilter, ApiVersionFilter, ApplicationFilter, AuditFilter, AuditLine, Claim, ClientFilter,
    CredentialFilter, DeveloperFilter, Health, InvitationFilter, Lane, MailFilter, MailResult, Page,
    PageRequest, PartnerFilter, ProvisionFilter, RefusedCall, RefusedCallFilter, RequestFilter, Slice,
    Sliced, SubscribedTo, SubscriptionFilter, UsageCount, UsageDimension, UsageFilter, UsageReport,
    UsageStep, Wanted, WebhookDeliveryFilter, WebhookEndpointFilter, WebhookEventFilter,
};
pub use telling::{GatewayEvent, event_data};
pub use trial::{
    AskingGateway, GatewayCall, GatewayDoor, GatewayReply, MAX_TRIAL_BODY, Trial, TrialProof, Tried,
};
pub use verify::CertificateHeader;
pub use webhook_endpoint::ShownEndpoint;
pub use webhook_work::{Sent, TargetAuth, WebhookJob, WebhookTarget};

/// What an installation decides about itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach it, without a slash at the end: links in mails begin with this.
    pub public_url: String,
    /// Where callers reach the gateway, without a slash at the end: examples begin with this, and calls that are tried out
    /// go there. Not known if there are several.
    pub gateway_url: Option<String>,
    /// Whether people may register themselves.
    pub sign_up: bool,
    /// Whether who has proven the address needs nobody's approval.
    pub approve_developers: bool,
    /// Mail domains that may register; empty: all.
    pub allowed_email_domains: Vec<String>,
    /// How many credentials of a kind an application may hold at once.
    pub credentials_per_application: u64,
    /// How many applications a developer may own.
    pub applications_per_developer: u64,
    /// Whether who asked for a subscription may approve it.
    pub four_eyes: FourEyes,
    /// Of whom a second factor is demanded.
    pub second_factor: SecondFactor,
    /// Whether mails tell that subscriptions wait, and what was decided.
    pub subscription_mails: bool,
    /// How long the gateway check goes on from memory when the database cannot be reached.
    pub max_staleness: Duration,
    /// How gateways hand client certificates on.
    pub certificate_header: CertificateHeader,
    /// The authorization server.
    pub oauth: OAuthSettings,
    /// Whether there is a mail server. If not, mails are kept and shown in the log.
    pub sends_mail: bool,
    /// Where webhooks may go beside the Internet.
    pub outbound: AddressRules,
}

/// What the authorization server has on.
#[derive(Clone, Debug)]
pub struct OAuthSettings {
    /// Grants that RFC 9700 advises against.
    pub legacy_grants: Vec<GrantType>,
    /// What tokens are signed with.
    pub algorithms: Vec<SigningAlgorithm>,
    /// How many keys of a kind sign at once.
    pub signing_keys: usize,
    /// For how long a refresh token that was just replaced gives the same new one again.
    pub refresh_grace: Duration,
}

impl Default for OAuthSettings {
    fn default() -> Self {
        Self {
            legacy_grants: Vec::new(),
            algorithms: SigningAlgorithm::ALL.to_vec(),
            signing_keys: 3,
            refresh_grace: Duration::from_secs(60),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            gateway_url: None,
            sign_up: true,
            approve_developers: true,
            allowed_email_domains: Vec::new(),
            credentials_per_application: 20,
            applications_per_developer: 500,
            four_eyes: FourEyes::Auto,
            second_factor: SecondFactor::Voluntary,
            subscription_mails: true,
            max_staleness: Duration::from_secs(60),
            certificate_header: CertificateHeader::Off,
            oauth: OAuthSettings::default(),
            sends_mail: false,
            outbound: AddressRules::default(),
        }
    }
}

/// Keywright, without any edge.
#[derive(Debug)]
pub struct App {
    /// Itself, for what goes on after the one who asked for it has gone.
    me: Weak<Self>,
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    /// The master keys as they were given at the start, and where they are read again.
    pub(crate) masters: key_rotation::Masters,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) passwords: password::Passwords,
    pub(crate) basic: basic::Verified,
    brand: brand::LastBrand,
    pub(crate) mail_waits: tokio::sync::Notify,
    pub(crate) refusals: refusal::Refusals,
    /// How requests get to bridges.
    pub(crate) bridge_door: OnceLock<bridge::BridgeDoor>,
    /// There may be something to be done at a bridge.
    pub(crate) bridges_wait: tokio::sync::Notify,
    /// Where people sign in elsewhere.
    pub(crate) elsewhere: elsewhere::Elsewhere,
    /// What it takes to try an API out.
    pub(crate) trials: trial::Trials,
    /// Somebody committed: there may be something to tell.
    pub(crate) webhooks_wait: tokio::sync::Notify,
    /// When what was counted was last written down.
    pub(crate) flushed_at: AtomicI64,
    /// How far this node knows the feed of changes to be told.
    pub(crate) told: tokio::sync::Mutex<webhook_event::Told>,
    /// Milliseconds and counter of the last id that was made here.
    last_id: AtomicU64,
    sync: sync::Sync,
    /// What this node is called among others.
    pub(crate) node: Uuid,
    pub(crate) oauth: oauth::OAuth,
    verifier: Arc<Verifier>,
    calls: calls::Calls,
    refused_calls: refused_call::RefusedCalls,
}

#[macros::boxed]
impl App {
    /// Puts it together over a migrated database, and loads what the gateway check needs.
    ///
    /// # Errors
    /// If the database is not available, or was written under another master key.
    pub async fn start<M: Into<MasterKeys> + Send>(
        store: Store,
        masters: M,
        settings: Settings,
        clock: Clock,
    ) -> Result<Arc<Self>> {
        Self::start_with(store, masters.into(), settings, clock).await
    }

    /// The same, whatever the keys were given as.
    ///
    /// # Errors
    /// As [`App::start`].
    pub async fn start_with(
        store: Store,
        masters: MasterKeys,
        settings: Settings,
        clock: Clock,
    ) -> Result<Arc<Self>> {
        let keys = Keys::load(&store, &masters).await?;
        let verifier = Verifier::new(Peppers::clone(&keys.peppers()), settings.max_staleness);
        let verifier = Arc::new(verifier.with_certificates(settings.certificate_header));
        let app = Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            oauth: oauth::OAuth::new(&store),
            store,
            keys,
            masters: key_rotation::Masters::new(masters),
            clock,
            settings,
            passwords: password::Passwords::new(),
            basic: basic::Verified::default(),
            brand: brand::LastBrand::default(),
            mail_waits: tokio::sync::Notify::new(),
            refusals: refusal::Refusals::default(),
            bridge_door: OnceLock::new(),
            bridges_wait: tokio::sync::Notify::new(),
            elsewhere: elsewhere::Elsewhere::default(),
            trials: trial::Trials::default(),
            webhooks_wait: tokio::sync::Notify::new(),
            flushed_at: AtomicI64::new(i64::MIN),
            told: tokio::sync::Mutex::default(),
            last_id: AtomicU64::new(0),
            sync: sync::Sync::default(),
            node: Uuid::now_v7(),
            verifier,
            calls: calls::Calls::new(),
            refused_calls: refused_call::RefusedCalls::default(),
        });
        app.load().await?;
        app.learn_usage().await?;
        Ok(app)
    }

    /// The gateway check.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// What gateways asked this node, since its start.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What this node told gateways to refuse, until it is written down.
    pub fn refused_calls_to_write(&self) -> &RefusedCalls {
        &self.refused_calls
    }

    /// The clock that everything goes by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What this installation decides about itself.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The keys, for those edges that authenticate something of their own, such as cursors.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Whether the database answers and the gateway check is up to date.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the reason.
    pub async fn ready(&self) -> Result<()> {
        self.store.ping().await?;
        match self.verifier.age(self.clock.now()) {
            Some(age) if age <= self.settings.max_staleness => Ok(()),
            _ => Err(Error::Unavailable("the gateway check has not caught up with the database".to_owned())),
        }
    }

    /// This very thing, to be held on to.
    pub(crate) fn arc(&self) -> Result<Arc<Self>> {
        self.me.upgrade().ok_or_else(|| Error::Internal("everything is being taken down".to_owned()))
    }

    pub(crate) async fn begin(&self, caller: &Caller) -> Result<Tx> {
        Ok(self.store.begin(self.author(caller)).await?)
    }

    pub(crate) fn author(&self, caller: &Caller) -> Author {
        Author {
            actor: caller.actor(),
            address: caller.address,
            request_id: caller.request_id,
            at: self.clock.now(),
        }
    }

    /// Keeps what a transaction did. When this returns, the gateway check of this node knows it.
    pub(crate) async fn commit(&self, tx: Tx) -> Result<()> {
        tx.commit().await?;
        self.webhooks_wait.notify_one();
        self.catch_up().await;
        Ok(())
    }

    /// The whole of most use cases after the decision: save one thing and commit.
    pub(crate) async fn save<T: Record>(&self, mut tx: Tx, transition: Transition<T>) -> Result<T> {
        let saved = tx.save(transition).await?;
        self.commit(tx).await?;
        Ok(saved)
    }

    /// A new id: version 7 with a counter behind the milliseconds (RFC 9562 §6.2, method 1), so that ids of one node
    /// sort by age however fast they are made, and lists show the newest first.
    pub(crate) fn new_id<T: From<Uuid>>(&self) -> T {
        const COUNTER_BITS: u32 = 12;
        let millis = u64::try_from(self.clock.now().micros() / 1_000).unwrap_or(0);
        let next = |last: u64| (last + 1).max(millis << COUNTER_BITS);
        let last = self.last_id.fetch_update(Relaxed, Relaxed, |last| Some(next(last)));
        let moment = next(last.unwrap_or_else(|last| last));
        let [.., high, low] = moment.to_be_bytes();
        let mut random = [0u8; 10];
        keys::fill_random(&mut random);
        // Of the first byte the lower half counts: the version is above it.
        (random[0], random[1]) = (high, low);
        uuid::Builder::from_unix_timestamp_millis(moment >> COUNTER_BITS, &random).into_uuid().into()
    }
}

/// Whether a thing is at the version that the caller saw.
///
/// # Errors
/// [`Error::Stale`] if not.
pub(crate) fn expect_version<T: Noun>(thing: &T, expected: Option<i64>) -> Result<()> {
    match expected {
        Some(version) if version != thing.meta().version => Err(Error::Stale),
        _ => Ok(()),
    }
}
