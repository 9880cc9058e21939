//! How requests get to identity providers.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use domain::Secret;

use crate::App;

/// A request to a provider.
#[derive(Clone, Debug)]
pub struct ProviderRequest {
    /// Where.
    pub url: String,
    /// The `Authorization` header.
    pub authorization: Option<Secret>,
    /// A form to be posted; none: it is a GET.
    pub form: Option<Secret>,
}

/// What a provider answers.
#[derive(Clone, Debug)]
pub struct ProviderReply {
    /// Status code.
    pub status: u16,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// A request under way: the answer, or a coarse word for why there is none.
pub type AskingProvider = Pin<Box<dyn Future<Output = Result<ProviderReply, String>> + Send>>;

/// How requests get to providers. It is put in by whoever puts the process together.
#[derive(Clone)]
pub struct ProviderDoor(Arc<dyn Fn(ProviderRequest) -> AskingProvider + Send + Sync>);

impl ProviderDoor {
    /// Through this function. What it returns must come to an end by itself.
    pub fn new(ask: impl Fn(ProviderRequest) -> AskingProvider + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    pub(super) fn ask(&self, request: ProviderRequest) -> AskingProvider {
        (self.0)(request)
    }
}

impl fmt::Debug for ProviderDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderDoor(…)")
    }
}

impl App {
    /// Lets requests out to identity providers. Until then every one fails. The first door stays.
    pub fn open_provider_door(&self, door: ProviderDoor) {
        let _ = self.elsewhere.door.set(door);
    }

    /// Sends a request.
    pub(super) async fn ask_provider(&self, request: ProviderRequest) -> Result<ProviderReply, String> {
        match self.elsewhere.door.get() {
            Some(door) => door.ask(request).await,
            None => Err("there is no way out to identity providers in this process".to_owned()),
        }
    }
}
