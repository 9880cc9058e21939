//! Somebody goes to an identity provider.

use std::time::Duration;

use domain::{Audience, IdentityProvider, IdentityProviderId, Instant, Secret};
use oauth::relying_party::request::Request;
use serde::{Deserialize, Serialize};
use store::SignInAttempt;

use crate::keys::fill_random;
use crate::{App, Error, Result};

/// How long somebody may take.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// A provider that people may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// The word for it in addresses.
    pub slug: String,
    /// What people know it as.
    pub name: String,
    /// Whether developers may.
    pub developers: bool,
    /// Whether administrators may.
    pub administrators: bool,
}

/// Why somebody goes there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// As what they want to sign in.
    pub audience: Audience,
    /// The path of ours that they come back to.
    pub callback: String,
    /// Where they want to be then.
    pub back: String,
    /// Whether they have to sign in anew there.
    pub fresh: bool,
}

/// Somebody who is about to go.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Where to.
    pub url: String,
    /// What the browser has to keep until they come back.
    pub browser: Secret,
}

/// What has to be known to finish it.
#[derive(Serialize, Deserialize)]
pub(super) struct Attempt {
    pub(super) errand: Errand,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) began_at: i64,
}

impl Attempt {
    pub(super) fn began_at(&self) -> Instant {
        Instant::from_micros(self.began_at)
    }
}

/// 256 random bits, as 64 digits.
fn random() -> String {
    let mut bytes = [0u8; 32];
    fill_random(&mut bytes);
    hex::encode(bytes)
}

/// What the content of an attempt is bound to.
pub(crate) fn place(state_hash: &[u8], provider: IdentityProviderId) -> String {
    format!("sign_in_attempts.content.{provider}.{}", hex::encode(state_hash))
}

/// The path of ours that a provider sends people back to. Each provider has its own, so that the answer of one is never
/// taken for another's (RFC 9700 §4.4.2).
pub fn callback_path(slug: &str) -> String {
    format!("/sign-in/with/{slug}/callback")
}

#[macros::boxed]
impl App {
    /// What has to be registered at a provider.
    pub fn redirect_uri(&self, provider: &IdentityProvider) -> String {
        format!("{}{}", self.settings.public_url, callback_path(&provider.slug))
    }

    /// The providers that people may choose, from the oldest to the newest: everybody may know which there are.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn ways_in(&self) -> Result<Vec<WayIn>> {
        let providers = self.store.read().enabled_identity_providers().await?;
        let way = |it: IdentityProvider| WayIn {
            developers: it.is_open_to(Audience::Developer),
            administrators: it.is_open_to(Audience::Administrator),
            name: it.name.to_string(),
            slug: it.slug,
        };
        Ok(providers.into_iter().map(way).collect())
    }

    /// Sends somebody to a provider.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such provider for them, [`Error::Upstream`] if it cannot be asked.
    pub async fn depart(&self, slug: &str, errand: Errand) -> Result<Departure> {
        let provider = self.store.read().identity_provider_by_slug(slug).await?;
        let provider = provider.filter(|it| it.is_open_to(errand.audience));
        let provider = provider.ok_or(Error::NotFound(IdentityProviderId::KIND))?;
        let known = self.known(&provider).await?;
        let (state, browser) = (random(), random());
        let now = self.clock.now();
        let attempt = Attempt { errand, nonce: random(), verifier: random(), began_at: now.micros() };
        let redirect_uri = format!("{}{}", self.settings.public_url, attempt.errand.callback);
        let url = Request {
            endpoint: &known.metadata().authorization_endpoint,
            client_id: &provider.client_id,
            redirect_uri: &redirect_uri,
            scopes: &provider.scopes,
            state: &state,
            nonce: &attempt.nonce,
            verifier: &attempt.verifier,
            fresh: attempt.errand.fresh,
        }
        .url();
        let state_hash = self.state_hash(&state);
        let content = serde_json::to_vec(&attempt).map_err(|error| Error::Internal(error.to_string()))?;
        let attempt = SignInAttempt {
            state_hash,
            browser_hash: self.browser_hash(&browser),
            provider: provider.id,
            content: self.keys.seal(&place(&state_hash, provider.id), &content),
            expires_at: now + LIFETIME,
        };
        self.store.put_sign_in_attempt(&attempt).await?;
        Ok(Departure { url, browser: Secret::imported(browser) })
    }

    pub(super) fn state_hash(&self, state: &str) -> [u8; 32] {
        self.keys.marks().fingerprint("sign-in-state", &[state.as_bytes()])
    }

    pub(super) fn browser_hash(&self, browser: &str) -> [u8; 32] {
        self.keys.marks().fingerprint("sign-in-browser", &[browser.as_bytes()])
    }
}
