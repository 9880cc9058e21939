//! Ids of requests.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::Instant;
use uuid::{Builder, Uuid};

/// Makes ids (UUID version 7) without asking the operating system for randomness at each request: random bits that are
/// drawn once, and a counter (RFC 9562 §6.2, method 1). They tell requests apart; they protect nothing.
#[derive(Debug)]
pub struct RequestIds {
    random: [u8; 10],
    count: AtomicU32,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestIds {
    /// Unlike those of any other process.
    pub fn new() -> Self {
        let [.., a, b, c, d, e, f, g, h, i, j] = Uuid::now_v7().into_bytes();
        Self { random: [a, b, c, d, e, f, g, h, i, j], count: AtomicU32::new(0) }
    }

    /// The next one.
    pub fn next(&self, now: Instant) -> Uuid {
        let millis = u64::try_from(now.micros() / 1_000).unwrap_or(0);
        let mut bytes = self.random;
        let [.., a, b, c, d] = &mut bytes;
        [*a, *b, *c, *d] = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_sorted_and_unlike_those_of_another_process() {
        let ids = RequestIds::new();
        let now = Instant::parse("2026-11-23T04:00:00Z").unwrap();
        let made: Vec<Uuid> = (0..1000).map(|_| ids.next(now)).collect();
        assert!(made.is_sorted() && made.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(made.iter().all(|id| id.get_version_num() == 7));
        let elsewhere = RequestIds::new();
        assert!((0..1000).all(|_| !made.contains(&elsewhere.next(now))));
    }
}
