//! Plan limits: how many calls of an application a plan lets through, counted in memory and without a lock.
//!
//! Hours, days and months are those of clock and calendar: so many calls in each of them, counted from zero. Seconds and
//! minutes would let through twice as much around the moment where one ends and the next begins; there, what was let
//! through in the span before still counts, for the part of it that lies within one length of now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use domain::{ApplicationId, Instant, Limit, Period, PlanId};

use crate::known::Known;

/// What every application has used of its plans.
#[derive(Default)]
pub(crate) struct Meters {
    meters: Known<(ApplicationId, PlanId), Meter>,
}

/// What an application has used of a plan: a number for each period.
#[derive(Default)]
struct Meter {
    second: AtomicU64,
    minute: AtomicU64,
    hour: AtomicU64,
    day: AtomicU64,
    month: AtomicU64,
}

/// The limits of a plan.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// The shortest period first.
    limits: Vec<Limit>,
    policy: Arc<str>,
}

/// How much a caller may still call, under the limit that is nearest to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Which limit.
    pub limit: Limit,
    /// How many calls are left in it.
    pub remaining: u64,
    /// After how many seconds there are more.
    pub reset_s: u64,
    /// All limits, as `RateLimit-Policy` says them (draft-ietf-httpapi-ratelimit-headers-10 §3).
    pub policy: Arc<str>,
}

impl Limits {
    pub(crate) fn new(mut limits: Vec<Limit>) -> Self {
        limits.sort_by_key(|limit| limit.per);
        let policies = limits.iter().map(|limit| {
            // Months have no length: the parameter is left out, as it may be.
            let window = limit.per.seconds().map(|seconds| format!(";w={seconds}")).unwrap_or_default();
            format!("\"{}\";q={}{window}", limit.per.as_str(), limit.requests.min(MAX_INTEGER))
        });
        let policy = policies.collect::<Vec<_>>().join(", ").into();
        Self { limits, policy }
    }

    /// Over which periods there are limits.
    pub(crate) fn periods(&self) -> impl Iterator<Item = Period> {
        self.limits.iter().map(|limit| limit.per)
    }
}

/// The greatest integer of a structured field (RFC 9651 §3.3.1).
const MAX_INTEGER: u64 = 999_999_999_999_999;

impl Meters {
    /// Takes one call of each limit, or none of any. What is told is the limit that is nearest to be reached, or the
    /// one that is.
    ///
    /// # Errors
    /// If a limit is reached.
    pub(crate) fn take(
        &self,
        application: ApplicationId,
        plan: PlanId,
        limits: &Limits,
        now: Instant,
    ) -> Result<Option<Allowance>, Allowance> {
        if limits.limits.is_empty() {
            return Ok(None);
        }
        let meters = self.meters.pin();
        let meter = match meters.get(&(application, plan)) {
            Some(meter) => meter,
            None => meters.get_or_insert_with((application, plan), Meter::default),
        };
        meter.take(limits, now)
    }

    /// What is known to have been let through by all nodes, in the span of a period that a moment is in.
    pub(crate) fn raise(
        &self,
        application: ApplicationId,
        plan: PlanId,
        period: Period,
        at: Instant,
        total: u64,
    ) {
        let meters = self.meters.pin();
        let meter = meters.get_or_insert_with((application, plan), Meter::default);
        let scale = Scale::new(period, at);
        let higher = |state| {
            let counted = scale.read(state);
            let now = counted.now.max(total.min(scale.most()));
            // Of a span that is over already, nothing is of use.
            (counted.span == scale.span).then(|| scale.write(Counted { now, ..counted }))
        };
        let _ = meter.of(period).fetch_update(Relaxed, Relaxed, higher);
    }

    pub(crate) fn forget_application(&self, id: ApplicationId) {
        self.meters.pin().retain(|(application, _), _| *application != id);
    }
}

