//! Access tokens in memory, so that asking about one seldom asks the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{AccessToken, SecretHash};

/// So many tokens in one generation; there are two.
const GENERATION: usize = 100_000;

/// The tokens that were made or asked about lately, by the hash of their texts. What is asked about again stays; the
/// memory is bounded.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<SecretHash, Arc<AccessToken>>,
    old: HashMap<SecretHash, Arc<AccessToken>>,
}

impl Tokens {
    pub(super) fn get(&self, hash: &SecretHash) -> Option<Arc<AccessToken>> {
        let mut both = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = both.young.get(hash) {
            return Some(Arc::clone(token));
        }
        let token = both.old.remove(hash)?;
        both.put(*hash, Arc::clone(&token));
        Some(token)
    }

    pub(super) fn put(&self, hash: SecretHash, token: Arc<AccessToken>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(hash, token);
    }
}

impl Generations {
    fn put(&mut self, hash: SecretHash, token: Arc<AccessToken>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(hash, token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Instant;

    fn token(n: u32) -> Arc<AccessToken> {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&n.to_be_bytes());
        Arc::new(AccessToken {
            id: uuid::Uuid::from_u128(u128::from(n)).into(),
            hash: Some(SecretHash::unnumbered(hash)),
            found_by_hash: false,
            client_id: uuid::Uuid::nil().into(),
            application_id: uuid::Uuid::nil().into(),
            developer_id: None,
            grant_id: None,
            scopes: Vec::new(),
            audience: Vec::new(),
            subject: String::new(),
            issued_at: Instant::from_micros(0),
            expires_at: Instant::from_micros(1),
        })
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_asked_about_stays() {
        let tokens = Tokens::default();
        let first = token(0);
        let hash = first.hash.unwrap();
        tokens.put(hash, Arc::clone(&first));
        for n in 1..350_000 {
            let next = token(n);
            tokens.put(next.hash.unwrap(), next);
            if n % 50_000 == 0 {
                assert!(tokens.get(&hash).is_some(), "asked about at {n}");
            }
        }
        assert!(tokens.get(&token(10).hash.unwrap()).is_none());
        let both = tokens.0.lock().unwrap();
        assert!(both.young.len() + both.old.len() <= 2 * GENERATION);
    }
}
