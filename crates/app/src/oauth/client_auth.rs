//! Clients prove who they are (RFC 6749 §2.3).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Client, ClientAuthMethod, Instant, Pepper, SecretForm, SecretKind};
use oauth::client_auth::{Method, Presented, Proof, check_assertion, refused};
use oauth::{ErrorCode, OAuthError, jose};
use subtle::ConstantTimeEq;

use crate::keys::fill_random;
use crate::oauth::refuse;
use crate::{App, Caller, network};

/// A client, and how it proved that it is the one.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The client.
    pub client: Arc<Client>,
    /// How it proved it; [`Method::None`]: it only said so.
    pub method: Method,
}

impl App {
    /// The client that a request comes from. A client that keeps a secret must have proved it; one that does not may
    /// have sent nothing, but nothing wrong.
    ///
    /// # Errors
    /// `invalid_client`, the same for every reason but the address; `slow_down` after too many wrong guesses.
    pub async fn authenticate_client(
        &self,
        caller: &Caller,
        presented: &Presented,
    ) -> Result<Proven, OAuthError> {
        let now = self.clock.now();
        let from = caller.address.map(network).unwrap_or_default();
        let key = self.keys.pepper().fingerprint("client-guesses", &[presented.client_id.as_bytes(), &from]);
        if let Some(seconds) = self.oauth.guesses.blocked_for(&key, now) {
            let description = format!("too many wrong guesses; try again in {seconds} s");
            return Err(OAuthError::new(ErrorCode::SlowDown, description));
        }
        match self.prove(presented, now).await {
            Ok(client) if client.allows_address(caller.address) => {
                Ok(Proven { client, method: presented.proof.method() })
            }
            Ok(_) => Err(OAuthError::invalid_client(
                "this address is not on the list of allowed addresses of this client",
            )),
            Err(error) => {
                if error.code == ErrorCode::InvalidClient {
                    self.oauth.guesses.note(key, now);
                }
                Err(error)
            }
        }
    }

    async fn prove(&self, presented: &Presented, now: Instant) -> Result<Arc<Client>, OAuthError> {
        let client = self.verifier().client_by_name(&presented.client_id);
        let client = client.filter(|client| self.verifier().is_active(client.application_id));
        let Some(client) = client else {
            // As much work as for one that is known, where the work is a fast hash.
            if let Proof::Basic(secret) | Proof::Post(secret) = &presented.proof {
                let _ = self.keys.pepper().hash(SecretKind::ClientSecret, secret);
            }
            return Err(refused());
        };
        let is_proven = match &presented.proof {
            Proof::Basic(secret) | Proof::Post(secret) => {
                client.accepts(ClientAuthMethod::ClientSecretBasic)
                    && self.is_secret_of(&client, secret, now).await?
            }
            Proof::Assertion(assertion) => {
                client.accepts(ClientAuthMethod::PrivateKeyJwt)
                    && self.is_assertion_of(&client, assertion, now).await?
            }
            Proof::None => client.accepts(ClientAuthMethod::None),
        };
        if is_proven { Ok(client) } else { Err(refused()) }
    }

    /// Whether a text is one of the live secrets of a client.
    pub(crate) async fn is_secret_of(
        &self,
        client: &Client,
        secret: &str,
        now: Instant,
    ) -> Result<bool, OAuthError> {
        let hash = self.keys.pepper().hash(SecretKind::ClientSecret, secret);
        let secrets = self.verifier().secrets_of(client.application_id);
        let usable = || secrets.iter().filter(|record| record.status(now).is_usable());
        let is_minted = usable().any(|record| match &record.form {
            SecretForm::Minted { hash: kept, .. } => bool::from(kept.0.ct_eq(&hash.0)),
            SecretForm::Chosen { .. } => false,
        });
        if is_minted {
            return Ok(true);
        }
        for record in usable() {
            let SecretForm::Chosen { phc } = &record.form else { continue };
            // The stored form is in the key: a change of the secret is a miss.
            let key =
                self.oauth.known_secrets.key(&[record.id.0.as_bytes(), phc.as_bytes(), secret.as_bytes()]);
            if self.oauth.known_secrets.knows(&key, now) {
                return Ok(true);
            }
            if self.passwords.verify(secret, Some(phc.clone())).await.map_err(refuse)? {
                self.oauth.known_secrets.learn(key, now);
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn is_assertion_of(
        &self,
        client: &Client,
        assertion: &str,
        now: Instant,
    ) -> Result<bool, OAuthError> {
        let Some(document) = &client.jwks else { return Ok(false) };
        let keys = jose::Jwks::parse(document).and_then(|jwks| jwks.key_set());
        let Ok(keys) = keys else { return Ok(false) };
        let issuer = &self.settings.public_url;
        let endpoint = format!("{issuer}/oauth2/token");
        let audiences = [issuer.as_str(), endpoint.as_str()];
        let Ok(checked) = check_assertion(assertion, &client.client_id, &keys, &audiences, now) else {
            return Ok(false);
        };
        // RFC 7523 §3 (7): each is worth something once.
        let parts: [&[u8]; 2] = [client.id.0.as_bytes(), checked.jti.as_bytes()];
        let key = self.keys.pepper().fingerprint("client-assertion", &parts);
        self.store.use_assertion(&key, checked.expires_at).await.map_err(refuse)
    }
}

/// Wrong guesses at clients' secrets, by client and network: so many a minute, then nothing is compared any more.
#[derive(Debug, Default)]
pub(super) struct Guesses(Mutex<HashMap<[u8; 32], (u32, Instant)>>);

/// Wrong guesses a minute.
const GUESSES: u32 = 60;
/// What a minute is.
const WINDOW: Duration = Duration::from_secs(60);
/// At most so many are counted; beyond that old ones are forgotten.
const COUNTED: usize = 100_000;

impl Guesses {
    /// For how many seconds nothing is compared.
    fn blocked_for(&self, key: &[u8; 32], now: Instant) -> Option<u64> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = counted.get(key)?;
        let end = *since + WINDOW;
        (*count >= GUESSES && end > now).then(|| end.since(now).as_secs() + 1)
    }

    fn note(&self, key: [u8; 32], now: Instant) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= COUNTED {
            counted.retain(|_, (_, since)| *since + WINDOW > now);
            if counted.len() >= COUNTED {
                counted.clear();
            }
        }
        let entry = counted.entry(key).or_insert((0, now));
        if entry.1 + WINDOW <= now {
            *entry = (0, now);
        }
        entry.0 = entry.0.saturating_add(1);
    }
}

/// Chosen secrets that were right a moment ago: the slow hash is paid once, not for each token.
#[derive(Debug)]
pub(super) struct KnownSecrets {
    /// Of this process only.
    pepper: Pepper,
    known: Mutex<HashMap<[u8; 32], Instant>>,
}

/// For how long a secret is known.
const KNOWN_FOR: Duration = Duration::from_secs(300);
/// How many are known.
const KNOWN: usize = 10_000;

impl KnownSecrets {
    pub(super) fn new() -> Self {
        let mut random = [0u8; 32];
        fill_random(&mut random);
        Self { pepper: Pepper::new(&random), known: Mutex::default() }
    }

    fn key(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.pepper.fingerprint("known-secret", parts)
    }

    fn knows(&self, key: &[u8; 32], now: Instant) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).is_some_and(|until| *until > now)
    }

    fn learn(&self, key: [u8; 32], now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN {
            known.retain(|_, until| *until > now);
            if known.len() >= KNOWN {
                known.clear();
            }
        }
        known.insert(key, now + KNOWN_FOR);
    }
}
