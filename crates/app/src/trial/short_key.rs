//! Keys that live for ten minutes, made for those who try an API out. They are issued like any other, so that the audit
//! log has them, and shown to nobody: this node keeps them in memory, for the session that they were made in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{ApplicationId, CredentialDraft, CredentialId, Instant, Secret, SessionId};

use crate::{App, Caller, Error, Result};

/// How long such a key works.
const LIFETIME: Duration = Duration::from_secs(600);
/// One with less time left is not used any more: a call takes some.
const TOO_SHORT: Duration = Duration::from_secs(30);
/// So many are remembered; further ones are made for one call.
const MOST: usize = 2_000;
/// A node that has said nothing for so long is asked by no gateway.
const SILENT: Duration = Duration::from_secs(60);
/// Until then every node that gateways may ask has heard of a new key: they follow the feed four times a second.
const HEARD: Duration = Duration::from_millis(600);

/// The keys that this node has made, by session and application.
#[derive(Debug, Default)]
pub(crate) struct ShortKeys(Mutex<HashMap<(SessionId, ApplicationId), ShortKey>>);

#[derive(Clone, Debug)]
struct ShortKey {
    id: CredentialId,
    secret: Secret,
    ends: Instant,
}

impl ShortKeys {
    fn find(&self, whose: (SessionId, ApplicationId), now: Instant) -> Option<ShortKey> {
        // A poisoned lock belongs to a thread that died looking: the map is still good.
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|_, key| now + TOO_SHORT < key.ends);
        keys.get(&whose).cloned()
    }

    fn keep(&self, whose: (SessionId, ApplicationId), key: ShortKey) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() < MOST {
            keys.insert(whose, key);
        }
    }
}

impl App {
    /// A key of an application that the caller may make keys for: the last one that they tried something with, as long
    /// as it works, otherwise a new one.
    pub(super) async fn short_key(&self, caller: &Caller, application: ApplicationId) -> Result<Secret> {
        let Some(session) = caller.session() else {
            return Err(Error::Forbidden("sign in to try an API out".to_owned()));
        };
        let (whose, now) = ((session, application), self.clock.now());
        if let Some(key) = self.trials.keys.find(whose, now)
            && self.still_works(caller, &key, now).await?
        {
            return Ok(key.secret);
        }
        let ends = now + LIFETIME;
        let draft = CredentialDraft { name: "Try it".to_owned(), expires_at: Some(ends) };
        // The form makes a call, not a thing: sent twice, it calls twice.
        let caller = Caller { claim: None, ..caller.clone() };
        let made = self.issue_api_key(&caller, application, draft).await?;
        let secret = made.secret.ok_or_else(|| Error::Internal("a key without its secret".to_owned()))?;
        self.trials.keys.keep(whose, ShortKey { id: made.value.id, secret: secret.clone(), ends });
        if self.store.read().count_nodes(now - SILENT).await? > 1 {
            tokio::time::sleep(HEARD).await;
        }
        Ok(secret)
    }

    /// Somebody may have ended it in the meantime.
    async fn still_works(&self, caller: &Caller, key: &ShortKey, now: Instant) -> Result<bool> {
        match self.credential(caller, key.id).await {
            Ok(credential) => Ok(credential.status(now).is_usable()),
            Err(Error::NotFound(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