impl Meter {
    fn of(&self, period: Period) -> &AtomicU64 {
        match period {
            Period::Second => &self.second,
            Period::Minute => &self.minute,
            Period::Hour => &self.hour,
            Period::Day => &self.day,
            Period::Month => &self.month,
        }
    }

    /// A call that is refused by a longer period gives back what it took of shorter ones. Who is refused meanwhile
    /// because of it would have been refused by the longer one.
    fn take(&self, limits: &Limits, now: Instant) -> Result<Option<Allowance>, Allowance> {
        let mut nearest: Option<(Allowance, u64)> = None;
        for (taken, limit) in limits.limits.iter().enumerate() {
            let scale = Scale::new(limit.per, now);
            let told = |(remaining, reset_s)| {
                let policy = Arc::clone(&limits.policy);
                Allowance { limit: *limit, remaining, reset_s, policy }
            };
            match scale.take(self.of(limit.per), limit.requests) {
                Ok(left) => {
                    // The one of which the smallest part is left.
                    let all = limit.requests.min(scale.most());
                    let is_nearer = |(it, its): &(Allowance, u64)| {
                        u128::from(left.0) * u128::from(*its) < u128::from(it.remaining) * u128::from(all)
                    };
                    if nearest.as_ref().is_none_or(is_nearer) {
                        nearest = Some((told(left), all));
                    }
                }
                Err(wait) => {
                    for earlier in limits.limits.iter().take(taken) {
                        Scale::new(earlier.per, now).give_back(self.of(earlier.per));
                    }
                    return Err(told((0, wait)));
                }
            }
        }
        Ok(nearest.map(|(allowance, _)| allowance))
    }
}

/// How a period's count is kept in one number, which changes as a whole: which span it is of, what was let through in
/// the span before it, if that counts, and what was let through in it.
#[derive(Clone, Copy)]
struct Scale {
    /// The last digits of the number of the span that it is now.
    span: u16,
    /// How long a span is, and how much of this one has gone by, in microseconds.
    length: u64,
    elapsed: u64,
    /// Of how many bits the last part is.
    bits: u32,
}

/// A count, taken apart.
#[derive(Clone, Copy)]
struct Counted {
    span: u16,
    before: u64,
    now: u64,
}

/// The bits of the last two parts together.
const BITS: u32 = 48;

impl Scale {
    fn new(period: Period, now: Instant) -> Self {
        let span = period.span(now);
        let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bits = match period {
            Period::Second | Period::Minute => BITS / 2,
            Period::Hour | Period::Day | Period::Month => BITS,
        };
        Self {
            // The last sixteen bits of it.
            span: u16::try_from(span.number.rem_euclid(1 << 16)).unwrap_or_default(),
            length: micros(span.ends.since(span.began)).max(1),
            elapsed: micros(now.since(span.began)),
            bits,
        }
    }

    /// More is not counted: no node decides so many.
    fn most(self) -> u64 {
        (1 << self.bits) - 1
    }

    /// What a state says now. One of the next span is left as it is: another thread looked at the clock a moment later.
    fn read(self, state: u64) -> Counted {
        let both = state & ((1 << BITS) - 1);
        let span = u16::try_from(state >> BITS).unwrap_or_default();
        let counted = Counted { span, before: both >> self.bits, now: both & self.most() };
        match self.span.wrapping_sub(span) {
            0 | u16::MAX => counted,
            1 if self.bits < BITS => Counted { span: self.span, before: counted.now, now: 0 },
            _ => Counted { span: self.span, before: 0, now: 0 },
        }
    }

    fn write(self, counted: Counted) -> u64 {
        let before = (counted.before << self.bits) & ((1 << BITS) - 1);
        (u64::from(counted.span) << BITS) | before | counted.now.min(self.most())
    }

    /// How much of the span before still counts.
    fn carried(self, counted: Counted) -> u64 {
        counted.before.saturating_mul(self.length.saturating_sub(self.elapsed)) / self.length
    }

