//! A refresh token is used (RFC 6749 §6, RFC 9700 §4.14).

use std::time::Duration;

use domain::{ClientId, Instant};

use crate::OAuthError;

/// What is kept of a refresh token.
#[derive(Clone, Copy, Debug)]
pub struct Refresh {
    /// Whose it is.
    pub client_id: ClientId,
    /// From when on it is worth nothing.
    pub expires_at: Instant,
    /// When it was replaced or used up.
    pub used_at: Option<Instant>,
    /// Whether the one that replaced it was used.
    pub successor_is_used: bool,
    /// Whether there is one that replaced it.
    pub has_successor: bool,
    /// Whether what it stands for was ended.
    pub is_ended: bool,
}

/// How a client uses its refresh tokens: Ceptor's two settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// One is worth nothing once it was used.
    pub invalidate_on_use: bool,
    /// A new one comes when one is used.
    pub issue_new_on_use: bool,
    /// For how long somebody who lost the answer gets the same new one again.
    pub grace: Duration,
}

/// What to do with a refresh token that was brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Neither: it lives on until it expires, and no other comes.
    Keep,
    /// A new one comes, and the old one lives on.
    Add,
    /// A new one takes its place.
    Rotate,
    /// It is used up, and none comes.
    UseUp,
    /// It was replaced a moment ago, and the answer was lost: the same new one once more.
    Repeat,
    /// It was replaced and comes again, so it is in two hands: end all that came from the grant (RFC 9700 §4.14.2).
    Reused,
    /// It is worth nothing here.
    Refuse,
}

/// The one refusal for refresh tokens.
pub fn refused() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is unknown, expired, used, or not for this client")
}

/// Decides what a refresh token is worth.
pub fn decide(token: &Refresh, client_id: ClientId, policy: Policy, now: Instant) -> Verdict {
    // A stranger's try ends nothing.
    if token.client_id != client_id || token.is_ended {
        return Verdict::Refuse;
    }
    if let Some(used_at) = token.used_at {
        let is_recent = now.since(used_at) < policy.grace && policy.grace > Duration::ZERO;
        return if token.has_successor && !token.successor_is_used && is_recent {
            Verdict::Repeat
        } else {
            Verdict::Reused
        };
    }
    if token.expires_at <= now {
        return Verdict::Refuse;
    }
    match (policy.invalidate_on_use, policy.issue_new_on_use) {
        (false, false) => Verdict::Keep,
        (false, true) => Verdict::Add,
        (true, true) => Verdict::Rotate,
        (true, false) => Verdict::UseUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_micros(100_000_000);

    fn client(n: u128) -> ClientId {
        serde_json::from_value(serde_json::json!(format!("00000000-0000-7000-8000-{n:012}"))).unwrap()
    }

    fn token() -> Refresh {
        Refresh {
            client_id: client(1),
            expires_at: NOW + Duration::from_secs(1),
            used_at: None,
            successor_is_used: false,
            has_successor: false,
            is_ended: false,
        }
    }

    fn policy(invalidate_on_use: bool, issue_new_on_use: bool) -> Policy {
        Policy { invalidate_on_use, issue_new_on_use, grace: Duration::from_secs(60) }
    }

    #[test]
    fn the_truth_table_of_the_two_settings() {
        let decide = |invalidate, issue| decide(&token(), client(1), policy(invalidate, issue), NOW);
        assert_eq!(decide(false, false), Verdict::Keep);
        assert_eq!(decide(false, true), Verdict::Add);
        assert_eq!(decide(true, true), Verdict::Rotate);
        assert_eq!(decide(true, false), Verdict::UseUp);
    }

    #[test]
    fn a_046_rfc9700_4_14_2_a_replaced_token_that_comes_again_ends_the_family() {
        let replaced =
            Refresh { used_at: Some(NOW - Duration::from_secs(59)), has_successor: true, ..token() };
        let worth =
            |token: Refresh, grace| decide(&token, client(1), Policy { grace, ..policy(true, true) }, NOW);
        let minute = Duration::from_secs(60);
        assert_eq!(worth(replaced, minute), Verdict::Repeat);
        assert_eq!(worth(replaced, Duration::ZERO), Verdict::Reused);
        assert_eq!(worth(Refresh { successor_is_used: true, ..replaced }, minute), Verdict::Reused);
        assert_eq!(worth(Refresh { used_at: Some(NOW - minute), ..replaced }, minute), Verdict::Reused);
        assert_eq!(worth(Refresh { has_successor: false, ..replaced }, minute), Verdict::Reused);
    }

    #[test]
    fn a_049_rfc6749_6_it_is_bound_to_its_client_and_ends_with_its_grant() {
        assert_eq!(decide(&token(), client(2), policy(true, true), NOW), Verdict::Refuse);
        let used = Refresh { used_at: Some(NOW), ..token() };
        assert_eq!(decide(&used, client(2), policy(true, true), NOW), Verdict::Refuse);
        assert_eq!(
            decide(&Refresh { is_ended: true, ..token() }, client(1), policy(true, true), NOW),
            Verdict::Refuse
        );
        assert_eq!(
            decide(&Refresh { expires_at: NOW, ..token() }, client(1), policy(true, true), NOW),
            Verdict::Refuse
        );
    }
}
