//! How many calls were decided how, since the start.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use verify::{BadRequestReason, Reason};

/// One counter for calls that passed, one for each reason why others did not.
#[derive(Debug)]
pub struct Calls {
    allowed: AtomicU64,
    refused: Box<[(Reason, AtomicU64)]>,
}

impl Default for Calls {
    fn default() -> Self {
        Self::new()
    }
}

impl Calls {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let odd = BadRequestReason::ALL.iter().map(|reason| Reason::BadRequest(*reason));
        let reasons = Reason::ALL.iter().copied().chain(odd);
        Self {
            allowed: AtomicU64::new(0),
            refused: reasons.map(|reason| (reason, AtomicU64::new(0))).collect(),
        }
    }

    /// One more that was let through.
    pub fn count_allowed(&self) {
        self.allowed.fetch_add(1, Relaxed);
    }

    /// One more that was refused.
    pub fn count_refused(&self, reason: Reason) {
        if let Some((_, count)) = self.refused.iter().find(|(known, _)| *known == reason) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// The sentence for people that belongs to the code of a refusal.
    pub fn why(&self, code: &str) -> Option<String> {
        let known = self.refused.iter().find(|(reason, _)| reason.code() == code);
        known.map(|(reason, _)| reason.to_string())
    }

    /// Every counter: status, reason and count.
    pub fn all(&self) -> impl Iterator<Item = (u16, &'static str, u64)> {
        let refused =
            self.refused.iter().map(|(reason, count)| (reason.status(), reason.code(), count.load(Relaxed)));
        std::iter::once((200, "allowed", self.allowed.load(Relaxed))).chain(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_counter() {
        let counters = Calls::new();
        counters.count_allowed();
        for (reason, _) in &counters.refused {
            counters.count_refused(*reason);
        }
        assert_eq!(counters.all().count(), 1 + Reason::ALL.len() + BadRequestReason::ALL.len());
        assert!(counters.all().all(|(_, _, count)| count == 1));
        assert_eq!(counters.why("credential_unknown").as_deref(), Some("The credential is not known here."));
        assert_eq!(counters.why("allowed"), None);
    }
}
