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
    /// Unique among its owner's applications, unless it shares its name.
    pub name: Name,
    /// Whether others of its owner may have the same name: it was made by a client that expects no names to be taken.
    #[serde(skip)]
    pub shares_name: bool,
    /// What it is, for people.
    pub description: Text,
    /// What another system knows it by, unique over all applications; none: its id.
    pub reference: Option<String>,
    /// Where people are sent back to after they have signed in elsewhere for it.
    pub redirect_uri: Option<String>,
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
    /// See [`Application::shares_name`].
    pub shares_name: bool,
    /// See [`Application::reference`].
    pub reference: Option<String>,
    /// See [`Application::redirect_uri`].
    pub redirect_uri: Option<String>,
}

/// A draft that was checked.
struct Checked {
    name: Name,
    description: Text,
    reference: Option<String>,
    redirect_uri: Option<String>,
}

impl ApplicationDraft {
    fn check(self) -> Result<Checked, Invalid> {
        let mut checks = Checks::new();
        let name = checks.take("name", Name::parse(&self.name));
        let description = checks.take("description", Text::parse(&self.description));
        let reference =
            checks.take("reference", self.reference.map(|text| parse_reference(&text)).transpose());
        let redirect_uri =
            checks.take("redirect_uri", self.redirect_uri.map(|text| parse_redirect_uri(&text)).transpose());
        checks.build(|| {
            Some(Checked {
                name: name?,
                description: description?,
                reference: reference?,
                redirect_uri: redirect_uri?,
            })
        })
    }
}

/// 1 to 255 visible ASCII characters: it is compared byte by byte, here and elsewhere.
fn parse_reference(text: &str) -> Result<String, Invalid> {
    if !(1..=255).contains(&text.len())
        || !text.bytes().all(|b| (0x20..=0x7e).contains(&b))
        || text.trim() != text
    {
        return Err(Invalid::field("", "invalid", "must have 1 to 255 printable ASCII characters"));
    }
    Ok(text.to_owned())
}

/// An absolute address (RFC 3986 §4.3). Not one that a browser would run, and without a fragment (RFC 6749 §3.1.2).
fn parse_redirect_uri(text: &str) -> Result<String, Invalid> {
    let wrong = || Invalid::field("", "invalid", "must be an absolute URI without a fragment");
    let (scheme, rest) = text.split_once(':').ok_or_else(wrong)?;
    let lower = scheme.to_ascii_lowercase();
    let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && !rest.is_empty()
        && text.len() <= 2_000
        && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b));
    let is_run = ["javascript", "data", "vbscript", "file", "blob", "about"].contains(&lower.as_str());
    let has_host = !matches!(lower.as_str(), "http" | "https")
        || rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with(['/', '?']));
    if well_formed && !is_run && has_host { Ok(text.to_owned()) } else { Err(wrong()) }
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
        let shares_name = draft.shares_name;
        let Checked { name, description, reference, redirect_uri } = draft.check()?;
        let application = Self {
            id,
            meta: Meta::new(now),
            name,
            shares_name,
            description,
            reference,
            redirect_uri,
            owner,
            auth_strategy_id,
            state: ApplicationState::Active,
            members: BTreeMap::new(),
        };
        Ok(Transition::create(application, "application.created"))
    }

    /// The draft that would make it as it is, to be edited.
    pub fn draft(&self) -> ApplicationDraft {
        ApplicationDraft {
            name: self.name.to_string(),
            description: self.description.as_str().to_owned(),
            shares_name: self.shares_name,
            reference: self.reference.clone(),
            redirect_uri: self.redirect_uri.clone(),
        }
    }

    /// Takes over an edited draft.
    ///
    /// # Errors
    /// Every wrong field of the draft.
    pub fn update(&self, draft: ApplicationDraft, now: Instant) -> Result<Transition<Self>, Invalid> {
        let shares_name = draft.shares_name;
        let Checked { name, description, reference, redirect_uri } = draft.check()?;
        let after = Self { name, shares_name, description, reference, redirect_uri, ..self.clone() };
        Ok(Transition::update(self, after, "application.updated", now))
    }

    /// What another system knows it by.
    pub fn known_as(&self) -> String {
        self.reference.clone().unwrap_or_else(|| self.id.to_string())
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
