//! Endpoints that fail: administrators are told after a day, after five they are switched off.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{DisabledBecause, Instant, WebhookEndpoint, WebhookEndpointId};
use store::{Health, HealthNote, HealthOutcome, Lane, Tx, WebhookDeliveryFilter};

use crate::webhook_work::{Sent, WebhookJob};
use crate::{App, Caller, Result};

/// After this time without a success administrators are told.
const NOTICE: Duration = Duration::from_secs(24 * 3_600);
/// After this time without a success an endpoint is switched off.
const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 3_600);

/// What some attempts say about an endpoint.
#[derive(Default)]
struct Seen {
    worked: bool,
    gone: bool,
    slow: bool,
    paused_until: Option<Instant>,
    at: Option<Instant>,
    was_fine: bool,
    /// Since when it was known to fail.
    known: Option<Instant>,
    /// Whether it stood among the doubtful.
    was_doubtful: bool,
}

impl Seen {
    /// Whether a failure says nothing that is not written already: those that hang do so again and again.
    fn is_old_news(&self, now: Instant) -> bool {
        let is_young = self.known.is_some_and(|since| now.since(since) < NOTICE);
        is_young && self.paused_until.is_none() && (self.was_doubtful || !self.slow)
    }
}

impl App {
    /// Notes how endpoints have been doing. One success outweighs the failures beside it.
    pub(crate) async fn note_health(&self, done: &[(Arc<WebhookJob>, Sent)]) -> Result<()> {
        let mut endpoints: BTreeMap<WebhookEndpointId, Seen> = BTreeMap::new();
        for (job, sent) in done {
            let seen = endpoints.entry(job.target.endpoint_id).or_default();
            seen.worked |= sent.succeeded();
            seen.gone |= sent.code == Some(410);
            seen.slow |= sent.slow;
            seen.at = seen.at.max(Some(sent.at));
            seen.was_fine = job.health.lane == Lane::Prompt && job.health.failing_since.is_none();
            seen.known = job.health.failing_since;
            seen.was_doubtful = job.health.lane == Lane::Doubtful;
            let paused = sent.asks_to_wait().map(|span| sent.at + sent.took + span);
            seen.paused_until = seen.paused_until.max(paused);
        }
        let (mut notes, now) = (Vec::new(), self.clock.now());
        for (endpoint, seen) in endpoints {
            if seen.gone {
                self.disable_endpoint(endpoint, DisabledBecause::Gone).await?;
            } else if seen.worked && !seen.was_fine {
                notes.push(HealthNote { endpoint, outcome: HealthOutcome::Works });
            } else if let (false, false, Some(at)) = (seen.worked, seen.is_old_news(now), seen.at) {
                let (slowly, paused_until) = (seen.slow, seen.paused_until);
                let outcome = HealthOutcome::Failed { at, slowly, paused_until };
                notes.push(HealthNote { endpoint, outcome });
            }
        }
        for (endpoint, health) in self.store.note_health(&notes).await? {
            self.judge(endpoint, health).await?;
        }
        Ok(())
    }

    async fn judge(&self, endpoint: WebhookEndpointId, health: Health) -> Result<()> {
        let now = self.clock.now();
        let Some(since) = health.failing_since else { return Ok(()) };
        let failing = now.since(since);
        if failing >= GIVE_UP {
            self.disable_endpoint(endpoint, DisabledBecause::Failing).await
        } else if failing >= NOTICE
            && health.noticed_at.is_none()
            && self.store.endpoint_noticed(endpoint, now).await?
        {
            self.tell_of_failing(endpoint, since).await
        } else {
            Ok(())
        }
    }

    async fn tell_of_failing(&self, id: WebhookEndpointId, since: Instant) -> Result<()> {
        let tx = self.begin(&Caller::system()).await?;
        let Some(endpoint) = tx.read().find::<WebhookEndpoint>(id).await? else { return Ok(()) };
        let text = format!(
            "Nothing could be delivered to this webhook endpoint since {since}:\n\n{url}\n\nIt is tried on, and \
             switched off after five days. What it missed can be replayed for 30 days.\n\nEndpoint: {id}\n",
            url = endpoint.url
        );
        self.tell_administrators(&tx, "A webhook endpoint fails", &text).await?;
        self.commit(tx).await
    }

    /// Switches an endpoint off, cancels what was still to be delivered to it, and tells administrators why.
    async fn disable_endpoint(&self, id: WebhookEndpointId, why: DisabledBecause) -> Result<()> {
        let mut tx = self.begin(&Caller::system()).await?;
        let Some(endpoint) = tx.read().find::<WebhookEndpoint>(id).await? else { return Ok(()) };
        // Somebody may have been faster.
        let Ok(change) = endpoint.disable(why, tx.now()) else { return Ok(()) };
        let its = WebhookDeliveryFilter { endpoint_id: Some(id), ..WebhookDeliveryFilter::default() };
        tx.cancel_deliveries(&its).await?;
        let endpoint = tx.save(change).await?;
        let reason = match why {
            DisabledBecause::Gone => "its receiver answered 410: it is gone for good",
            DisabledBecause::Failing => "nothing could be delivered to it for five days",
            DisabledBecause::SwitchedOff => "somebody switched it off",
        };
        let text = format!(
            "This webhook endpoint was switched off, because {reason}:\n\n{url}\n\nEnable it again and replay what it \
             missed, within 30 days.\n\nEndpoint: {id}\n",
            url = endpoint.url
        );
        self.tell_administrators(&tx, "A webhook endpoint was switched off", &text).await?;
        self.commit(tx).await
    }

    /// Tells of deliveries that are not tried any more: administrators once a day for each endpoint, and whoever waits for
    /// a gateway to be told.
    pub(crate) async fn tell_of_given_up(&self, jobs: &[Arc<WebhookJob>]) -> Result<()> {
        let mut endpoints: BTreeMap<WebhookEndpointId, Vec<&WebhookJob>> = BTreeMap::new();
        for job in jobs {
            endpoints.entry(job.target.endpoint_id).or_default().push(job);
        }
        for (id, jobs) in endpoints {
            let key = self.keys.marks().fingerprint("given-up-notice", &[id.0.as_bytes()]);
            let is_known = self.store.take_attempt(&key, self.clock.now(), |_| NOTICE).await?.is_some();
            let tx = self.begin(&Caller::system()).await?;
            if let (false, Some(first)) = (is_known, jobs.first()) {
                let text = format!(
                    "This was tried ten times in three days and is not tried any more:\n\n{count} event(s), such as {kind}\n\
                     to {url}\n\nReplay what was missed, within 30 days. Others that are given up today are not told of.\n\n\
                     Event: {event}\nEndpoint: {id}\n",
                    count = jobs.len(),
                    kind = first.event.kind,
                    url = first.target.url,
                    event = first.event.id,
                );
                self.tell_administrators(&tx, "A webhook was given up", &text).await?;
            }
            for job in jobs {
                if let Some(request) = tx.read().request_of_event(job.event.id.0).await? {
                    self.mail_outcome(&tx, &request, "could not be delivered to the gateway").await?;
                }
            }
            self.commit(tx).await?;
        }
        Ok(())
    }

    async fn tell_administrators(&self, tx: &Tx, subject: &str, text: &str) -> Result<()> {
        for administrator in tx.read().all_administrators().await? {
            self.post(tx, &administrator.email, subject, text.to_owned()).await?;
        }
        Ok(())
    }
}
