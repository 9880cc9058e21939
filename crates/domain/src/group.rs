//! Groups of people who decide or are told together.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::transition::noun;
use crate::{Checks, GroupId, Instant, Invalid, Meta, Name, Person, Text, Transition};

/// People who decide or are told together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its identity.
    pub id: GroupId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all groups.
    pub name: Name,
    /// What it is for.
    pub description: Text,
    /// Who is in it.
    pub members: BTreeSet<Person>,
}

noun!(Group, GroupId);

/// What somebody typed about a group.
#[derive(Clone, Debug, Default)]
pub struct GroupDraft {
    /// See [`Group::name`].
    pub name: String,
    /// See [`Group::description`].
    pub description: String,
    /// See [`Group::members`].
    pub members: BTreeSet<Person>,
}

impl Group {
    /// Whom requests for external tokens are mailed to, and who may answer them.
    pub const CONSUMPTION_APPROVERS: &'static str = "API Consumption Approvers";
    /// How many may be in a group.
    pub const MAX_MEMBERS: usize = 500;

    /// A new group.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(id: GroupId, draft: GroupDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now))?, "group.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> GroupDraft {
        GroupDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            members: self.members.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: GroupDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::update(self, draft.check(self.id, self.meta)?, "group.updated", now))
    }
}

impl GroupDraft {
    fn check(self, id: GroupId, meta: Meta) -> Result<Group, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let few = self.members.len() <= Group::MAX_MEMBERS;
        let message = format!("must have at most {} entries", Group::MAX_MEMBERS);
        checks.require(few, "members", "too_many", &message);
        let members = self.members;
        checks.build(|| Some(Group { id, meta, name: name?, description: description?, members }))
    }
}
