//! The work of delivering: what a sender takes, and what it reports.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use domain::{
    DeliveryAttempt, DeliveryResult, Instant, Secret, TEST_EVENT, WebhookAuth, WebhookDeliveryId,
    WebhookEndpoint, WebhookEndpointId, WebhookEvent, WebhookShape, retry_after,
};
use serde_json::json;
use store::{AttemptReport, ClaimedDelivery, Health, Lane, Wanted};
use uuid::Uuid;

use crate::keys::fill_random;
use crate::webhook_endpoint::place;
use crate::webhook_outcome::{Outcome, Reported};
use crate::{App, Caller, Error, Result};

/// For how long a sender keeps the deliveries it took to itself: several times as long as an attempt may take.
const LEASE: Duration = Duration::from_secs(40);
/// Of so many endpoints that answer something is taken in one transaction,
const PROMPT_TOGETHER: usize = 64;
/// and of so many that hang, perhaps.
const DOUBTFUL_TOGETHER: usize = 16;
/// How much of an answer's body is kept.
const BODY_KEPT: usize = 1_024;

/// An endpoint as a sender needs it, its secrets open.
#[derive(Debug)]
pub struct WebhookTarget {
    /// Which.
    pub endpoint_id: WebhookEndpointId,
    /// Where to.
    pub url: String,
    /// Host and port: a receiver gets only so many requests at once, whatever they are.
    pub host: String,
    /// What the body looks like.
    pub shape: WebhookShape,
    /// Header fields that prove who we are; a user name and password are one already.
    pub auth: TargetAuth,
    /// The signing secrets that count, the newest first.
    pub secrets: Vec<Secret>,
}

/// How we prove who we are, in clear.
#[derive(Debug)]
pub enum TargetAuth {
    /// Not at all.
    None,
    /// HTTP Basic.
    Basic(String, Secret),
    /// A bearer token.
    Bearer(Secret),
    /// Header fields.
    Headers(Vec<(String, Secret)>),
    /// A client certificate with those of its signers, and its private key; both as PEM.
    Certificate(String, Secret),
}

/// A delivery that is to be tried now.
#[derive(Clone, Debug)]
pub struct WebhookJob {
    /// Its identity; nothing for a test call.
    pub delivery_id: Option<WebhookDeliveryId>,
    /// Where to.
    pub target: Arc<WebhookTarget>,
    /// What.
    pub event: WebhookEvent,
    /// How the endpoint has been doing.
    pub health: Health,
    /// Until when nobody else takes it.
    pub leased_until: Instant,
    attempt: u32,
    attempt_of_round: u32,
    claim: Uuid,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When it began.
    pub at: Instant,
    /// How long it took.
    pub took: Duration,
    /// The status that was answered.
    pub code: Option<u16>,
    /// Why it failed, in a coarse word; nothing if it did not.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub body: String,
    /// How long the receiver asks us to wait.
    pub retry_after: Option<Duration>,
    /// Whether it ran into a time limit: the endpoint holds senders up.
    pub slow: bool,
}

impl Sent {
    /// Whether the receiver took it.
    pub fn succeeded(&self) -> bool {
        self.error.is_none() && self.code.is_some_and(|code| (200..300).contains(&code))
    }

    /// How long the receiver asks to be left alone with everything (RFC 9110 §10.2.3), at most an hour.
    pub(crate) fn asks_to_wait(&self) -> Option<Duration> {
        let overloaded = matches!(self.code, Some(429 | 503));
        self.retry_after.filter(|_| overloaded).map(|span| span.min(Duration::from_secs(3_600)))
    }

    fn attempt(&self, number: u32) -> DeliveryAttempt {
        // PostgreSQL keeps no NUL.
        let mut body = self.body.replace('\0', "\u{fffd}");
        while body.len() > BODY_KEPT {
            body.pop();
        }
        let (at, took, code, error) = (self.at, self.took, self.code, self.error.clone());
        DeliveryAttempt { number, at, took, code, error, body }
    }
}

#[macros::boxed]
impl App {
    /// Takes up what was under way when this installation was stopped or killed, if it has one node only. Called once,
    /// before anything is taken.
    ///
    /// # Errors
    /// If the database is not available: the leases end by themselves then.
    pub async fn recover_webhooks(&self) -> Result<u64> {
        Ok(self.store.recover_deliveries(self.clock.now()).await?)
    }

