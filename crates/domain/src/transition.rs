//! A change that carries its event: the only thing that can be saved.

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{ApplicationId, Instant, PartnerId};

/// What every stored thing has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// Counts the saves, from 1. The `ETag` of the thing, and what two writers at once are told apart by.
    #[serde(skip)]
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last saved.
    #[serde(skip)]
    pub updated_at: Instant,
}

impl Meta {
    /// Of a thing that is made now.
    pub fn new(now: Instant) -> Self {
        Self { version: 1, created_at: now, updated_at: now }
    }
}

/// A stored thing with an identity, a version and a life. What it serialises is what the audit log may show, so
/// hashes and long documents are skipped.
pub trait Noun: Clone + Serialize + Send + Sync {
    /// The word for it, as in audit lines and change feeds.
    const KIND: &'static str;

    /// Its identity.
    fn id(&self) -> Uuid;
    /// Version and times.
    fn meta(&self) -> &Meta;
    /// Version and times, to be counted up.
    fn meta_mut(&mut self) -> &mut Meta;

    /// The application it belongs to, for "what happened to this application".
    fn application(&self) -> Option<ApplicationId> {
        None
    }
    /// The partner it belongs to.
    fn partner(&self) -> Option<PartnerId> {
        None
    }
}

/// Implements [`Noun`] for a struct with fields `id` and `meta`.
macro_rules! noun {
    ($type:ty, $id:ty $(, application = $application:expr)? $(, partner = $partner:expr)?) => {
        impl $crate::Noun for $type {
            const KIND: &'static str = <$id>::KIND;

            fn id(&self) -> uuid::Uuid {
                self.id.0
            }
            fn meta(&self) -> &$crate::Meta {
                &self.meta
            }
            fn meta_mut(&mut self) -> &mut $crate::Meta {
                &mut self.meta
            }
            $(fn application(&self) -> Option<$crate::ApplicationId> {
                let get: fn(&$type) -> Option<$crate::ApplicationId> = $application;
                get(self)
            })?
            $(fn partner(&self) -> Option<$crate::PartnerId> {
                let get: fn(&$type) -> Option<$crate::PartnerId> = $partner;
                get(self)
            })?
        }
    };
}
pub(crate) use noun;

/// What happened, for the audit line and whoever follows the feed of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `noun.verb` in the past tense, such as `subscription.approved`.
    pub action: &'static str,
    /// What changed, without secrets: `{"name": {"from": "a", "to": "b"}}`, or the whole of a new thing.
    pub details: Value,
}

/// How a transition is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new row.
    Create,
    /// A changed row; it must still be at this version.
    Update {
        /// The version that was read.
        from: i64,
    },
    /// A row less; it must still be at this version.
    Delete {
        /// The version that was read.
        from: i64,
    },
}

/// A change that a rule has decided, with its event. It does nothing until it is saved.
#[must_use = "a transition does nothing until it is saved"]
#[derive(Clone, Debug)]
pub struct Transition<T> {
    after: T,
    step: Step,
    event: Event,
}

impl<T: Noun> Transition<T> {
    /// Something new.
    pub fn create(after: T, action: &'static str) -> Self {
        let details = to_map(&after);
        Self { after, step: Step::Create, event: Event { action, details: Value::Object(details) } }
    }

    /// `before` became `after` at `now`.
    pub fn update(before: &T, mut after: T, action: &'static str, now: Instant) -> Self {
        let from = before.meta().version;
        *after.meta_mut() = Meta { version: from + 1, updated_at: now, ..*before.meta() };
        let details = differences(to_map(before), to_map(&after));
        Self { after, step: Step::Update { from }, event: Event { action, details } }
    }

    /// It is gone.
    pub fn delete(before: T, action: &'static str) -> Self {
        let step = Step::Delete { from: before.meta().version };
        let details = Value::Object(to_map(&before));
        Self { after: before, step, event: Event { action, details } }
    }

    /// Adds a fact to the event, such as the comment of a reviewer.
    pub fn with_detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(map) = &mut self.event.details {
            map.insert(key.to_owned(), value.into());
        }
        self
    }

    /// The thing as it will be.
    pub fn after(&self) -> &T {
        &self.after
    }

    /// Takes it apart, for the one who saves it.
    pub fn into_parts(self) -> (T, Step, Event) {
        (self.after, self.step, self.event)
    }
}

fn to_map<T: Serialize>(thing: &T) -> Map<String, Value> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(map)) => map,
        // Nouns are structs with text keys: these always serialise to an object.
        _ => Map::new(),
    }
}

fn differences(mut before: Map<String, Value>, after: Map<String, Value>) -> Value {
    let mut changed = Map::new();
    for (key, to) in after {
        let from = before.remove(&key).unwrap_or(Value::Null);
        if from != to {
            changed.insert(key, serde_json::json!({ "from": from, "to": to }));
        }
    }
    changed
        .extend(before.into_iter().map(|(key, from)| (key, serde_json::json!({ "from": from, "to": null }))));
    Value::Object(changed)
}
