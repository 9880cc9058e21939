//! The second factor of a person: a secret that an app on their phone makes codes from (TOTP, RFC 6238), passkeys
//! (`passkey.rs`), or both, and codes for the day on which these are lost.
//!
//! Somebody has one exactly as long as they have such a secret or a passkey: those who add and remove these see to it.

use serde::Serialize;

use crate::transition::noun;
use crate::{FactorId, Instant, Meta, Person, Sealed, Transition};

/// What somebody proves themselves with besides the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Factor {
    /// Its identity.
    pub id: FactorId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Whose it is. Everybody has one at most.
    pub person: Person,
    /// The secret that the app has, too. None: there are only passkeys.
    #[serde(skip)]
    pub secret: Option<Sealed>,
    /// The step of the last code that was taken: that one, and those before it, are worth nothing any more
    /// (RFC 6238 §5.2).
    #[serde(skip)]
    pub last_step: i64,
    /// The marks of the recovery codes that are left. Each works once.
    #[serde(skip)]
    pub recovery: Vec<[u8; 32]>,
}

noun!(Factor, FactorId);

impl Factor {
    /// How many recovery codes there are at first.
    pub const RECOVERY_CODES: usize = 10;

    /// Somebody has shown the first code of a new secret, who had nothing besides the password.
    pub fn enroll(
        id: FactorId,
        person: Person,
        secret: Sealed,
        first_step: i64,
        recovery: Vec<[u8; 32]>,
        now: Instant,
    ) -> Transition<Self> {
        let meta = Meta::new(now);
        Transition::create(
            Self { id, meta, person, secret: Some(secret), last_step: first_step, recovery },
            "factor.enrolled",
        )
    }

    /// Somebody adds the first passkey, who had nothing besides the password.
    pub fn begin(id: FactorId, person: Person, recovery: Vec<[u8; 32]>, now: Instant) -> Transition<Self> {
        let meta = Meta::new(now);
        Transition::create(Self { id, meta, person, secret: None, last_step: 0, recovery }, "factor.enrolled")
    }

    /// Somebody who has passkeys has shown the first code of a new secret. `None`: there is one already.
    pub fn add_app(&self, secret: Sealed, first_step: i64, now: Instant) -> Option<Transition<Self>> {
        let after = Self { secret: Some(secret), last_step: first_step, ..self.clone() };
        self.secret.is_none().then(|| Transition::update(self, after, "factor.app_added", now))
    }

    /// Codes of the app are not taken any more; passkeys are.
    pub fn remove_app(&self, now: Instant) -> Transition<Self> {
        Transition::update(self, Self { secret: None, ..self.clone() }, "factor.app_removed", now)
    }

    /// A code was right, and is of this step. `None`: it, or a later one, was taken before.
    pub fn take_code(&self, step: i64, now: Instant) -> Option<Transition<Self>> {
        let after = Self { last_step: step, ..self.clone() };
        (step > self.last_step).then(|| Transition::update(self, after, "factor.used", now))
    }

    /// Somebody brings a recovery code. `None`: it is none of those that are left.
    pub fn take_recovery_code(&self, code: &[u8; 32], now: Instant) -> Option<Transition<Self>> {
        let mut after = self.clone();
        after.recovery.retain(|left| left != code);
        let left = after.recovery.len();
        (left < self.recovery.len()).then(|| {
            Transition::update(self, after, "factor.recovery_code_used", now).with_detail("codes_left", left)
        })
    }

    /// Gives new recovery codes; the old ones are worth nothing from now on.
    pub fn renew_recovery_codes(&self, recovery: Vec<[u8; 32]>, now: Instant) -> Transition<Self> {
        Transition::update(self, Self { recovery, ..self.clone() }, "factor.codes_renewed", now)
    }

    /// It is not asked for any more.
    pub fn remove(self) -> Transition<Self> {
        Transition::delete(self, "factor.removed")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::DeveloperId;

    const NOW: Instant = Instant::from_micros(1);

    fn factor() -> Factor {
        let person = Person::Developer(DeveloperId(Uuid::from_u128(1)));
        let recovery = (0..10).map(|n| [n; 32]).collect();
        let id = FactorId(Uuid::from_u128(2));
        Factor::enroll(id, person, Sealed(vec![1]), 100, recovery, NOW).into_parts().0
    }

    #[test]
    fn a_114_a_code_is_taken_once_and_none_before_it() {
        let factor = factor();
        assert!(factor.take_code(100, NOW).is_none() && factor.take_code(99, NOW).is_none());
        let factor = factor.take_code(101, NOW).unwrap().into_parts().0;
        assert!(factor.take_code(101, NOW).is_none() && factor.take_code(102, NOW).is_some());
    }

    #[test]
    fn a_114_a_recovery_code_works_once() {
        let (factor, third) = (factor(), [3; 32]);
        assert!(factor.take_recovery_code(&[99; 32], NOW).is_none());
        let factor = factor.take_recovery_code(&third, NOW).unwrap().into_parts().0;
        assert_eq!(factor.recovery.len(), 9);
        assert!(factor.take_recovery_code(&third, NOW).is_none());
        let factor = factor.renew_recovery_codes(vec![third], NOW).into_parts().0;
        assert!(factor.take_recovery_code(&third, NOW).is_some());
        assert!(factor.take_recovery_code(&[4; 32], NOW).is_none());
    }

    #[test]
    fn an_app_comes_and_goes_and_the_recovery_codes_stay() {
        let begun =
            Factor::begin(FactorId(Uuid::from_u128(2)), factor().person, vec![[1; 32]], NOW).into_parts().0;
        assert!(begun.secret.is_none());
        let with_app = begun.add_app(Sealed(vec![1]), 7, NOW).unwrap().into_parts().0;
        assert!(with_app.add_app(Sealed(vec![2]), 8, NOW).is_none());
        assert!(with_app.take_code(7, NOW).is_none());
        let without = with_app.remove_app(NOW).into_parts().0;
        assert_eq!((without.secret, without.recovery), (None, vec![[1; 32]]));
    }

    #[test]
    fn what_the_audit_log_shows_holds_no_secret() {
        let shown = serde_json::to_string(&factor()).unwrap();
        assert!(!shown.contains("secret") && !shown.contains("recovery"), "{shown}");
    }
}
