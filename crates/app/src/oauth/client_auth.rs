//! Clients prove who they are (RFC 6749 §2.3).

use std::sync::Arc;

use domain::{Client, ClientAuthMethod, CredentialId, Instant, SecretForm, SecretKind};
use oauth::client_auth::{Method, Presented, Proof, check_assertion, refused};
use oauth::{ErrorCode, OAuthError, jose};
use verify::SecretRecord;

use super::Guessed;
use crate::oauth::refuse;
use crate::{App, Caller, Result};

/// A client, and how it proved that it is the one.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The client.
    pub client: Arc<Client>,
    /// How it proved it; [`Method::None`]: it only said so.
    pub method: Method,
}

#[macros::boxed]
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
        let guessed = [Guessed::SecretOf(&presented.client_id), Guessed::Secrets];
        let stopped = guessed.iter().find_map(|it| self.guessing_stopped(*it, caller.address, now));
        if let Some(seconds) = stopped {
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
                    guessed.iter().for_each(|it| self.note_guess(*it, caller.address, now));
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
                let _ = self.keys.hashes(SecretKind::ClientSecret, secret);
            }
            return Err(refused());
        };
        let is_proven = match &presented.proof {
            Proof::Basic(secret) | Proof::Post(secret) => {
                client.accepts(ClientAuthMethod::ClientSecretBasic)
                    && self.secret_of(&client, secret, now).await.map_err(refuse)?.is_some()
            }
            Proof::Assertion(assertion) => {
                client.accepts(ClientAuthMethod::PrivateKeyJwt)
                    && self.is_assertion_of(&client, assertion, now).await?
            }
            Proof::None => client.accepts(ClientAuthMethod::None),
        };
        if is_proven { Ok(client) } else { Err(refused()) }
    }

    /// Which of the live secrets of a client a text is.
    pub(crate) async fn secret_of(
        &self,
        client: &Client,
        secret: &str,
        now: Instant,
    ) -> Result<Option<CredentialId>> {
        let hashes = self.keys.hashes(SecretKind::ClientSecret, secret);
        let secrets = self.verifier().secrets_of(client.application_id);
        let mut usable = secrets.iter().filter(|record| record.status(now).is_usable());
        match usable.find(|record| record.is_minted_as(&hashes)) {
            Some(record) => {
                self.verifier().renew_hash(record, &hashes);
                Ok(Some(record.id))
            }
            None => self.chosen_secret_of(client, secret, now).await,
        }
    }

    /// Which of the live secrets that somebody chose for a client a text is: slow, unless it was right lately.
    pub(crate) async fn chosen_secret_of(
        &self,
        client: &Client,
        secret: &str,
        now: Instant,
    ) -> Result<Option<CredentialId>> {
        if let Some(id) = self.known_secret_of(client, secret, now) {
            return Ok(Some(id));
        }
        let _turn = self.oauth.known_secrets.turn(&[client.id.0.as_bytes(), secret.as_bytes()]).await;
        if let Some(id) = self.known_secret_of(client, secret, now) {
            return Ok(Some(id));
        }
        for (record, phc) in usable_chosen(&self.verifier().secrets_of(client.application_id), now) {
            if self.passwords.verify(secret, Some(phc.to_owned())).await? {
                let known = &self.oauth.known_secrets;
                known.learn(known.key(&parts(record, phc, secret)), now);
                return Ok(Some(record.id));
            }
        }
        Ok(None)
    }

    /// The same, out of those that were right lately.
    pub(crate) fn known_secret_of(
        &self,
        client: &Client,
        secret: &str,
        now: Instant,
    ) -> Option<CredentialId> {
        let known = &self.oauth.known_secrets;
        usable_chosen(&self.verifier().secrets_of(client.application_id), now)
            .find(|(record, phc)| known.knows(&known.key(&parts(record, phc, secret)), now))
            .map(|(record, _)| record.id)
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
        let key = self.keys.marks().fingerprint("client-assertion", &parts);
        self.store.use_assertion(&key, checked.expires_at).await.map_err(refuse)
    }
}

/// Those that somebody chose and that are worth something, with what is kept of them.
fn usable_chosen(secrets: &[SecretRecord], now: Instant) -> impl Iterator<Item = (&SecretRecord, &str)> {
    secrets.iter().filter(move |record| record.status(now).is_usable()).filter_map(|record| {
        match &record.form {
            SecretForm::Chosen { phc } => Some((record, phc.as_str())),
            SecretForm::Minted { .. } => None,
        }
    })
}

/// The stored form is in the key: a change of the secret is a miss.
fn parts<'a>(record: &'a SecretRecord, phc: &'a str, secret: &'a str) -> [&'a [u8]; 3] {
    [record.id.0.as_bytes(), phc.as_bytes(), secret.as_bytes()]
}
