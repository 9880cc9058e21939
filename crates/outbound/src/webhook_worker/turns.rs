//! Whose turn it is: decisions only, without a network, a database or a clock.
//!
//! Receivers that hang must cost those that answer nothing. They stand apart, so many of them are tried at once and no
//! more, and of those that stand there only so many are begun in a while. A prompt one proves itself with every batch:
//! the first request goes alone, and more go beside each other as they are answered.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use app::{Lane, Wanted};
use domain::{Instant, WebhookEndpointId};

use super::Limits;

/// Of so many prompt endpoints is taken at once. It is looked again at once, if there may be more.
const AT_ONCE: usize = 128;
/// So many requests to doubtful endpoints are begun between two ticks, and another one for each that is answered. That is
/// many more than places become free when all of them hang: it bounds how many are begun at the same moment.
pub(super) const BEGUN: usize = 64;
/// What is begun must be over, and written down, before somebody else may take it.
const MARGIN: Duration = Duration::from_secs(25);

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stand {
    /// In which queue.
    pub(super) lane: Lane,
    /// For whom.
    pub(super) endpoint: WebhookEndpointId,
}

/// Something that is to be sent.
pub(super) struct Waiting<J> {
    pub(super) stand: Stand,
    /// Host and port of the receiver.
    pub(super) host: String,
    /// Until when nobody else takes it.
    pub(super) leased_until: Instant,
    pub(super) job: J,
}

/// One endpoint at work.
struct Slot<J> {
    host: String,
    queue: VecDeque<(Instant, J)>,
    under_way: usize,
    /// So many may be under way now.
    trusted: usize,
    /// It was prompt and hangs now: its place is another's.
    hangs: bool,
    /// It stands in the line of its host.
    in_line: bool,
}

/// One receiver: how many requests are under way to it, and whose turn is next.
#[derive(Default)]
struct Host {
    under_way: usize,
    line: VecDeque<Stand>,
}

impl Host {
    fn is_idle(&self) -> bool {
        self.under_way == 0 && self.line.is_empty()
    }
}

type Slots<J> = HashMap<WebhookEndpointId, Slot<J>>;

/// Who is being sent to right now, and what waits for its turn.
pub(super) struct Turns<J> {
    limits: Limits,
    prompt: Slots<J>,
    doubtful: Slots<J>,
    hosts: HashMap<String, Host>,
    /// So many doubtful ones may still be begun before the next tick.
    may_begin: usize,
}

impl<J> Turns<J> {
    pub(super) fn new(limits: Limits) -> Self {
        let (prompt, doubtful, hosts) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { limits, prompt, doubtful, hosts, may_begin: BEGUN }
    }

    fn slots(&mut self, lane: Lane) -> &mut Slots<J> {
        match lane {
            Lane::Prompt => &mut self.prompt,
            Lane::Doubtful => &mut self.doubtful,
        }
    }

    /// A while has passed.
    pub(super) fn tick(&mut self) {
        self.may_begin = self.may_begin.max(BEGUN);
    }

    /// Whether so many doubtful ones are at work that more of them are looked for at ticks only, and not whenever
    /// something happens.
    pub(super) fn is_crowded(&self) -> bool {
        self.doubtful.len() > self.limits.doubtful_endpoints / 8
    }

    /// What there is room for.
    pub(super) fn wanted(&self, lane: Lane) -> Wanted {
        let (slots, all, each, most) = match lane {
            Lane::Prompt => (&self.prompt, self.limits.prompt_endpoints, self.limits.batch, AT_ONCE),
            Lane::Doubtful => (&self.doubtful, self.limits.doubtful_endpoints, 1, self.may_begin),
        };
        let busy = slots.values().filter(|slot| slot.under_way > 0 && !slot.hangs).count();
        // Those that only wait for their host take no sender, but not without end.
        let room = all.saturating_sub(busy).min((8 * all).saturating_sub(slots.len())).min(most);
        let except = if room == 0 { Vec::new() } else { self.have_enough(lane, slots) };
        Wanted { lane, endpoints: room as u64, each, except }
    }

    fn have_enough(&self, lane: Lane, slots: &Slots<J>) -> Vec<WebhookEndpointId> {
        let most = self.at_once(lane);
        let has_enough = |slot: &Slot<J>| slot.hangs || !slot.queue.is_empty() || slot.under_way >= most;
        slots.iter().filter(|(_, slot)| has_enough(slot)).map(|(id, _)| *id).collect()
    }

    /// So many requests may be under way to one endpoint.
    fn at_once(&self, lane: Lane) -> usize {
        match lane {
            Lane::Prompt => self.limits.per_host,
            Lane::Doubtful => 1,
        }
    }