    /// Takes one call, and tells how many are left, and after how many seconds there are more.
    ///
    /// # Errors
    /// If the limit is reached: after how many seconds to come again.
    fn take(self, state: &AtomicU64, requests: u64) -> Result<(u64, u64), u64> {
        let limit = requests.min(self.most());
        let mut seen = state.load(Relaxed);
        loop {
            let counted = self.read(seen);
            let used = counted.now + self.carried(counted);
            if used >= limit {
                return Err(self.wait(counted, limit));
            }
            let next = self.write(Counted { now: counted.now + 1, ..counted });
            match state.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
                Ok(_) => return Ok((limit - used - 1, whole_seconds(self.rest()))),
                Err(other) => seen = other,
            }
        }
    }

    fn give_back(self, state: &AtomicU64) {
        let lower = |state| {
            let counted = self.read(state);
            Some(self.write(Counted { now: counted.now.saturating_sub(1), ..counted }))
        };
        // It always has an answer.
        let _ = state.fetch_update(Relaxed, Relaxed, lower);
    }

    fn rest(self) -> u64 {
        self.length.saturating_sub(self.elapsed)
    }

    /// Until the span is over; or, if it is what was let through in the one before, until little enough of it counts.
    fn wait(self, counted: Counted, limit: u64) -> u64 {
        let left = limit.saturating_sub(counted.now);
        if left == 0 || counted.before == 0 {
            return whole_seconds(self.rest());
        }
        let counts = self.length.saturating_mul(left) / counted.before;
        whole_seconds(self.rest().saturating_sub(counts))
    }
}

