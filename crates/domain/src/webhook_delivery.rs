//! Events and their way to the endpoints.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ApplicationId, GatewayId, Instant, WebhookDeliveryId, WebhookEndpointId, WebhookEventId};

/// Something that happened, as it is told to webhook endpoints. Written in the transaction of its cause, or from its
/// audit line, and never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEvent {
    /// Its identity: the `webhook-id` header of every attempt to deliver it.
    pub id: WebhookEventId,
    /// One of [`crate::EVENT_TYPES`].
    pub kind: String,
    /// When it happened.
    pub occurred_at: Instant,
    /// The application that it is about.
    pub application_id: Option<ApplicationId>,
    /// The gateway that it is meant for: its endpoints are told.
    pub gateway_id: Option<GatewayId>,
    /// What there is to say: `data` of our own body, and what other bodies are made of.
    pub data: Value,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Its identity.
    pub id: WebhookDeliveryId,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// What.
    pub event_id: WebhookEventId,
    /// The event's type.
    pub event_type: String,
    /// The application that the event is about.
    pub application_id: Option<ApplicationId>,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: Option<Instant>,
    /// What the receiver answered last.
    pub last_code: Option<u16>,
    /// Why the last attempt failed, if it did.
    pub last_error: Option<String>,
    /// When it was written.
    pub created_at: Instant,
    /// When it was delivered, given up or canceled.
    pub finished_at: Option<Instant>,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its first or next attempt.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Given up after the last attempt.
    Exhausted,
    /// Nobody wants it delivered any more.
    Canceled,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// Which try, from 1. A replay counts on.
    pub number: u32,
    /// When it began.
    pub at: Instant,
    /// How long it took.
    pub took: Duration,
    /// The status that the receiver answered.
    pub code: Option<u16>,
    /// Why it failed: a coarse word such as `timeout`, `connect`, `http_500`; nothing if it did not.
    pub error: Option<String>,
    /// The first kilobyte of the answer's body.
    pub body: String,
}

/// What comes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryResult {
    /// The receiver took it.
    Delivered,
    /// Again at this time.
    Retry(Instant),
    /// That was the last attempt.
    Exhausted,
    /// Not any more: the endpoint is gone or switched off.
    Canceled,
}

/// How often a delivery is tried.
pub const MAX_ATTEMPTS: u32 = 10;

/// How long after each attempt the next one comes: the schedule that Standard Webhooks gives as an example, 75 hours, 35
/// minutes and 5 seconds in all.
const SCHEDULE: [Duration; MAX_ATTEMPTS as usize - 1] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3_600),
    Duration::from_secs(5 * 3_600),
    Duration::from_secs(10 * 3_600),
    Duration::from_secs(14 * 3_600),
    Duration::from_secs(20 * 3_600),
    Duration::from_secs(24 * 3_600),
];

/// A receiver may put off a retry by so much, or by twice the schedule's wait if that is longer.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// How long to wait after the n-th attempt failed; `None`: that was the last one. `random` spreads the waits by 20 % to
/// either side. `asked` is the receiver's `Retry-After`: never sooner than that, as long as it is reasonable.
pub fn retry_after(attempt: u32, random: u32, asked: Option<Duration>) -> Option<Duration> {
    let base = *SCHEDULE.get(usize::try_from(attempt.max(1) - 1).ok()?)?;
    let share = f64::from(random) / f64::from(u32::MAX);
    let jittered = base.mul_f64(0.8 + 0.4 * share);
    let longest = LONGEST_RETRY_AFTER.max(base * 2);
    Some(jittered.max(asked.unwrap_or_default().min(longest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f_30_ten_attempts_over_75_hours_and_35_minutes() {
        let all = |random| (1..MAX_ATTEMPTS).map(|n| retry_after(n, random, None).unwrap()).sum::<Duration>();
        let whole = Duration::from_secs(75 * 3_600 + 35 * 60 + 5);
        assert_eq!(SCHEDULE.iter().sum::<Duration>(), whole);
        assert_eq!(retry_after(MAX_ATTEMPTS, 0, None), None);
        let near = |a: Duration, b: Duration| a.abs_diff(b) < Duration::from_millis(1);
        assert!(near(all(0), whole.mul_f64(0.8)) && near(all(u32::MAX), whole.mul_f64(1.2)));
    }

    #[test]
    fn f_31_retry_after_is_honoured_within_reason() {
        let after =
            |n, asked| retry_after(n, u32::MAX / 2, Some(Duration::from_secs(asked))).unwrap().as_secs();
        assert_eq!(after(1, 120), 120);
        assert_eq!(after(1, 100_000), 3_600);
        assert!((4..=5).contains(&after(1, 1)));
        assert_eq!(after(8, 100_000), 100_000);
        assert_eq!(after(8, 1_000_000), 144_000);
    }
}