    /// Takes something on. What comes for one that hangs by now is given back.
    pub(super) fn accept(&mut self, new: Waiting<J>) -> Option<J> {
        let Waiting { stand, host, leased_until, job } = new;
        if stand.lane == Lane::Doubtful {
            self.may_begin = self.may_begin.saturating_sub(1);
        }
        let slot = self.slots(stand.lane).entry(stand.endpoint).or_insert_with(|| Slot {
            host,
            queue: VecDeque::new(),
            under_way: 0,
            trusted: 1,
            hangs: false,
            in_line: false,
        });
        if slot.hangs {
            return Some(job);
        }
        slot.queue.push_back((leased_until, job));
        None
    }

    /// What is to be begun now for an endpoint.
    pub(super) fn advance(&mut self, stand: Stand, now: Instant) -> Vec<J> {
        let (mut begun, most) = (Vec::new(), self.limits.per_host);
        let slots = match stand.lane {
            Lane::Prompt => &mut self.prompt,
            Lane::Doubtful => &mut self.doubtful,
        };
        let Some(slot) = slots.get_mut(&stand.endpoint) else { return begun };
        let host = self.hosts.entry(slot.host.clone()).or_default();
        while let Some((leased_until, job)) = slot.queue.pop_front() {
            if leased_until < now + MARGIN {
                // It waited too long: it is anybody's soon.
                continue;
            }
            let is_full = host.under_way >= most;
            if is_full || slot.under_way >= slot.trusted {
                slot.queue.push_front((leased_until, job));
                if is_full && !std::mem::replace(&mut slot.in_line, true) {
                    host.line.push_back(stand);
                }
                break;
            }
            host.under_way += 1;
            slot.under_way += 1;
            begun.push(job);
        }
        if host.is_idle() {
            self.hosts.remove(&slot.host);
        }
        if slot.under_way == 0 && slot.queue.is_empty() {
            slots.remove(&stand.endpoint);
        }
        begun
    }

    /// A request is over, answered in time or not. Answers what is to be begun in its place: first for those that wait for
    /// the same host.
    pub(super) fn over(&mut self, stand: Stand, answered: bool, now: Instant) -> Vec<J> {
        if answered && stand.lane == Lane::Doubtful {
            self.may_begin = (self.may_begin + 1).min(self.limits.doubtful_endpoints);
        }
        let most = self.at_once(stand.lane);
        let Some(slot) = self.slots(stand.lane).get_mut(&stand.endpoint) else { return Vec::new() };
        slot.under_way -= 1;
        slot.trusted = if answered { (2 * slot.trusted).min(most) } else { 1 };
        let host = slot.host.clone();
        if let Some(at) = self.hosts.get_mut(&host) {
            at.under_way -= 1;
        }
        let mut begun = Vec::new();
        while let Some(next) = self.next_in_line(&host) {
            begun.extend(self.advance(next, now));
        }
        begun.extend(self.advance(stand, now));
        if self.hosts.get(&host).is_some_and(Host::is_idle) {
            self.hosts.remove(&host);
        }
        begun
    }

    /// Who is next, if a host has a place free. Whoever waited for too long has nothing left to begin: the next one is
    /// asked then.
    fn next_in_line(&mut self, host: &str) -> Option<Stand> {
        let most = self.limits.per_host;
        let next = self.hosts.get_mut(host).filter(|at| at.under_way < most)?.line.pop_front()?;
        if let Some(slot) = self.slots(next.lane).get_mut(&next.endpoint) {
            slot.in_line = false;
        }
        Some(next)
    }

    /// Prompt endpoints that have hung for a while make room for others, as long as there is room for those that hang.
    /// Answers what was taken for them and not begun, to be given back.
    pub(super) fn give_up_places(&mut self, hung: impl IntoIterator<Item = Stand>) -> Vec<J> {
        let hanging: usize = self.prompt.values().filter(|slot| slot.hangs).map(|slot| slot.under_way).sum();
        let mut room = self.limits.hanging.saturating_sub(hanging);
        let mut returned = Vec::new();
        for Stand { lane, endpoint } in hung {
            if lane == Lane::Doubtful {
                continue;
            }
            let Some(slot) = self.prompt.get_mut(&endpoint) else { continue };
            if !slot.hangs && room >= slot.under_way {
                room -= slot.under_way;
                slot.hangs = true;
                returned.extend(slot.queue.drain(..).map(|(_, job)| job));
            }
        }
        returned
    }

    /// Everything that was not begun.
    pub(super) fn drain(&mut self) -> Vec<J> {
        let slots = self.prompt.values_mut().chain(self.doubtful.values_mut());
        slots.flat_map(|slot| slot.queue.drain(..)).map(|(_, job)| job).collect()
    }
}

#[cfg(test)]
mod tests;
