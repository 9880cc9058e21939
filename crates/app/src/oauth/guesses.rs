//! Guessing at clients' secrets and at tokens is counted, and what was right is remembered for a while. Both are in
//! memory, of this process and bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Instant, Marks};

use crate::keys::fill_random;
use crate::{App, network};

/// What is guessed at, from one network.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guessed<'a> {
    /// A secret of this client.
    SecretOf(&'a str),
    /// The secrets of whichever client.
    Secrets,
    /// Tokens that have to be looked up.
    Tokens,
}

impl Guessed<'_> {
    /// So many wrong ones a minute.
    const fn limit(self) -> u32 {
        match self {
            Self::SecretOf(_) => 60,
            Self::Secrets => 300,
            Self::Tokens => 600,
        }
    }
}

impl App {
    /// For how many seconds nothing is compared any more, for who comes from there. An unknown address is one network
    /// to those who guess at one client, and none otherwise: they would stop each other.
    pub(crate) fn guessing_stopped(
        &self,
        guessed: Guessed<'_>,
        from: Option<IpAddr>,
        now: Instant,
    ) -> Option<u64> {
        if !self.oauth.guesses.were_any(now) {
            return None;
        }
        let key = self.guess_key(guessed, from)?;
        self.oauth.guesses.blocked_for(&key, guessed.limit(), now)
    }

    /// Notes a wrong guess.
    pub(crate) fn note_guess(&self, guessed: Guessed<'_>, from: Option<IpAddr>, now: Instant) {
        if let Some(key) = self.guess_key(guessed, from) {
            self.oauth.guesses.note(key, now);
        }
    }

    fn guess_key(&self, guessed: Guessed<'_>, from: Option<IpAddr>) -> Option<[u8; 32]> {
        let network = from.map(network);
        let (purpose, client_id, network) = match guessed {
            Guessed::SecretOf(client_id) => ("client-guesses", client_id, network.unwrap_or_default()),
            Guessed::Secrets => ("network-guesses", "", network?),
            Guessed::Tokens => ("token-guesses", "", network?),
        };
        Some(self.keys.marks().fingerprint(purpose, &[client_id.as_bytes(), &network]))
    }
}

/// Wrong guesses, by what is guessed at and network: so many a minute, then nothing is compared any more.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    counted: Mutex<HashMap<[u8; 32], (u32, Instant)>>,
    /// When the last one was, in microseconds: as long as nobody guesses, nothing has to be looked up.
    last: AtomicI64,
}

/// What a minute is.
const WINDOW: Duration = Duration::from_secs(60);
/// At most so many are counted; beyond that old ones are forgotten.
const COUNTED: usize = 100_000;

impl Guesses {
    /// Whether there were any within the last minute, of whoever.
    fn were_any(&self, now: Instant) -> bool {
        Instant::from_micros(self.last.load(Ordering::Relaxed)) + WINDOW > now
    }

    fn blocked_for(&self, key: &[u8; 32], limit: u32, now: Instant) -> Option<u64> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, since) = counted.get(key)?;
        let end = *since + WINDOW;
        (*count >= limit && end > now).then(|| end.since(now).as_secs() + 1)
    }

    fn note(&self, key: [u8; 32], now: Instant) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        self.last.fetch_max(now.micros(), Ordering::Relaxed);
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
pub(crate) struct KnownSecrets {
    /// Of this process only.
    marks: Marks,
    known: Mutex<HashMap<[u8; 32], Instant>>,
    /// Who brings the same secret at once comes one after the other: the first is compared, the others are known then.
    turns: [tokio::sync::Mutex<()>; 32],
}

/// For how long a secret is known.
const KNOWN_FOR: Duration = Duration::from_secs(300);
/// How many are known.
const KNOWN: usize = 10_000;

impl KnownSecrets {
    pub(super) fn new() -> Self {
        let mut random = [0u8; 32];
        fill_random(&mut random);
        Self { marks: Marks::new(&random), known: Mutex::default(), turns: Default::default() }
    }

    pub(super) async fn turn(&self, parts: &[&[u8]]) -> tokio::sync::MutexGuard<'_, ()> {
        let [first, ..] = self.marks.fingerprint("turn", parts);
        self.turns[usize::from(first) % self.turns.len()].lock().await
    }

    pub(super) fn key(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.marks.fingerprint("known-secret", parts)
    }

    pub(super) fn knows(&self, key: &[u8; 32], now: Instant) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).is_some_and(|until| *until > now)
    }

    pub(super) fn learn(&self, key: [u8; 32], now: Instant) {
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
