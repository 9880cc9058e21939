//! What tokens are made by, in memory: scopes, definitions, and keys ready to sign.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{OAuthScope, SigningAlgorithm, SigningKey, SigningKeyState, TokenDefinition, TokenDefinitionId};
use oauth::jose;
use serde_json::json;

use super::cache::Tokens;
use crate::{App, Error, Result};

/// What tokens are made by.
#[derive(Debug, Default)]
pub(crate) struct Issuance {
    pub(crate) scopes: Vec<OAuthScope>,
    pub(crate) definitions: Vec<TokenDefinition>,
    signers: Vec<Signer>,
    /// The published keys, to verify by.
    pub(crate) keys: jose::KeySet,
    /// The published keys, as everybody may read them (RFC 7517 §5).
    pub(crate) jwks: Arc<str>,
    /// Tokens that were verified by these keys.
    pub(crate) verified: Tokens,
}

/// A key that signs.
#[derive(Clone, Debug)]
struct Signer {
    series: String,
    algorithm: SigningAlgorithm,
    key: Arc<jose::SigningKey>,
}

impl Issuance {
    /// The definition that a client's tokens are made by.
    pub(crate) fn definition(&self, id: Option<TokenDefinitionId>) -> Option<&TokenDefinition> {
        match id {
            Some(id) => self.definitions.iter().find(|definition| definition.id == id),
            None => self.definitions.iter().find(|definition| definition.is_default),
        }
    }

    /// One of the keys that sign in a series, by lot: whoever verifies learns early that there are several.
    pub(crate) fn signer(
        &self,
        series: &str,
        algorithm: SigningAlgorithm,
        lot: usize,
    ) -> Option<Arc<jose::SigningKey>> {
        let mut fitting = self.signers.iter().filter(|it| it.series == series && it.algorithm == algorithm);
        let count = fitting.clone().count();
        fitting.nth(lot.checked_rem(count)?).map(|signer| Arc::clone(&signer.key))
    }

    /// The signature algorithms that the server can sign with now.
    pub(crate) fn algorithms(&self) -> Vec<SigningAlgorithm> {
        let has = |algorithm: &SigningAlgorithm| self.signers.iter().any(|it| it.algorithm == *algorithm);
        SigningAlgorithm::ALL.into_iter().filter(has).collect()
    }
}

impl App {
    /// Reads again what tokens are made by.
    pub(crate) async fn reload_issuance(&self) -> Result<()> {
        let read = self.store.read();
        let old = self.oauth.issuance.load_full();
        let ready: HashMap<&str, &Signer> = old.signers.iter().map(|it| (it.key.kid(), it)).collect();
        let keys = read.all_signing_keys().await?;
        let mut signers = Vec::new();
        for key in keys.iter().filter(|key| key.state == SigningKeyState::Active) {
            match ready.get(key.id.to_string().as_str()) {
                Some(signer) => signers.push(Signer::clone(signer)),
                None => signers.push(self.opened(key)?),
            }
        }
        let published: Vec<_> =
            keys.iter().filter(|key| key.state.is_published()).map(|key| &key.public_jwk).collect();
        let document = json!({ "keys": published });
        let malformed = |_| Error::Internal("a published signing key cannot be read".to_owned());
        let key_set = if published.is_empty() {
            jose::KeySet::default()
        } else {
            jose::Jwks::parse(&document).map_err(malformed)?.key_set().map_err(malformed)?
        };
        let issuance = Issuance {
            scopes: read.all_oauth_scopes().await?,
            definitions: read.all_token_definitions().await?,
            signers,
            keys: key_set,
            jwks: document.to_string().into(),
            verified: Tokens::default(),
        };
        self.oauth.issuance.store(Arc::new(issuance));
        Ok(())
    }

    /// Opens the private part of a key.
    fn opened(&self, key: &SigningKey) -> Result<Signer> {
        let unreadable = || Error::Internal(format!("the signing key {} cannot be opened", key.id));
        let sealed = key.sealed_private.as_deref().ok_or_else(unreadable)?;
        let place = super::signing_key::place(key.id);
        let private = self.keys.open(&place, sealed).ok_or_else(unreadable)?;
        let signer = jose::SigningKey::from_pkcs8(key.algorithm, key.id.to_string(), &private);
        Ok(Signer {
            series: key.series.clone(),
            algorithm: key.algorithm,
            key: Arc::new(signer.map_err(|_| unreadable())?),
        })
    }

    /// What tokens are made by, now.
    pub(crate) fn issuance(&self) -> Arc<Issuance> {
        self.oauth.issuance.load_full()
    }

    /// The published keys, as everybody may read them (RFC 7517 §5).
    pub fn jwks(&self) -> Arc<str> {
        Arc::clone(&self.issuance().jwks)
    }

    /// Every scope that clients may ask for.
    pub fn known_scopes(&self) -> Vec<OAuthScope> {
        self.issuance().scopes.clone()
    }

    /// The signature algorithms that the server can sign with now.
    pub fn signing_algorithms(&self) -> Vec<SigningAlgorithm> {
        self.issuance().algorithms()
    }

    /// A key of the default series that signs with an algorithm.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none yet.
    pub fn signing_key(&self, algorithm: SigningAlgorithm) -> Result<Arc<jose::SigningKey>> {
        self.signer(domain::DEFAULT_SERIES, algorithm)
    }

    pub(super) fn signer(&self, series: &str, algorithm: SigningAlgorithm) -> Result<Arc<jose::SigningKey>> {
        let mut lot = [0u8; 2];
        crate::keys::fill_random(&mut lot);
        let lot = usize::from(u16::from_be_bytes(lot));
        self.issuance().signer(series, algorithm, lot).ok_or_else(|| {
            let name = algorithm.as_str();
            Error::Unavailable(format!(
                "no {name} key of the series {series} has been published for long enough"
            ))
        })
    }
}
