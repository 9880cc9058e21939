//! Webhook endpoints: only administrators have to do with them.

use std::time::Duration;

use domain::{
    Access, DisabledBecause, Event, Invalid, Resource, Sealed, Secret, Transition, WebhookAuthDraft,
    WebhookEndpoint, WebhookEndpointDraft, WebhookEndpointId, client_identity, webhook_signature,
};
use serde_json::json;
use store::{Health, WebhookDeliveryFilter};

use crate::keys::fill_random;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result, WebhookEndpointFilter, expect_version};

const THIS: Resource = Resource::Webhooks;

/// An endpoint and how it has been doing.
#[derive(Clone, Debug)]
pub struct ShownEndpoint {
    /// It.
    pub endpoint: WebhookEndpoint,
    /// How it has been doing.
    pub health: Option<Health>,
}

/// What the sealed values of an endpoint are bound to.
pub(crate) fn place(id: WebhookEndpointId) -> String {
    format!("webhook_endpoints.{id}")
}

#[macros::boxed]
impl App {
    /// All endpoints.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn webhook_endpoints(
        &self,
        caller: &Caller,
        filter: &WebhookEndpointFilter,
        page: PageRequest,
    ) -> Result<Page<WebhookEndpoint>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().webhook_endpoints(filter, page).await?)
    }

    /// One endpoint.
    ///
    /// # Errors
    /// If the caller may not, or it does not exist.
    pub async fn webhook_endpoint(&self, caller: &Caller, id: WebhookEndpointId) -> Result<ShownEndpoint> {
        caller.must_administer(THIS, Access::Read)?;
        let endpoint = self.store.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        Ok(ShownEndpoint { endpoint, health: self.store.read().webhook_health(id).await? })
    }

    /// Makes an endpoint. The answer holds its signing secret, which is never shown again; one may be brought along.
    ///
    /// # Errors
    /// If the caller may not, or a field is wrong.
    pub async fn create_webhook_endpoint(
        &self,
        caller: &Caller,
        draft: WebhookEndpointDraft,
        secret: Option<String>,
    ) -> Result<Created<WebhookEndpoint>> {
        caller.must_administer(THIS, Access::Write)?;
        let id: WebhookEndpointId = self.new_id();
        let secret = signing_secret(secret)?;
        check_pair(draft.auth.as_ref())?;
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, Some(&secret)).await? {
            return Ok(done);
        }
        let seal = self.sealer(id);
        let sealed = seal(secret.expose());
        let change = WebhookEndpoint::create(id, draft, sealed, &self.settings.outbound, &seal, tx.now())?;
        Ok(Created::with_secret(self.save(tx, change).await?, secret))
    }

    /// Changes an endpoint.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or it is not at the expected version.
    pub async fn update_webhook_endpoint(
        &self,
        caller: &Caller,
        id: WebhookEndpointId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut WebhookEndpointDraft) + Send,
    ) -> Result<WebhookEndpoint> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let endpoint: WebhookEndpoint =
            tx.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        expect_version(&endpoint, expected)?;
        let mut draft = endpoint.draft();
        edit(&mut draft);
        check_pair(draft.auth.as_ref())?;
        let change = endpoint.update(draft, &self.settings.outbound, &self.sealer(id), tx.now())?;
        self.save(tx, change).await
    }

    /// Signs with a new secret from now on, and for `overlap` with the present ones as well.
    ///
    /// # Errors
    /// If the caller may not, the secret is no secret, or too many old ones still count.
    pub async fn rotate_webhook_secret(
        &self,
        caller: &Caller,
        id: WebhookEndpointId,
        secret: Option<String>,
        overlap: Duration,
    ) -> Result<Created<WebhookEndpoint>> {
        caller.must_administer(THIS, Access::Write)?;
        let secret = signing_secret(secret)?;
        let tx = self.begin(caller).await?;
        let endpoint: WebhookEndpoint =
            tx.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        if let Some(done) = self.replay(&tx, caller, id, Some(&secret)).await? {
            return Ok(done);
        }
        let sealed = self.sealer(id)(secret.expose());
        let change = endpoint.rotate_secret(sealed, overlap, tx.now())?;
        Ok(Created::with_secret(self.save(tx, change).await?, secret))
    }

    /// Switches an endpoint off or on. What was still to be delivered to it is canceled when it is switched off; after
    /// it was switched on again it can be replayed.
    ///
    /// # Errors
    /// If the caller may not, or it is so already.
    pub async fn set_webhook_endpoint_enabled(
        &self,
        caller: &Caller,
        id: WebhookEndpointId,
        enabled: bool,
    ) -> Result<WebhookEndpoint> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let endpoint: WebhookEndpoint =
            tx.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        let change = if enabled {
            endpoint.enable(tx.now())?
        } else {
            let its = WebhookDeliveryFilter { endpoint_id: Some(id), ..WebhookDeliveryFilter::default() };
            let change = endpoint.disable(DisabledBecause::SwitchedOff, tx.now())?;
            tx.cancel_deliveries(&its).await?;
            change
        };
        let saved = self.save(tx, change).await?;
        if enabled {
            self.store.endpoint_begins_anew(id).await?;
        }
        Ok(saved)
    }

    /// Removes an endpoint and the history of its deliveries.
    ///
    /// # Errors
    /// If the caller may not, or it is not at the expected version.
    pub async fn delete_webhook_endpoint(
        &self,
        caller: &Caller,
        id: WebhookEndpointId,
        expected: Option<i64>,
    ) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let endpoint: WebhookEndpoint =
            tx.read().find(id).await?.ok_or(Error::NotFound(WebhookEndpointId::KIND))?;
        expect_version(&endpoint, expected)?;
        tx.save(Transition::delete(endpoint, "webhook_endpoint.deleted")).await?;
        self.commit(tx).await
    }

    /// Notes that somebody tried an endpoint out.
    pub(crate) async fn note_tested(&self, caller: &Caller, endpoint: &WebhookEndpoint) -> Result<()> {
        let mut tx = self.begin(caller).await?;
        tx.note(Event { action: "webhook_endpoint.tested", details: json!({}) }, endpoint);
        self.commit(tx).await
    }

    fn sealer(&self, id: WebhookEndpointId) -> impl Fn(&str) -> Sealed {
        let place = place(id);
        move |value| Sealed(self.keys.seal(&place, value.as_bytes()))
    }
}

/// A private key that is another certificate's would fail at every attempt.
fn check_pair(auth: Option<&WebhookAuthDraft>) -> Result<(), Invalid> {
    let Some(WebhookAuthDraft::Certificate { certificate, private_key }) = auth else { return Ok(()) };
    let public = client_identity::public_key(certificate);
    let private = client_identity::private_key_der(private_key);
    // What cannot be read is told of with everything else that is wrong.
    let (Some(public), Some(private)) = (public, private) else { return Ok(()) };
    let message = "must be the private key of the certificate: RSA, P-256, P-384, P-521 or Ed25519";
    if oauth::jose::is_pair(&private, &public) {
        Ok(())
    } else {
        Err(Invalid::field("auth.private_key", "mismatch", message))
    }
}

/// A new signing secret, or the one that somebody brings along.
fn signing_secret(given: Option<String>) -> Result<Secret> {
    if let Some(given) = given {
        webhook_signature::check(&given).map_err(|wrong| wrong.within("secret"))?;
        return Ok(Secret::imported(given));
    }
    let mut random = [0u8; 32];
    fill_random(&mut random);
    Ok(webhook_signature::mint(random))
}
