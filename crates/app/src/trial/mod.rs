//! Trying an operation out: a call that somebody makes from an API's page, through the gateway like any other. It is
//! counted, limited and refused as every call of theirs would be.
//!
//! What is called is an operation of the version's specification, below the version's path, at the gateway's address and
//! nowhere else; what somebody typed is values ([`CallTarget`]). Why the call comes from us and not from the browser:
//! docs/adr/0072-trying-goes-through-us.md.

mod door;
mod proof;
mod short_key;

use std::sync::OnceLock;

use domain::{
    Access, ApiVersion, ApiVersionId, Application, ApplicationAction, ApplicationId, AuthStrategy,
    CallTarget, Invalid, Resource, Secret, SubscriptionStatus, route,
};
use store::SubscriptionFilter;
use uuid::Uuid;

pub use door::{AskingGateway, GatewayCall, GatewayDoor, GatewayReply};
pub use proof::TrialProof;
use proof::{Placed, place};

use crate::caller::application_for;
use crate::{App, ApplicationFilter, Caller, Error, Result, every};

const THIS: Resource = Resource::Apis;
/// The largest body that is sent, in bytes.
pub const MAX_TRIAL_BODY: usize = 64 * 1024;
/// The header by which gateways tell which call Keywright refused.
const REQUEST_ID: &str = "x-keywright-request-id";
/// The header by which they tell why.
const REASON: &str = "x-keywright-reason";

/// What it takes to try something out.
#[derive(Debug, Default)]
pub(crate) struct Trials {
    door: OnceLock<GatewayDoor>,
    keys: short_key::ShortKeys,
}

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The operation's method, in capitals.
    pub method: String,
    /// Its path template, as the specification has it.
    pub path: String,
    /// Values for the parameters in the path.
    pub path_values: Vec<(String, String)>,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// By what the call proves whose it is.
    pub proof: TrialProof,
    /// Media type and text of the body.
    pub body: Option<(String, String)>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Path and query that were called, without the credential.
    pub target: String,
    /// The answer; otherwise a coarse word for why there is none.
    pub reply: Result<GatewayReply, String>,
    /// The refused call, if the caller may see why it was.
    pub refused_call: Option<Uuid>,
    /// The code of Keywright's refusal, if it was one.
    pub reason: Option<String>,
}

impl App {
    /// Lets calls out to the gateway. Until then nothing can be tried. The first door stays.
    pub fn open_gateway_door(&self, door: GatewayDoor) {
        let _ = self.trials.door.set(door);
    }

    /// Whether it is known where the gateway is.
    pub fn can_try(&self) -> bool {
        self.trials.door.get().is_some()
    }
}

