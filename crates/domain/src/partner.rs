//! Partners: the organisations that consume APIs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::parse_labels;
use crate::transition::noun;
use crate::{Checks, DeveloperId, Email, Error, Instant, Invalid, Meta, Name, PartnerId, Text, Transition};

/// An organisation that consumes APIs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partner {
    /// Its identity.
    pub id: PartnerId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique over all partners, look-alikes included.
    pub name: Name,
    /// What it is, for people.
    pub description: Text,
    /// Whom to write to about it.
    pub contact_email: Option<Email>,
    /// Authorization roles. An API version may demand some; only administrators assign them.
    pub roles: Vec<String>,
    /// The developers who act for it.
    pub members: BTreeMap<DeveloperId, PartnerRole>,
}

noun!(Partner, PartnerId, partner = |p| Some(p.id));

/// What a member may do with a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartnerRole {
    /// Edits the partner, its members and its applications.
    Owner,
    /// Sees everything, changes nothing.
    ReadOnly,
}

/// What somebody typed about a partner; nothing is checked yet.
#[derive(Clone, Debug, Default)]
pub struct PartnerDraft {
    /// See [`Partner::name`].
    pub name: String,
    /// See [`Partner::description`].
    pub description: String,
    /// See [`Partner::contact_email`].
    pub contact_email: Option<String>,
    /// See [`Partner::roles`].
    pub roles: Vec<String>,
}

impl PartnerDraft {
    fn check(
        self,
        id: PartnerId,
        meta: Meta,
        members: BTreeMap<DeveloperId, PartnerRole>,
    ) -> Result<Partner, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let contact =
            checks.take("contact_email", self.contact_email.as_deref().map(Email::parse).transpose());
        let roles = checks.take("roles", parse_labels(&self.roles));
        checks.build(|| {
            Some(Partner {
                id,
                meta,
                name: name?,
                description: description?,
                contact_email: contact?,
                roles: roles?,
                members,
            })
        })
    }
}

impl Partner {
    /// A new partner without members.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(id: PartnerId, draft: PartnerDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        Ok(Transition::create(draft.check(id, Meta::new(now), BTreeMap::new())?, "partner.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> PartnerDraft {
        PartnerDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            contact_email: self.contact_email.as_ref().map(Email::to_string),
            roles: self.roles.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: PartnerDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let after = draft.check(self.id, self.meta, self.members.clone())?;
        Ok(Transition::update(self, after, "partner.updated", now))
    }

    /// Adds a member or changes a member's role.
    ///
    /// # Errors
    /// If the last owner would lose the role.
    pub fn set_member(
        &self,
        developer: DeveloperId,
        role: PartnerRole,
        now: Instant,
    ) -> Result<Transition<Self>, Error> {
        if role != PartnerRole::Owner {
            self.must_keep_an_owner_without(developer)?;
        }
        let mut after = self.clone();
        let action = match after.members.insert(developer, role) {
            None => "partner.member_added",
            Some(_) => "partner.member_changed",
        };
        Ok(Transition::update(self, after, action, now))
    }

    /// Removes a member.
    ///
    /// # Errors
    /// If it is the last owner.
    pub fn remove_member(&self, developer: DeveloperId, now: Instant) -> Result<Transition<Self>, Error> {
        self.must_keep_an_owner_without(developer)?;
        Ok(self.forget_member(developer, now))
    }

    /// Removes a member whose account is deleted; nobody is asked whether owners remain.
    pub fn forget_member(&self, developer: DeveloperId, now: Instant) -> Transition<Self> {
        let mut after = self.clone();
        after.members.remove(&developer);
        Transition::update(self, after, "partner.member_removed", now)
    }

    fn must_keep_an_owner_without(&self, developer: DeveloperId) -> Result<(), Error> {
        let is_owner = |role: &PartnerRole| *role == PartnerRole::Owner;
        let others = self.members.iter().filter(|(id, role)| **id != developer && is_owner(role)).count();
        if self.members.get(&developer).is_some_and(is_owner) && others == 0 {
            return Err(Error::conflict(
                "last_owner",
                "a partner that has owners keeps at least one; add another owner first",
            ));
        }
        Ok(())
    }
}