/// In seconds, begun ones included.
fn whole_seconds(micros: u64) -> u64 {
    micros.div_ceil(1_000_000).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOON: Instant = Instant::from_micros(1_800_000_000_000_000);

    fn limits(limits: &[(u64, Period)]) -> Limits {
        Limits::new(limits.iter().map(|&(requests, per)| Limit { requests, per }).collect())
    }

    fn after(millis: u64) -> Instant {
        NOON + Duration::from_millis(millis)
    }

    /// How many of a hundred calls at a moment pass.
    fn pass(meter: &Meter, limits: &Limits, now: Instant) -> usize {
        (0..100).filter(|_| meter.take(limits, now).is_ok()).count()
    }

    #[test]
    fn so_many_pass_and_no_more() {
        let (meter, limits) = (Meter::default(), limits(&[(10, Period::Hour)]));
        for left in (0..10).rev() {
            let told = meter.take(&limits, NOON).unwrap().unwrap();
            assert_eq!((told.remaining, told.reset_s), (left, 3_600));
        }
        let told = meter.take(&limits, after(3_599_500)).unwrap_err();
        assert_eq!((told.remaining, told.reset_s), (0, 1));
        assert_eq!(pass(&meter, &limits, after(3_600_000)), 10, "the next hour begins from zero");
        assert_eq!(pass(&meter, &limits, after(3_600_000 * 3)), 10);
    }

    #[test]
    fn seconds_do_not_let_twice_as_much_through_where_they_meet() {
        let (meter, limits) = (Meter::default(), limits(&[(10, Period::Second)]));
        assert_eq!(pass(&meter, &limits, after(990)), 10);
        assert_eq!(meter.take(&limits, after(990)).unwrap_err().reset_s, 1);
        assert_eq!(pass(&meter, &limits, after(1_010)), 1, "nine of ten still count");
        assert_eq!(pass(&meter, &limits, after(1_500)), 4, "five do");
        assert_eq!(pass(&meter, &limits, after(3_000)), 10, "none does");
    }

    #[test]
    fn a_minute_says_when_enough_of_the_one_before_is_gone() {
        let (meter, limits) = (Meter::default(), limits(&[(60, Period::Minute)]));
        assert_eq!(pass(&meter, &limits, after(0)), 60);
        assert_eq!(pass(&meter, &limits, after(60_000)), 0);
        let wait = meter.take(&limits, after(60_000)).unwrap_err().reset_s;
        assert!((1..=2).contains(&wait), "{wait}");
        assert!(meter.take(&limits, after(60_000 + wait * 1_000)).is_ok());
    }

    #[test]
    fn a_longer_limit_gives_back_what_was_taken_of_a_shorter_one() {
        let (meter, limits) = (Meter::default(), limits(&[(5, Period::Day), (3, Period::Hour)]));
        assert_eq!(pass(&meter, &limits, after(0)), 3);
        assert_eq!(pass(&meter, &limits, after(3_600_000)), 2, "the day is full");
        let told = meter.take(&limits, after(3_600_000)).unwrap_err();
        assert_eq!(told.limit.per, Period::Day);
        let later = Limits::new(vec![Limit { requests: 3, per: Period::Hour }]);
        assert_eq!(pass(&meter, &later, after(3_600_000)), 1, "two of three were kept");
    }

    #[test]
    fn the_nearest_limit_is_told_with_all_of_them() {
        let limits = limits(&[(1_000, Period::Month), (2, Period::Day), (u64::MAX, Period::Second)]);
        let told = Meter::default().take(&limits, NOON).unwrap().unwrap();
        assert_eq!((told.limit.per, told.remaining), (Period::Day, 1));
        assert_eq!(&*told.policy, "\"second\";q=999999999999999;w=1, \"day\";q=2;w=86400, \"month\";q=1000");
        assert_eq!(Meters::default().take(id(), plan(), &Limits::default(), NOON), Ok(None));
    }

    fn id() -> ApplicationId {
        ApplicationId(uuid::Uuid::nil())
    }

    fn plan() -> PlanId {
        PlanId(uuid::Uuid::nil())
    }

    #[test]
    fn what_other_nodes_let_through_counts_once() {
        let (meters, limits) = (Meters::default(), limits(&[(10, Period::Day)]));
        let take = |now| meters.take(id(), plan(), &limits, now).map(|told| told.unwrap().remaining);
        meters.raise(id(), plan(), Period::Day, NOON, 7);
        assert_eq!(take(NOON).unwrap(), 2);
        meters.raise(id(), plan(), Period::Day, NOON, 8);
        assert_eq!(take(NOON).unwrap(), 1, "the eighth was our own");
        meters.raise(id(), plan(), Period::Day, NOON, u64::MAX);
        assert!(take(NOON).is_err());
        let tomorrow = NOON + Duration::from_secs(86_400);
        assert_eq!(take(tomorrow).unwrap(), 9);
        meters.forget_application(id());
        assert_eq!(take(NOON).unwrap(), 9);
    }

    #[test]
    fn a_286_a_clock_that_jumps_locks_nobody_out() {
        let (meter, limits) = (Meter::default(), limits(&[(10, Period::Second), (50, Period::Hour)]));
        assert_eq!(pass(&meter, &limits, NOON), 10);
        assert_eq!(pass(&meter, &limits, NOON - Duration::from_millis(1)), 0, "threads disagree by a moment");
        for hours in [1_u64, 2] {
            assert_eq!(pass(&meter, &limits, NOON - Duration::from_secs(hours * 7_200)), 10);
            assert_eq!(pass(&meter, &limits, NOON + Duration::from_secs(hours * 7_200)), 10);
        }
    }

    #[test]
    fn a_285_many_threads_take_exactly_so_many() {
        let limits = limits(&[(300, Period::Second), (1_000, Period::Hour), (700, Period::Day)]);
        let meter = Meter::default();
        let passed = AtomicU64::new(0);
        for second in 0..5 {
            let now = after(second * 2_000);
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let some = (0..200).filter(|_| meter.take(&limits, now).is_ok()).count();
                        passed.fetch_add(some as u64, Relaxed);
                    });
                }
            });
        }
        assert_eq!(passed.into_inner(), 700);
    }
}