#[macros::boxed]
impl App {
    /// The developer's own applications for which a call of a version can be made with a key that is made for it; none
    /// for anybody else: nobody makes keys for others unseen.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn applications_to_try(
        &self,
        caller: &Caller,
        version: &ApiVersion,
    ) -> Result<Vec<Application>> {
        let Some(developer) = caller.developer() else { return Ok(Vec::new()) };
        let read = self.store.read();
        let applications: Vec<Application> = if version.subscription_required {
            let filter = SubscriptionFilter { visible_to: Some(developer), ..subscribed_to(version.id) };
            let subscriptions = every(|page| read.subscriptions(&filter, page)).await?;
            read.find_all(subscriptions.into_iter().map(|it| it.application_id.0)).await?
        } else {
            every(|page| self.applications(caller, ApplicationFilter::default(), page)).await?
        };
        let mut theirs = Vec::with_capacity(applications.len());
        for application in applications {
            if self.application_rights(caller, &application).await?.credentials {
                theirs.push(application);
            }
        }
        theirs.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        Ok(theirs)
    }

    /// Calls an operation of a version through the gateway.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller may not see the version, or it has no such operation; [`Error::Forbidden`] for
    /// those who only look; [`Error::Invalid`] for values that cannot be sent, each named; a conflict if it is not known
    /// where the gateway is. That the gateway does not answer is none: it is said in [`Tried::reply`].
    pub async fn try_operation(&self, caller: &Caller, id: ApiVersionId, trial: Trial) -> Result<Tried> {
        if caller.developer().is_none() {
            caller.must_administer(THIS, Access::Write)?;
        }
        let version = self.api_version(caller, id).await?;
        self.must_be_an_operation(&version, &trial).await?;
        let Some(door) = self.trials.door.get() else { return Err(no_gateway()) };
        let target =
            CallTarget::build(&trial.path, &version.route.path_prefixes, &trial.path_values, &trial.query)?;
        // Our own gateway check reads it in one way, or nobody does.
        if verify::RequestPath::parse(target.path()).is_err() {
            let message = "cannot be called with these values: a gateway might read its path in two ways";
            return Err(Invalid::field("operation", "invalid", message).into());
        }
        check_body(&trial)?;
        let shown = target.as_sent();
        let strategy: Option<AuthStrategy> = self.store.read().find(version.auth_strategy_id).await?;
        let secret = self.trial_secret(caller, &version, &trial.proof).await?;
        // One that was typed is known to whoever typed it.
        let made = secret.clone().filter(|_| matches!(trial.proof, TrialProof::Application(_)));
        let placed = place(&trial.proof, secret, strategy.as_ref().map(|it| &it.method));
        let (target, credential) = match placed {
            Some(Placed::Query(name, secret)) => (target.with_query(&name, secret.expose()), None),
            Some(Placed::Header(name, secret)) => (target, Some((name, secret))),
            None => (target, None),
        };
        let call = GatewayCall {
            method: trial.method,
            target: Secret::imported(target.as_sent()),
            host: version.route.hosts.first().cloned(),
            credential,
            body: trial.body,
        };
        let hidden = |reply: GatewayReply| match &made {
            Some(secret) => reply.without(secret.expose()),
            None => reply,
        };
        let reply = door.ask(call).await.map(hidden);
        let (refused_call, reason) = match &reply {
            Ok(reply) => self.why_refused(caller, reply).await?,
            Err(_) => (None, None),
        };
        Ok(Tried { target: shown, reply, refused_call, reason })
    }

    /// What is called must be on offer: this makes no call that the specification does not describe.
    async fn must_be_an_operation(&self, version: &ApiVersion, trial: &Trial) -> Result<()> {
        let operations = self.store.read().operations(version.id).await?.unwrap_or_default();
        let is_one = operations.iter().any(|it| it.method == trial.method && it.path == trial.path);
        if is_one && route::METHODS.contains(&trial.method.as_str()) {
            Ok(())
        } else {
            Err(Error::NotFound("operation"))
        }
    }

    /// The secret that the call carries.
    async fn trial_secret(
        &self,
        caller: &Caller,
        version: &ApiVersion,
        proof: &TrialProof,
    ) -> Result<Option<Secret>> {
        match proof {
            TrialProof::None => Ok(None),
            TrialProof::Key(secret) | TrialProof::Token(secret) => {
                proof::check(secret)?;
                Ok(Some(secret.clone()))
            }
            TrialProof::Application(id) => {
                self.must_be_subscribed(caller, version, *id).await?;
                self.short_key(caller, *id).await.map(Some)
            }
        }
    }

    /// Whether an application is the developer's own, and may call the version.
    async fn must_be_subscribed(
        &self,
        caller: &Caller,
        version: &ApiVersion,
        id: ApplicationId,
    ) -> Result<()> {
        let wrong = || -> Error {
            let message = "must be an application of yours that is subscribed to this version";
            Invalid::field("application_id", "unknown", message).into()
        };
        if caller.developer().is_none() {
            return Err(wrong());
        }
        let read = self.store.read();
        let action = ApplicationAction::ManageCredentials;
        match application_for(read, caller, id, Resource::Credentials, action).await {
            Err(Error::NotFound(_)) => return Err(wrong()),
            other => other?,
        };
        let filter = SubscriptionFilter { application_id: Some(id), ..subscribed_to(version.id) };
        let one = crate::PageRequest::first(1);
        if version.subscription_required && read.subscriptions(&filter, one).await?.items.is_empty() {
            return Err(wrong());
        }
        Ok(())
    }

    /// The refused call behind an answer of the gateway, if the caller may see it, and the code of the refusal.
    async fn why_refused(
        &self,
        caller: &Caller,
        reply: &GatewayReply,
    ) -> Result<(Option<Uuid>, Option<String>)> {
        let reason = reply.header(REASON).filter(|code| self.calls.why(code).is_some());
        let Some(reason) = reason.filter(|_| reply.status >= 400) else { return Ok((None, None)) };
        let reason = Some(reason.to_owned());
        let Some(id) = reply.header(REQUEST_ID).and_then(|id| Uuid::parse_str(id).ok()) else {
            return Ok((None, reason));
        };
        // They are written once a second; whoever is told of one looks at it at once.
        self.write_refused_calls().await?;
        match self.refused_call(caller, id).await {
            Ok(call) => Ok((Some(call.id), reason)),
            Err(Error::NotFound(_)) => Ok((None, reason)),
            Err(error) => Err(error),
        }
    }
}

fn subscribed_to(version: ApiVersionId) -> SubscriptionFilter {
    let status = Some(SubscriptionStatus::Approved);
    SubscriptionFilter { api_version_id: Some(version), status, ..SubscriptionFilter::default() }
}

/// A media type of RFC 9110 §8.3.1, without parameters but a character set.
fn check_body(trial: &Trial) -> Result<(), Invalid> {
    let Some((media_type, text)) = &trial.body else { return Ok(()) };
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-/;= ".contains(&b);
    if media_type.len() > 100 || !media_type.bytes().all(is_token) || !media_type.contains('/') {
        return Err(Invalid::field("media_type", "invalid", "must be a media type like application/json"));
    }
    if text.len() > MAX_TRIAL_BODY {
        return Err(Invalid::field("body", "too_long", "must have at most 64 KiB"));
    }
    Ok(())
}

fn no_gateway() -> Error {
    let message = "it is not known here where the gateway is: an administrator has to set gateway.public_url";
    Error::conflict("no_gateway", message)
}
