//! The clock that everything goes by.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::Instant;

/// The machine's clock, or one that tests set.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// Stands still until it is moved; microseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still.
    pub fn manual(at: Instant) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.micros())))
    }

    /// What time it is.
    pub fn now(&self) -> Instant {
        match self {
            Self::System => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Instant::from_micros(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(micros) => Instant::from_micros(micros.load(Ordering::Relaxed)),
        }
    }

    /// Moves a clock that stands still. The machine's is left alone.
    pub fn advance(&self, span: Duration) {
        if let Self::Manual(micros) = self {
            micros.fetch_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX), Ordering::Relaxed);
        }
    }
}
