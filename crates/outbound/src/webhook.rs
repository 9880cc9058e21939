//! One attempt to deliver a webhook: the body in the shape that the endpoint wants, signed, sent, and what came of it.

mod body;
mod identities;
mod webmethods;

use std::sync::Arc;
use std::time::Instant as Watch;

use app::{Clock, Sent, TargetAuth, WebhookJob, WebhookTarget};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{AddressRules, Instant, webhook_signature};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::guarded::{Failure, GuardedAnswer, GuardedClient};
use identities::Identities;

/// How much of an answer's body is handed on.
const BODY_SHOWN: usize = 1_024;

/// Sends webhooks.
pub struct WebhookSender {
    /// Nothing, if TLS cannot be set up on this machine: every attempt fails then, and says so.
    client: Option<Arc<GuardedClient>>,
    identities: Identities,
}

impl WebhookSender {
    /// A sender under these rules.
    pub fn new(rules: AddressRules) -> Self {
        match GuardedClient::new(rules, Vec::new()) {
            Ok(client) => Self::over(client),
            Err(error) => {
                tracing::error!(%error, "no webhook can be sent: TLS cannot be set up; are there CA certificates?");
                Self { client: None, identities: Identities::default() }
            }
        }
    }

    /// A sender over a client of one's own.
    pub fn over(client: GuardedClient) -> Self {
        Self { client: Some(Arc::new(client)), identities: Identities::default() }
    }

    /// Makes one attempt. Never fails: what went wrong is part of what came of it.
    pub async fn send(&self, job: &WebhookJob, clock: &Clock) -> Sent {
        let (at, watch) = (clock.now(), Watch::now());
        let ready = prepare(job, at).and_then(|ready| Ok((ready, self.client_for(&job.target)?)));
        let answer = match ready {
            Ok(((headers, body), client)) => client.post(&job.target.url, headers, body).await,
            Err(why) => return Sent { error: Some(why.to_owned()), ..blank(at, watch) },
        };
        let mut sent = blank(at, watch);
        match answer {
            Ok(answer) => fill(&mut sent, answer),
            Err(failure) => {
                sent.slow = failure == Failure::Timeout;
                sent.error = Some(failure.to_string());
            }
        }
        sent
    }

    /// The client that shows the target's certificate, if it has one.
    fn client_for(&self, target: &WebhookTarget) -> Result<Arc<GuardedClient>, &'static str> {
        let client = self.client.as_ref().ok_or("tls")?;
        match &target.auth {
            TargetAuth::Certificate(certificate, key) => {
                self.identities.client_for(client, target.endpoint_id, certificate, key)
            }
            TargetAuth::None | TargetAuth::Basic(..) | TargetAuth::Bearer(_) | TargetAuth::Headers(_) => {
                Ok(Arc::clone(client))
            }
        }
    }
}

fn blank(at: Instant, watch: Watch) -> Sent {
    Sent {
        at,
        took: watch.elapsed(),
        code: None,
        error: None,
        body: String::new(),
        retry_after: None,
        slow: false,
    }
}

fn fill(sent: &mut Sent, answer: GuardedAnswer) {
    let shown = &answer.body[..answer.body.len().min(BODY_SHOWN)];
    sent.body = String::from_utf8_lossy(shown).into_owned();
    sent.code = Some(answer.status);
    sent.retry_after = answer.retry_after;
    if !(200..300).contains(&answer.status) {
        sent.error = Some(format!("http_{}", answer.status));
    }
}

/// Header fields and body of an attempt, or why there are none.
fn prepare(job: &WebhookJob, at: Instant) -> Result<(HeaderMap, Vec<u8>), &'static str> {
    let target = &*job.target;
    let body = body::body(&job.event, target.shape).ok_or("no_body_in_this_shape")?;
    let id = job.event.id.to_string();
    let mut headers = auth(target)?;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::from_str(&id).map_err(|_| "unsendable")?);
    headers.insert("webhook-timestamp", HeaderValue::from(at.unix_seconds()));
    let signatures: Option<Vec<String>> = target
        .secrets
        .iter()
        .map(|secret| webhook_signature::sign(secret.expose(), &id, at, &body))
        .collect();
    // A secret that does not open, or none at all: nothing unsigned goes out.
    let signatures = signatures.filter(|all| !all.is_empty()).ok_or("no_signing_secret")?.join(" ");
    headers.insert("webhook-signature", HeaderValue::from_str(&signatures).map_err(|_| "unsendable")?);
    Ok((headers, body))
}

fn auth(target: &WebhookTarget) -> Result<HeaderMap, &'static str> {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: String| {
        let mut value = HeaderValue::try_from(value).map_err(|_| "unsendable")?;
        value.set_sensitive(true);
        headers.insert(name, value);
        Ok::<_, &'static str>(())
    };
    let known = |secret: &domain::Secret| {
        if secret.expose().is_empty() {
            Err("secret_cannot_be_opened")
        } else {
            Ok(secret.expose().to_owned())
        }
    };
    match &target.auth {
        TargetAuth::None => {}
        TargetAuth::Basic(username, password) => {
            let pair = format!("{username}:{}", known(password)?);
            put(AUTHORIZATION, format!("Basic {}", STANDARD.encode(pair)))?;
        }
        TargetAuth::Bearer(token) => put(AUTHORIZATION, format!("Bearer {}", known(token)?))?,
        TargetAuth::Headers(all) => {
            for (name, value) in all {
                let name = HeaderName::try_from(name.as_str()).map_err(|_| "unsendable")?;
                put(name, known(value)?)?;
            }
        }
        // It is shown in the handshake.
        TargetAuth::Certificate(..) => {}
    }
    Ok(headers)
}
