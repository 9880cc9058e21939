//! Answers that take the same time whatever is found. With other words and another status gone, how long an answer
//! takes is what would still tell a stranger whether an address has an account.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Longer than any of these takes on a machine that is not overloaded; a password is compared in less than half of it.
const STEP: Duration = Duration::from_millis(250);

/// Does something, and hands its result over after a whole number of steps.
pub async fn evenly<T>(work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let done = work.await;
    next_step(started).await;
    done
}

/// As [`evenly`], but what went well is handed over at once: that it did is no secret to whoever did it.
pub async fn evenly_unless_done<T, E>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let started = Instant::now();
    let done = work.await;
    if done.is_err() {
        next_step(started).await;
    }
    done
}

async fn next_step(started: Instant) {
    let steps = started.elapsed().as_millis() / STEP.as_millis() + 1;
    sleep_until(started + STEP * u32::try_from(steps).unwrap_or(u32::MAX)).await;
}
