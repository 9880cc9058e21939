//! Who may do what with a partner or an application: the table of the Ceptor model, in one place.

use crate::{Application, ApplicationRole, DeveloperId, Owner, Partner, PartnerRole};

/// What can be done with a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartnerAction {
    /// See it, its members and its applications.
    View,
    /// Change its name, description and contact.
    Edit,
    /// Add, change and remove members.
    ManageMembers,
    /// Make applications for it.
    CreateApplication,
}

/// What can be done with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationAction {
    /// See it, its subscriptions and its credentials without their secrets.
    View,
    /// Change its name and description.
    Edit,
    /// Issue, rotate and end credentials.
    ManageCredentials,
    /// Change the OAuth settings.
    ManageClient,
    /// Ask for, change and end subscriptions.
    ManageSubscriptions,
    /// Add, change and remove members.
    ManageMembers,
    /// Hand it to another owner.
    Transfer,
    /// Remove it.
    Delete,
}

impl Partner {
    /// What a developer may do with this partner. No membership: nothing, not even know that it exists.
    pub fn allows(&self, developer: DeveloperId, action: PartnerAction) -> bool {
        match (self.members.get(&developer), action) {
            (None, _) => false,
            (Some(PartnerRole::Owner), _) => true,
            (Some(PartnerRole::ReadOnly), action) => action == PartnerAction::View,
        }
    }
}

impl Application {
    /// What a developer may do with this application. `partner_role` is the developer's role at the partner that owns
    /// it, if a partner does.
    pub fn allows(
        &self,
        developer: DeveloperId,
        partner_role: Option<PartnerRole>,
        action: ApplicationAction,
    ) -> bool {
        let as_owner = match self.owner {
            Owner::Developer(owner) => (owner == developer).then_some(ApplicationRole::Owner),
            Owner::Partner(_) => partner_role.map(|role| match role {
                PartnerRole::Owner => ApplicationRole::Owner,
                PartnerRole::ReadOnly => ApplicationRole::ReadOnly,
            }),
        };
        let as_member = self.members.get(&developer).copied();
        [as_owner, as_member].into_iter().flatten().any(|role| role.allows(action))
    }
}

impl ApplicationRole {
    /// The row of the table for this role.
    pub fn allows(self, action: ApplicationAction) -> bool {
        match self {
            Self::Owner => true,
            Self::Developer => matches!(action, ApplicationAction::View | ApplicationAction::Edit),
            Self::ReadOnly => action == ApplicationAction::View,
        }
    }
}
