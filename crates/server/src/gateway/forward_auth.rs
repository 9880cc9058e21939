//! `/gateway/forward-auth`: may this call pass?

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::Instant;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use verify::{Decision, Original, Reason};

use super::headers::{CallHeaders, GATEWAY_SECRET};
use super::{Gateway, answer, original};

/// `/gateway/forward-auth`, with any method: some gateways keep the caller's. Neither the query of this address (some
/// gateways append the caller's) nor the body says anything.
pub(super) async fn forward_auth(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let now = gateway.app.clock().now();
    let request_id = gateway.request_ids.next(now);
    // Nothing that a panic could leave half done is used again: deciding changes counters only.
    let answered = catch_unwind(AssertUnwindSafe(|| gateway.answer(&request, request_id, now)));
    answered.unwrap_or_else(|_| {
        gateway.app.calls().count_refused(Reason::Internal);
        tracing::error!(%request_id, "the gateway check panicked, and the call was refused");
        answer::broken(request_id)
    })
}

impl Gateway {
    fn answer(&self, request: &Request, request_id: Uuid, now: Instant) -> Response {
        match self.decide(request, now) {
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
        }
    }

    fn decide(&self, request: &Request, now: Instant) -> Decision {
        match self.original(request) {
            Ok(original) => {
                let headers = &CallHeaders(request.headers());
                self.app.verifier().decide(&verify::Request { original, headers }, now)
            }
            Err(reason) => reason.into(),
        }
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
