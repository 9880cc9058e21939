//! Signing in elsewhere: at an identity provider, by OpenID Connect. Somebody departs in a browser, is asked there who
//! they are, and arrives again with a code, which we redeem. Who they are here is decided in `whom`.
//!
//! What is sent and checked is in the crate `oauth`; how it gets there is the business of whoever puts the process
//! together ([`ProviderDoor`]): nothing in here talks to a network. Why so: docs/adr/0053-who-is-linked.md.

mod arrive;
mod depart;
mod door;
mod known;
mod whom;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use domain::IdentityProviderId;

pub use arrive::{Arrived, NotArrived};
pub(crate) use depart::place as sign_in_place;
pub use depart::{Departure, Errand, WayIn, callback_path};
pub use door::{AskingProvider, ProviderDoor, ProviderReply, ProviderRequest};

/// What this node knows of providers, and the way to them.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    door: OnceLock<ProviderDoor>,
    slots: Mutex<HashMap<IdentityProviderId, Arc<tokio::sync::Mutex<known::Slot>>>>,
}

impl Elsewhere {
    /// The place for what is known of a provider. Who holds it asks the provider, and others wait for the answer.
    fn slot(&self, id: IdentityProviderId) -> Arc<tokio::sync::Mutex<known::Slot>> {
        // A poisoned lock belongs to a thread that died looking: the map is still good.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(id).or_default())
    }

    /// Forgets a provider that is gone.
    pub(crate) fn forget(&self, id: IdentityProviderId) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}
