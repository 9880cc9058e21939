//! What comes of an attempt, told to those who wait for it.

use domain::{
    ApplicationId, GatewayId, Instant, RequestCommand, WebhookDeliveryId, WebhookEndpoint, WebhookEndpointId,
    WebhookEventId,
};
use store::Tx;

use crate::{App, Result};

/// What came of an attempt to deliver an event that is meant for a gateway.
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub(crate) struct Reported {
    pub(crate) event_id: WebhookEventId,
    pub(crate) event_type: String,
    pub(crate) gateway_id: GatewayId,
    pub(crate) application_id: Option<ApplicationId>,
    pub(crate) delivery_id: WebhookDeliveryId,
    pub(crate) endpoint_id: WebhookEndpointId,
    pub(crate) outcome: Outcome,
    /// What the receiver answered.
    pub(crate) code: Option<u16>,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

/// In a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)]
pub(crate) enum Outcome {
    /// The receiver took it.
    Delivered,
    /// It failed, and is tried again at this time.
    Failed(Instant),
    /// It failed, and is not tried again.
    GivenUp,
}

impl App {
    /// Called in the transaction that writes the attempt down, once for each attempt that counts. An error undoes that
    /// transaction, and the attempt is reported again by itself.
    pub(crate) async fn webhook_reported(&self, tx: &mut Tx, reported: &Reported) -> Result<()> {
        let event = reported.event_id.0;
        // Whoever else is told of a gateway's events is not the gateway.
        let endpoint: Option<WebhookEndpoint> = tx.read().find(reported.endpoint_id).await?;
        let is_its_own = endpoint.is_none_or(|it| it.gateway_id == Some(reported.gateway_id));
        let Some(request) = tx.read().request_of_event(event).await? else { return Ok(()) };
        let Some(state) = request.state_of_event(event).filter(|_| is_its_own) else { return Ok(()) };
        let code = reported.code;
        let reason = || reported.error.clone().unwrap_or_else(|| "the gateway refused it".to_owned());
        let command = match reported.outcome {
            Outcome::Delivered => RequestCommand::Delivered { code },
            Outcome::Failed(_) | Outcome::GivenUp => RequestCommand::Undelivered { code, reason: reason() },
        };
        match request.apply(state.id, command, self.new_id(), tx.now()) {
            Ok(change) => drop(tx.save(change).await?),
            // The gateway has answered already, or nobody waits any more.
            Err(domain::Error::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
