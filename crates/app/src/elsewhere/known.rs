//! What a provider says of itself, and its keys: asked once in a while, and when a key is new to us.

use std::sync::Arc;
use std::time::Duration;

use domain::{IdentityProvider, Instant, OutgoingUrl, TokenAuth};
use oauth::client_auth::Method;
use oauth::jose::{Jwks, KeySet};
use oauth::relying_party::Failure;
use oauth::relying_party::metadata::{Metadata, discovery_url};

use super::ProviderRequest;
use crate::{App, Error, Result};

/// For how long it is believed.
const FRESH: Duration = Duration::from_secs(10 * 60);
/// So long after it was asked it may be asked again for a key that is new to us: nobody makes us ask more often.
const AGAIN: Duration = Duration::from_secs(10);
/// So long after a provider did not answer, nobody waits for it.
const SILENT: Duration = Duration::from_secs(5);

/// What is known of a provider.
#[derive(Debug)]
pub(crate) struct Known {
    pub(super) metadata: Metadata,
    pub(crate) keys: KeySet,
    asked_at: Instant,
}

/// The place for it.
#[derive(Debug, Default)]
pub(super) struct Slot {
    known: Option<Arc<Known>>,
    silent_since: Option<Instant>,
}

/// Why a provider cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// It does not answer.
    #[error("{what} cannot be read: {why}")]
    Silent { what: &'static str, why: String },
    /// It sends people where nobody should go.
    #[error("the authorization endpoint is no address that people can be sent to: it {0}")]
    Astray(String),
    /// What it says will not do.
    #[error(transparent)]
    Wrong(#[from] Failure),
}

impl Trouble {
    /// Stable, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Silent { .. } => "unreachable",
            Self::Astray(_) => "authorization_endpoint",
            Self::Wrong(Failure::OtherIssuer) => "issuer",
            Self::Wrong(Failure::NoCodeFlow) => "code_flow",
            Self::Wrong(Failure::NoAlgorithm) => "algorithm",
            Self::Wrong(Failure::NoTokenAuth) => "token_auth",
            Self::Wrong(Failure::NoKeys) => "keys",
            Self::Wrong(_) => "document",
        }
    }
}

/// What somebody is told who wanted to sign in.
pub(super) const UNREACHABLE: Error = Error::Upstream("the identity provider cannot be asked");

impl Known {
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

/// Our word for it as the protocol has it.
pub(super) fn method(auth: TokenAuth) -> Method {
    match auth {
        TokenAuth::ClientSecretBasic => Method::ClientSecretBasic,
        TokenAuth::ClientSecretPost => Method::ClientSecretPost,
        TokenAuth::None => Method::None,
    }
}

impl App {
    /// What is known of a provider; it is asked if that is long ago.
    pub(super) async fn known(&self, provider: &IdentityProvider) -> Result<Arc<Known>> {
        self.known_since(provider, FRESH).await
    }

    /// The same, if there may be newer keys.
    pub(super) async fn known_anew(&self, provider: &IdentityProvider) -> Result<Arc<Known>> {
        self.known_since(provider, AGAIN).await
    }

    async fn known_since(&self, provider: &IdentityProvider, age: Duration) -> Result<Arc<Known>> {
        let slot = self.elsewhere.slot(provider.id);
        let mut slot = slot.lock().await;
        let now = self.clock.now();
        if let Some(known) = slot.known.as_ref().filter(|known| now.since(known.asked_at) < age) {
            return Ok(Arc::clone(known));
        }
        if slot.silent_since.is_some_and(|since| now.since(since) < SILENT) {
            return Err(UNREACHABLE);
        }
        match self.ask_about(provider).await {
            Ok(known) => {
                let known = Arc::new(known);
                *slot = Slot { known: Some(Arc::clone(&known)), silent_since: None };
                Ok(known)
            }
            Err(trouble) => {
                tracing::warn!(provider = %provider.id, %trouble, "nobody can sign in with an identity provider");
                slot.silent_since = Some(now);
                Err(UNREACHABLE)
            }
        }
    }

    /// Asks a provider what it says of itself, and for its keys.
    pub(crate) async fn ask_about(&self, provider: &IdentityProvider) -> Result<Known, Trouble> {
        let document = self.fetch("the discovery document", discovery_url(&provider.issuer)).await?;
        let metadata = Metadata::parse(&document, &provider.issuer, method(provider.token_auth))?;
        OutgoingUrl::parse(&metadata.authorization_endpoint, &self.settings.outbound)
            .map_err(|wrong| Trouble::Astray(wrong.to_string().trim().to_owned()))?;
        let keys = self.fetch("the document with its keys", metadata.jwks_uri.clone()).await?;
        let keys = Jwks::foreign(&keys).map_err(|_| Failure::NoKeys)?;
        Ok(Known { metadata, keys, asked_at: self.clock.now() })
    }

    async fn fetch(&self, what: &'static str, url: String) -> Result<Vec<u8>, Trouble> {
        let silent = |why| Trouble::Silent { what, why };
        let request = ProviderRequest { url, authorization: None, form: None };
        let reply = self.ask_provider(request).await.map_err(silent)?;
        if reply.status == 200 { Ok(reply.body) } else { Err(silent(format!("status {}", reply.status))) }
    }
}
