//! `/gateway/forward-auth`: may this call pass?

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::Instant;
use edge::extract::forwarded_address;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use verify::{Decision, Evidence, Original, Reason};

use super::headers::{CallHeaders, GATEWAY_SECRET};
use super::{Gateway, answer, original};

/// `/gateway/forward-auth`, with any method: some gateways keep the caller's. Neither the query of this address (some
/// gateways append the caller's) nor the body says anything.
pub(super) async fn forward_auth(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let now = gateway.app.clock().now();
    let request_id = gateway.request_ids.next(now);
    let from = forwarded_address(request.headers(), &gateway.options.trusted_proxies);
    let memory = gateway.app.in_memory(now);
    let mut decision = gateway.decide(&request, from, &memory, now);
    // One question leads to an answer; a second one if settings changed meanwhile.
    for _ in 0..QUESTIONS {
        let Decision::Undecided(question) = decision else { break };
        let found = gateway.app.find_out(question, from, now).await;
        decision = gateway.decide(&request, from, &found, now);
    }
    if let Decision::Refused(refusal) = &decision {
        gateway.keep(refusal, request.headers(), request_id, from, now);
    }
    let answered = catch_unwind(AssertUnwindSafe(|| gateway.answer(decision, request_id)));
    answered.unwrap_or_else(|_| {
        gateway.app.calls().count_refused(Reason::Internal);
        tracing::error!(%request_id, "the gateway check panicked, and the call was refused");
        answer::broken(request_id)
    })
}

/// At most so many things are found out for one call.
const QUESTIONS: usize = 3;

impl Gateway {
    fn answer(&self, decision: Decision, request_id: Uuid) -> Response {
        match decision {
            Decision::Allowed(verified) => {
                self.app.calls().count_allowed();
                tracing::debug!(%request_id, application_id = ?verified.application_id(), "a call may pass");
                answer::pass(&verified, request_id)
            }
            Decision::Refused(refusal) => {
                self.app.calls().count_refused(refusal.reason);
                tracing::debug!(%request_id, reason = refusal.reason.code(), "a call was refused");
                answer::refuse(&refusal, request_id)
            }
            Decision::Undecided(_) => {
                self.app.calls().count_refused(Reason::Internal);
                tracing::error!(%request_id, "the gateway check came to no end, and the call was refused");
                answer::broken(request_id)
            }
        }
    }

    /// Decides. Nothing that a panic could leave half done is used again: deciding changes counters only.
    fn decide(
        &self,
        request: &Request,
        address: Option<IpAddr>,
        evidence: &impl Evidence,
        now: Instant,
    ) -> Decision {
        let decide = || match self.original(request) {
            Ok(original) => {
                let headers = &CallHeaders(request.headers());
                let request = verify::Request { original, headers, address };
                self.app.verifier().decide(&request, evidence, now)
            }
            Err(reason) => reason.into(),
        };
        catch_unwind(AssertUnwindSafe(decide)).unwrap_or_else(|_| {
            tracing::error!("the gateway check panicked, and the call was refused");
            Reason::Internal.into()
        })
    }

    /// The call that is asked about, if the one who asks is believed.
    fn original<'a>(&self, request: &'a Request) -> Result<Original<'a>, Reason> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        if !peer.is_some_and(|ConnectInfo(peer)| self.options.allows(peer.ip())) {
            return Err(Reason::PeerUnknown);
        }
        if let Some(secret) = &self.options.shared_secret
            && !sends(request.headers(), secret)
        {
            return Err(Reason::GatewaySecretWrong);
        }
        let said = original::read(request.headers(), self.options.adapter)?;
        Original::parse(said).map_err(Reason::BadRequest)
    }
}

/// Whether the shared secret is sent, once. An empty secret proves nothing.
fn sends(headers: &HeaderMap, secret: &str) -> bool {
    let mut sent = headers.get_all(GATEWAY_SECRET).iter();
    match (sent.next(), sent.next()) {
        (Some(sent), None) => !secret.is_empty() && bool::from(sent.as_bytes().ct_eq(secret.as_bytes())),
        _ => false,
    }
}
