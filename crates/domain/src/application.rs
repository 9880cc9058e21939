//! Applications: what calls APIs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::transition::noun;
use crate::{
    ApplicationId, AuthStrategyId, Checks, DeveloperId, Error, Instant, Invalid, Meta, Name, PartnerId, Text,
    Transition,
};

/// What calls APIs. It holds credentials of every kind at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Application {
    /// Its identity.
    pub id: ApplicationId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique among its owner's applications.
    pub name: Name,
    /// What it is, for people.
    pub description: Text,
    /// Whose it is.
    pub owner: Owner,
    /// How it authenticates; fixed when it is made.
    pub auth_strategy_id: AuthStrategyId,
    /// Whether its calls are let through.
    pub state: ApplicationState,
    /// Developers who work on it, besides those who may as members of its partner.
    pub members: BTreeMap<DeveloperId, ApplicationRole>,
}

noun!(Application, ApplicationId, application = |a| Some(a.id), partner = |a| a.owner.partner());

/// Whose an application is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// A partner's: its owners manage it.
    Partner(PartnerId),
    /// One developer's own.
    Developer(DeveloperId),
}

impl Owner {
    /// The partner, if a partner owns it.
    pub fn partner(self) -> Option<PartnerId> {
        match self {
            Self::Partner(id) => Some(id),
            Self::Developer(_) => None,
        }
    }

    /// The developer, if one developer owns it.
    pub fn developer(self) -> Option<DeveloperId> {
        match self {
            Self::Partner(_) => None,
            Self::Developer(id) => Some(id),
        }
    }
}

/// Whether an application's calls are let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// They are.
    Active,
    /// An administrator stopped it; nothing of it is lost.
    Suspended,
}

/// What a member may do with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ApplicationRole {
    /// Everything, removal included.
    Owner,
    /// Some details, but no authentication settings and no removal.
    Developer,
    /// Sees it.
    ReadOnly,
}

/// What somebody typed about an application.
#[derive(Clone, Debug, Default)]
pub struct ApplicationDraft {
    /// See [`Application::name`].
    pub name: String,
    /// See [`Application::description`].
    pub description: String,
}

impl ApplicationDraft {
    fn check(self) -> Result<(Name, Text), Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        checks.build(|| Some((name?, description?)))
    }
}

impl Application {
    /// A new application without members.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn create(
        id: ApplicationId,
        draft: ApplicationDraft,
        owner: Owner,
        auth_strategy_id: AuthStrategyId,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let (name, description) = draft.check()?;
        let application = Self {
            id,
            meta: Meta::new(now),
            name,
            description,
            owner,
            auth_strategy_id,
            state: ApplicationState::Active,
            members: BTreeMap::new(),
        };
        Ok(Transition::create(application, "application.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> ApplicationDraft {
        ApplicationDraft { name: self.name.to_string(), description: self.description.as_str().to_owned() }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: ApplicationDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let (name, description) = draft.check()?;
        Ok(Transition::update(self, Self { name, description, ..self.clone() }, "application.updated", now))
    }

    /// Stops its calls, or lets them through again.
    ///
    /// # Errors
    /// If it is in that state already.
    pub fn set_state(&self, state: ApplicationState, now: Instant) -> Result<Transition<Self>, Error> {
        if self.state == state {
            return Err(Error::conflict("already_in_state", "the application is in that state already"));
        }
        let action = match state {
            ApplicationState::Active => "application.resumed",
            ApplicationState::Suspended => "application.suspended",
        };
        Ok(Transition::update(self, Self { state, ..self.clone() }, action, now))
    }

    /// Hands it to another owner. Its credentials, subscriptions and members stay.
    ///
    /// # Errors
    /// If the owner is the same.
    pub fn transfer(&self, owner: Owner, now: Instant) -> Result<Transition<Self>, Error> {
        if self.owner == owner {
            return Err(Error::conflict("same_owner", "the application belongs to that owner already"));
        }
        Ok(Transition::update(self, Self { owner, ..self.clone() }, "application.transferred", now))
    }

    /// Adds a member or changes a member's role.
    pub fn set_member(
        &self,
        developer: DeveloperId,
        role: ApplicationRole,
        now: Instant,
    ) -> Transition<Self> {
        let mut after = self.clone();
        let action = match after.members.insert(developer, role) {
            None => "application.member_added",
            Some(_) => "application.member_changed",
        };
        Transition::update(self, after, action, now)
    }

    /// Removes a member. The owner is no member, so somebody always remains responsible.
    pub fn remove_member(&self, developer: DeveloperId, now: Instant) -> Transition<Self> {
        let mut after = self.clone();
        after.members.remove(&developer);
        Transition::update(self, after, "application.member_removed", now)
    }
}
