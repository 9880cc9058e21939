//! Who did something.

use uuid::Uuid;

use crate::{AdministratorId, ApiTokenId, DeveloperId};

/// The one who acts. Every write names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Keywright itself: a schedule, a worker.
    System,
    /// Somebody at the command line of the machine.
    Operator,
    /// A person who runs this installation.
    Administrator(AdministratorId),
    /// A tool with an administrator's API token.
    Token(ApiTokenId),
    /// A signed-in developer.
    Developer(DeveloperId),
    /// Nobody yet: somebody who registers or signs in.
    Anonymous,
}

impl Actor {
    /// The one whom a word and an id mean; `None` if they fit no actor.
    pub fn of_parts(kind: &str, id: Option<Uuid>) -> Option<Self> {
        match (kind, id) {
            ("system", None) => Some(Self::System),
            ("operator", None) => Some(Self::Operator),
            ("anonymous", None) => Some(Self::Anonymous),
            ("administrator", Some(id)) => Some(Self::Administrator(AdministratorId(id))),
            ("token", Some(id)) => Some(Self::Token(ApiTokenId(id))),
            ("developer", Some(id)) => Some(Self::Developer(DeveloperId(id))),
            _ => None,
        }
    }

    /// The word and the id that audit lines carry.
    pub fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::System => ("system", None),
            Self::Operator => ("operator", None),
            Self::Administrator(id) => ("administrator", Some(id.0)),
            Self::Token(id) => ("token", Some(id.0)),
            Self::Developer(id) => ("developer", Some(id.0)),
            Self::Anonymous => ("anonymous", None),
        }
    }
}
