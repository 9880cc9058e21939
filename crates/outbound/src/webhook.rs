//! One attempt to deliver a webhook: the body in the shape that the endpoint wants, signed, sent, and what came of it.

mod body;
mod webmethods;

use std::time::Instant as Watch;

use app::{Clock, Sent, TargetAuth, WebhookJob, WebhookTarget};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{AddressRules, Instant, webhook_signature};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use rustls::pki_types::CertificateDer;

use crate::guarded::{Failure, GuardedAnswer, GuardedClient};

/// How much of an answer's body is handed on.
const BODY_SHOWN: usize = 1_024;

/// Sends webhooks. Cheap to share.
pub struct WebhookSender {
    client: GuardedClient,
}

impl WebhookSender {
    /// A sender under these rules.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(rules: AddressRules) -> Result<Self, rustls::Error> {
        Self::trusting(rules, Vec::new())
    }

    /// As [`WebhookSender::new`]; trusts these certificates beside those that this machine trusts.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn trusting(rules: AddressRules, roots: Vec<CertificateDer<'static>>) -> Result<Self, rustls::Error> {
        Ok(Self { client: GuardedClient::new(rules, roots)? })
    }

    /// A sender over a client that is there.
    pub fn over(client: GuardedClient) -> Self {
        Self { client }
    }

    /// Makes one attempt. Never fails: what went wrong is part of what came of it.
    pub async fn send(&self, job: &WebhookJob, clock: &Clock) -> Sent {
        let (at, watch) = (clock.now(), Watch::now());
        let answer = match prepare(job, at) {
            Ok((headers, body)) => self.client.post(&job.target.url, headers, body).await.map_err(Some),
            Err(why) => {
                return Sent { error: Some(why.to_owned()), ..blank(at, watch) };
            }
        };
        let mut sent = blank(at, watch);
        match answer {
            Ok(answer) => fill(&mut sent, answer),
            Err(failure) => {
                sent.slow = failure == Some(Failure::Timeout);
                sent.error = failure.map(|failure| failure.to_string());
            }
        }
        sent
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
    }
    Ok(headers)
}
