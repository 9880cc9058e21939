//! Refused acts leave a line in the audit log: who tried what, on what. Written by housekeeping, a few at a time, so
//! that nobody can fill the log, or slow themselves or others down, by trying.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use domain::{Actor, Event, Instant};
use serde_json::json;
use store::{Author, Deed};
use uuid::Uuid;

use crate::{App, Caller, Result};

/// The limits hold for so long.
const WINDOW: Duration = Duration::from_secs(60);
/// How many lines one actor may cause in a window.
const PER_ACTOR: usize = 10;
/// How many lines all of them may.
const IN_ALL: usize = 300;

/// What somebody tried and may not do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefusedAct {
    /// What was tried, in the words of the edge, such as `PATCH /api/v1/partners/{id}`: no input of the caller.
    pub act: String,
    /// On what, if it was on something.
    pub target: Option<Uuid>,
    /// Why not, as the caller was told.
    pub code: String,
}

/// What waits to be written.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    began: Option<Instant>,
    /// Lines in this window, by actor.
    lines: HashMap<Option<Uuid>, usize>,
    in_all: usize,
    waiting: HashMap<(Option<Uuid>, RefusedAct), (Author, u64)>,
    left_out: u64,
}

impl Refusals {
    fn note(&self, author: Author, act: RefusedAct) {
        // A poisoned lock belongs to a thread that died counting: the counts are still good.
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (_, actor) = author.actor.parts();
        if inner.began.is_none_or(|began| author.at.since(began) >= WINDOW) {
            inner.began = Some(author.at);
            inner.lines.clear();
            inner.in_all = 0;
        }
        if let Some((_, count)) = inner.waiting.get_mut(&(actor, act.clone())) {
            *count += 1;
            return;
        }
        let own = inner.lines.get(&actor).copied().unwrap_or_default();
        if own >= PER_ACTOR || inner.in_all >= IN_ALL {
            inner.left_out += 1;
            return;
        }
        inner.in_all += 1;
        inner.lines.insert(actor, own + 1);
        inner.waiting.insert((actor, act), (author, 1));
    }

    /// What waits, in the order in which it happened, and how many were left out.
    fn take(&self) -> (Vec<(RefusedAct, Author, u64)>, u64) {
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let waiting = std::mem::take(&mut inner.waiting);
        let left_out = std::mem::take(&mut inner.left_out);
        drop(inner);
        let mut acts: Vec<_> =
            waiting.into_iter().map(|((_, act), (author, count))| (act, author, count)).collect();
        acts.sort_by_key(|(_, author, _)| (author.at.micros(), author.request_id));
        (acts, left_out)
    }
}

impl App {
    /// Notes that somebody who is known was refused something. Costs no database: it is written later.
    pub fn note_refusal(&self, caller: &Caller, act: RefusedAct) {
        self.refusals.note(self.author(caller), act);
    }

    /// Writes down what was refused since the last time. What cannot be written now is lost: the log has it too.
    pub(crate) async fn write_refusals(&self) -> Result<()> {
        let (acts, left_out) = self.refusals.take();
        let mut deeds: Vec<Deed> =
            acts.into_iter().map(|(act, author, count)| deed(act, author, count)).collect();
        if left_out > 0 {
            let details = json!({ "count": left_out });
            let author = Author { actor: Actor::System, ..self.author(&Caller::system()) };
            let event = Event { action: "access.refusals_left_out", details };
            deeds.push(Deed { target_kind: "request", target_id: author.request_id, author, event });
        }
        Ok(self.store.note_deeds(deeds).await?)
    }
}

fn deed(act: RefusedAct, author: Author, count: u64) -> Deed {
    let details = json!({ "act": act.act, "code": act.code, "count": count });
    let event = Event { action: "access.refused", details };
    Deed { target_kind: "request", target_id: act.target.unwrap_or(author.request_id), author, event }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author(n: u128, at: u64) -> Author {
        let at = Instant::from_micros(1_800_000_000_000_000) + Duration::from_secs(at);
        Author {
            actor: Actor::Token(Uuid::from_u128(n).into()),
            address: None,
            request_id: Uuid::now_v7(),
            at,
        }
    }

    fn act(n: usize) -> RefusedAct {
        RefusedAct { act: format!("GET /{n}"), target: None, code: "forbidden".to_owned() }
    }

    #[test]
    fn what_is_tried_again_and_again_is_one_line() {
        let refusals = Refusals::default();
        (0..1_000).for_each(|_| refusals.note(author(1, 0), act(1)));
        let (acts, left_out) = refusals.take();
        assert_eq!((acts.len(), acts[0].2, left_out), (1, 1_000, 0));
        assert!(refusals.take().0.is_empty());
    }

    #[test]
    fn nobody_fills_the_log_and_nobody_hides_in_the_crowd() {
        let refusals = Refusals::default();
        (0..1_000).for_each(|n| refusals.note(author(1, 0), act(n)));
        refusals.note(author(2, 0), act(1));
        let (acts, left_out) = refusals.take();
        assert_eq!((acts.len(), left_out), (PER_ACTOR + 1, 1_000 - PER_ACTOR as u64));
        // It is not the taking that begins anew, but the time.
        refusals.note(author(1, 59), act(2_000));
        assert_eq!(refusals.take().0.len(), 0);
        refusals.note(author(1, 60), act(2_001));
        assert_eq!(refusals.take().0.len(), 1);
        (0..10_000).for_each(|n| refusals.note(author(n, 200), act(1)));
        let (acts, left_out) = refusals.take();
        assert_eq!((acts.len(), left_out), (IN_ALL, 10_000 - IN_ALL as u64));
    }
}
