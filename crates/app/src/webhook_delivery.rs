//! Deliveries of webhooks: seen, sent again, given up.

use domain::{
    Access, DeliveryAttempt, DeliveryState, Event, Instant, Resource, WebhookDelivery, WebhookDeliveryId,
    WebhookEndpoint, WebhookEndpointId, WebhookEvent,
};
use serde_json::json;

use crate::{App, Caller, Error, Page, PageRequest, Result, WebhookDeliveryFilter};

const THIS: Resource = Resource::Webhooks;

/// How many events one replay tells an endpoint of that it was never told of before.
const MISSED: u64 = 10_000;

#[macros::boxed]
impl App {
    /// Deliveries: all of them for administrators; for technical users those to their gateway.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn webhook_deliveries(
        &self,
        caller: &Caller,
        filter: &WebhookDeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<WebhookDelivery>> {
        if let Some(own) = caller.provider() {
            let filter = WebhookDeliveryFilter { gateway_id: Some(own), ..filter.clone() };
            return Ok(self.store.read().webhook_deliveries(&filter, page).await?);
        }
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().webhook_deliveries(filter, page).await?)
    }

    /// One delivery with its event and its attempts, the newest first: for administrators, and for technical users of the
    /// gateway that it goes to.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn webhook_delivery(
        &self,
        caller: &Caller,
        id: WebhookDeliveryId,
    ) -> Result<(WebhookDelivery, Option<WebhookEvent>, Vec<DeliveryAttempt>)> {
        let read = self.store.read();
        let unknown = Error::NotFound(WebhookDeliveryId::KIND);
        if caller.provider().is_none() {
            caller.must_administer(THIS, Access::Read)?;
        }
        let Some(delivery) = read.webhook_delivery(id).await? else { return Err(unknown) };
        if caller.provider().is_some() {
            let endpoint: Option<WebhookEndpoint> = read.find(delivery.endpoint_id).await?;
            if endpoint.is_none_or(|it| it.gateway_id != caller.provider()) {
                return Err(unknown);
            }
        }
        let event = read.webhook_event(delivery.event_id).await?;
        let attempts = read.delivery_attempts(id).await?;
        Ok((delivery, event, attempts))
    }

    /// Sends something again, whatever came of it; what is pending is tried now. Its schedule begins anew.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or its endpoint is disabled.
    pub async fn replay_webhook_delivery(
        &self,
        caller: &Caller,
        id: WebhookDeliveryId,
    ) -> Result<WebhookDelivery> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let delivery =
            tx.read().webhook_delivery(id).await?.ok_or(Error::NotFound(WebhookDeliveryId::KIND))?;
        let endpoint: WebhookEndpoint =
            tx.read().find(delivery.endpoint_id).await?.ok_or(Error::NotFound(WebhookDeliveryId::KIND))?;
        must_be_enabled(&endpoint)?;
        tx.requeue_delivery(id).await?;
        let details = json!({ "delivery_id": id, "event_id": delivery.event_id });
        tx.note(Event { action: "webhook_endpoint.delivery_replayed", details }, &endpoint);
        let after = tx.read().webhook_delivery(id).await?.unwrap_or(delivery);
        self.commit(tx).await?;
        Ok(after)
    }

    /// Sends an endpoint again what happened since a moment and was not delivered, or all of it; and what it was never
    /// told of. Says how much there is.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or it is disabled.
    pub async fn replay_webhooks_since(
        &self,
        caller: &Caller,
        id: WebhookEndpointId,
        since: Instant,
        delivered_too: bool,
    ) -> Result<u64> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let endpoint: WebhookEndpoint =
            tx.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        must_be_enabled(&endpoint)?;
        let mut count = tx.requeue_since(id, since, delivered_too).await?;
        for (event, position) in tx.read().events_missed_by(id, since, MISSED).await? {
            if endpoint.wants(&event) {
                tx.emit_again(event, &endpoint, position);
                count += 1;
            }
        }
        let details = json!({ "since": since, "delivered_too": delivered_too, "deliveries": count });
        tx.note(Event { action: "webhook_endpoint.replayed", details }, &endpoint);
        self.commit(tx).await?;
        Ok(count)
    }

    /// Gives up something that is pending.
    ///
    /// # Errors
    /// If the caller may not, it does not exist, or it is over already.
    pub async fn cancel_webhook_delivery(
        &self,
        caller: &Caller,
        id: WebhookDeliveryId,
    ) -> Result<WebhookDelivery> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let delivery =
            tx.read().webhook_delivery(id).await?.ok_or(Error::NotFound(WebhookDeliveryId::KIND))?;
        if delivery.state != DeliveryState::Pending || tx.cancel_delivery(id).await? == 0 {
            return Err(Error::conflict(
                "not_pending",
                "this delivery is over; only pending ones are canceled",
            ));
        }
        let endpoint: WebhookEndpoint =
            tx.read().find(delivery.endpoint_id).await?.ok_or(Error::NotFound(WebhookDeliveryId::KIND))?;
        let details = json!({ "delivery_id": id, "event_id": delivery.event_id });
        tx.note(Event { action: "webhook_endpoint.delivery_canceled", details }, &endpoint);
        let after = tx.read().webhook_delivery(id).await?.unwrap_or(delivery);
        self.commit(tx).await?;
        Ok(after)
    }
}

fn must_be_enabled(endpoint: &WebhookEndpoint) -> Result<()> {
    match endpoint.disabled {
        Some(_) => Err(Error::conflict("endpoint_disabled", "its endpoint is disabled; enable it first")),
        None => Ok(()),
    }
}
