//! The clients that show a certificate, one for each endpoint that wants one: a handshake is made once and its connection
//! kept, as for all others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::secret::sha256;
use domain::{Secret, WebhookEndpointId};

use crate::guarded::{GuardedClient, Identity};

/// So many are kept. More are not forbidden: then all are made anew.
const KEPT: usize = 1_000;

/// A client, and what it was made of.
type Made = ([u8; 32], Arc<GuardedClient>);

#[derive(Default)]
pub(super) struct Identities {
    clients: Mutex<HashMap<WebhookEndpointId, Made>>,
}

impl Identities {
    /// The client of an endpoint with this certificate and key.
    pub(super) fn client_for(
        &self,
        blank: &GuardedClient,
        endpoint: WebhookEndpointId,
        certificate: &str,
        key: &Secret,
    ) -> Result<Arc<GuardedClient>, &'static str> {
        if key.expose().is_empty() {
            return Err("secret_cannot_be_opened");
        }
        let made_of = sha256([certificate, key.expose()].join("\0").as_bytes());
        let mut clients = self.clients.lock().map_err(|_| "client_certificate")?;
        if let Some((known, client)) = clients.get(&endpoint)
            && *known == made_of
        {
            return Ok(Arc::clone(client));
        }
        let identity = Identity::read(certificate, key.expose()).ok_or("client_certificate")?;
        let client = Arc::new(blank.showing(identity).map_err(|_| "client_certificate")?);
        if clients.len() >= KEPT {
            clients.clear();
        }
        clients.insert(endpoint, (made_of, Arc::clone(&client)));
        Ok(client)
    }
}
