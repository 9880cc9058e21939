//! What comes of an attempt, told to those who wait for it.

use domain::{ApplicationId, GatewayId, Instant, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};
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
    #[allow(clippy::unused_async)]
    pub(crate) async fn webhook_reported(&self, _tx: &mut Tx, _reported: &Reported) -> Result<()> {
        Ok(())
    }
}