    /// Takes deliveries that are due, for a sender.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn claim_webhooks(&self, wanted: &[Wanted]) -> Result<Vec<WebhookJob>> {
        let claim = Uuid::now_v7();
        let now = self.clock.now();
        let until = now + LEASE;
        let claimed = self.claim_in_turns(claim, now, until, wanted).await?;
        let ids: HashSet<Uuid> = claimed.iter().map(|it| it.endpoint_id.0).collect();
        let endpoints = self.store.read().find_all::<WebhookEndpoint>(ids).await?;
        let (mut targets, mut off) = (HashMap::new(), Vec::new());
        for endpoint in endpoints.into_iter().filter(|endpoint| endpoint.disabled.is_none()) {
            targets.insert(endpoint.id, Arc::new(self.target(&endpoint, now)));
        }
        let mut jobs = Vec::with_capacity(claimed.len());
        for ClaimedDelivery { id, endpoint_id, event, attempt, attempt_of_round, health } in claimed {
            match targets.get(&endpoint_id) {
                Some(target) => jobs.push(WebhookJob {
                    delivery_id: Some(id),
                    target: Arc::clone(target),
                    event,
                    health,
                    leased_until: until,
                    attempt,
                    attempt_of_round,
                    claim,
                }),
                // It was written while the endpoint was being switched off.
                None => off.push(AttemptReport {
                    delivery_id: id,
                    endpoint_id,
                    attempt: None,
                    result: DeliveryResult::Canceled,
                }),
            }
        }
        if !off.is_empty() {
            let mut tx = self.begin(&Caller::system()).await?;
            tx.report_attempts(claim, &off).await?;
            tx.commit().await?;
        }
        Ok(jobs)
    }

    /// A few endpoints in each transaction: whoever else has something to write comes in between.
    async fn claim_in_turns(
        &self,
        claim: Uuid,
        now: Instant,
        until: Instant,
        wanted: &[Wanted],
    ) -> Result<Vec<ClaimedDelivery>> {
        let mut claimed: Vec<ClaimedDelivery> = Vec::new();
        for wanted in wanted {
            let together = match wanted.lane {
                Lane::Prompt => PROMPT_TOGETHER,
                Lane::Doubtful => DOUBTFUL_TOGETHER,
            };
            let mut due = self.store.due_endpoints(now, wanted).await?.into_iter().peekable();
            let mut room = usize::try_from(wanted.endpoints).unwrap_or(usize::MAX);
            while room > 0 && due.peek().is_some() {
                let some: Vec<_> = due.by_ref().take(room.min(together)).collect();
                match self.store.claim_deliveries(claim, now, until, &some, wanted.each).await {
                    Ok(taken) => {
                        let served: HashSet<_> = taken.iter().map(|it| it.endpoint_id).collect();
                        room = room.saturating_sub(served.len());
                        claimed.extend(taken);
                    }
                    Err(error) if claimed.is_empty() => return Err(error.into()),
                    // What is taken already is sent.
                    Err(_) => return Ok(claimed),
                }
            }
        }
        Ok(claimed)
    }

    /// An endpoint with its secrets open. One that does not open is left empty: the attempt fails then, and says so.
    fn target(&self, endpoint: &WebhookEndpoint, now: Instant) -> WebhookTarget {
        let place = place(endpoint.id);
        let open = |sealed: &domain::Sealed| {
            let opened = self.keys.open(&place, &sealed.0).and_then(|bytes| String::from_utf8(bytes).ok());
            Secret::imported(opened.unwrap_or_default())
        };
        let auth = match &endpoint.auth {
            WebhookAuth::None => TargetAuth::None,
            WebhookAuth::Basic { username, password } => TargetAuth::Basic(username.clone(), open(password)),
            WebhookAuth::Bearer { token } => TargetAuth::Bearer(open(token)),
            WebhookAuth::Headers { headers } => TargetAuth::Headers(
                headers.iter().map(|header| (header.name.clone(), open(&header.value))).collect(),
            ),
            WebhookAuth::Certificate { certificate, private_key } => {
                TargetAuth::Certificate(certificate.clone(), open(private_key))
            }
        };
        WebhookTarget {
            endpoint_id: endpoint.id,
            url: endpoint.url.to_string(),
            host: endpoint.url.host_and_port(),
            shape: endpoint.shape,
            auth,
            secrets: endpoint.live_secrets(now).map(|secret| open(&secret.sealed)).collect(),
        }
    }

    /// Writes down what came of attempts: all in one transaction, or each in its own if that is refused.
    ///
    /// # Errors
    /// If the database is not available: report them again.
    pub async fn report_webhooks(&self, done: &[(Arc<WebhookJob>, Sent)]) -> Result<()> {
        let mut given_up = Vec::new();
        match self.report_together(done).await {
            Ok(some) => given_up = some,
            Err(error @ Error::Unavailable(_)) => return Err(error),
            // Something is wrong with one of them: the others must not wait for it.
            Err(_) => {
                for (job, sent) in done {
                    match self.report_together(&[(Arc::clone(job), sent.clone())]).await {
                        Ok(some) => given_up.extend(some),
                        Err(error) => {
                            let detail = error.internal_detail().unwrap_or_default();
                            tracing::error!(event = %job.event.id, %error, detail, "what came of a webhook is not written");
                        }
                    }
                }
            }
        }
        if let Err(error) = self.tell_of_given_up(&given_up).await {
            tracing::warn!(%error, "nobody was told that webhooks were given up");
        }
        if let Err(error) = self.note_health(done).await {
            tracing::warn!(%error, "how webhook endpoints are doing is not noted");
        }
        Ok(())
    }

    /// Answers what is not tried any more.
    async fn report_together(&self, done: &[(Arc<WebhookJob>, Sent)]) -> Result<Vec<Arc<WebhookJob>>> {
        let mut tx = self.begin(&Caller::system()).await?;
        let mut by_claim: BTreeMap<Uuid, Vec<AttemptReport>> = BTreeMap::new();
        let mut results = HashMap::new();
        for (job, sent) in done {
            let Some(delivery_id) = job.delivery_id else { continue };
            let result = self.result(job, sent);
            results.insert((job.claim, delivery_id), result);
            by_claim.entry(job.claim).or_default().push(AttemptReport {
                delivery_id,
                endpoint_id: job.target.endpoint_id,
                attempt: Some(sent.attempt(job.attempt)),
                result,
            });
        }
        let mut believed = HashSet::new();
        for (claim, reports) in by_claim {
            let some = tx.report_attempts(claim, &reports).await?;
            believed.extend(some.into_iter().map(|delivery| (claim, delivery)));
        }
        let mut given_up = Vec::new();
        for (job, sent) in done {
            let Some(delivery_id) = job.delivery_id else { continue };
            let key = (job.claim, delivery_id);
            let (true, Some(result)) = (believed.contains(&key), results.get(&key)) else { continue };
            // Of a receiver that is gone for good administrators are told by itself.
            if *result == DeliveryResult::Exhausted && sent.code != Some(410) {
                given_up.push(Arc::clone(job));
            }
            let Some(gateway_id) = job.event.gateway_id else { continue };
            let reported = Reported {
                event_id: job.event.id,
                event_type: job.event.kind.clone(),
                gateway_id,
                application_id: job.event.application_id,
                delivery_id,
                endpoint_id: job.target.endpoint_id,
                outcome: outcome(*result),
                code: sent.code,
                error: sent.error.clone(),
            };
            self.webhook_reported(&mut tx, &reported).await?;
        }
        self.commit(tx).await?;
        Ok(given_up)
    }

    fn result(&self, job: &WebhookJob, sent: &Sent) -> DeliveryResult {
        if sent.succeeded() {
            return DeliveryResult::Delivered;
        }
        let mut random = [0u8; 4];
        fill_random(&mut random);
        let wait = retry_after(job.attempt_of_round, u32::from_le_bytes(random), sent.retry_after);
        match wait {
            Some(wait) if sent.code != Some(410) => DeliveryResult::Retry(self.clock.now() + wait),
            _ => DeliveryResult::Exhausted,
        }
    }

    /// Gives back deliveries that were taken and not tried.
    ///
    /// # Errors
    /// If the database is not available: their lease ends by itself then.
    pub async fn release_webhooks(&self, jobs: &[WebhookJob]) -> Result<()> {
        let mut by_claim: BTreeMap<Uuid, Vec<WebhookDeliveryId>> = BTreeMap::new();
        for job in jobs {
            by_claim.entry(job.claim).or_default().extend(job.delivery_id);
        }
        for (claim, ids) in by_claim {
            self.store.release_deliveries(claim, &ids, self.clock.now()).await?;
        }
        Ok(())
    }

    /// A test call for an endpoint, enabled or not: to be sent at once by whoever asked for it.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn webhook_test(&self, caller: &Caller, id: WebhookEndpointId) -> Result<WebhookJob> {
        caller.must_administer(domain::Resource::Webhooks, domain::Access::Write)?;
        let endpoint: WebhookEndpoint =
            self.store.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        self.note_tested(caller, &endpoint).await?;
        let now = self.clock.now();
        let event = WebhookEvent {
            id: self.new_id(),
            kind: TEST_EVENT.to_owned(),
            occurred_at: now,
            application_id: None,
            gateway_id: endpoint.gateway_id,
            data: json!({ "endpoint_id": id, "message": "This is a test call." }),
        };
        let health = Health { lane: Lane::Prompt, failing_since: None, noticed_at: None, paused_until: None };
        Ok(WebhookJob {
            delivery_id: None,
            target: Arc::new(self.target(&endpoint, now)),
            event,
            health,
            leased_until: now + LEASE,
            attempt: 1,
            attempt_of_round: 1,
            claim: Uuid::nil(),
        })
    }
}

fn outcome(result: DeliveryResult) -> Outcome {
    match result {
        DeliveryResult::Delivered => Outcome::Delivered,
        DeliveryResult::Retry(at) => Outcome::Failed(at),
        DeliveryResult::Exhausted | DeliveryResult::Canceled => Outcome::GivenUp,
    }
}
