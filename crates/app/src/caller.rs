//! On whose behalf a use case is called, and what that lets them do.

use std::net::IpAddr;

use domain::{
    Access, Actor, AdministratorId, AdministratorRole, ApiTokenId, Application, ApplicationAction,
    ApplicationId, DeveloperId, GatewayId, Owner, Partner, PartnerAction, PartnerId, PartnerRole, Person,
    Resource, Scope, SessionId,
};
use store::{Claim, PageRequest, Read, SubscriptionFilter};
use uuid::Uuid;

use crate::{Error, Result};

/// Who calls, from where, and in the course of which request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub identity: Identity,
    /// From where, as far as it is known.
    pub address: Option<IpAddr>,
    /// In the course of which request.
    pub request_id: Uuid,
    /// The idempotency key of the request, if it has one.
    pub claim: Option<Claim>,
}

/// Who calls.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Nobody in particular.
    Anonymous,
    /// A signed-in developer.
    Developer {
        /// Who.
        id: DeveloperId,
        /// By which session.
        session_id: SessionId,
    },
    /// A tool with an administrator's API token.
    Token {
        /// Which.
        id: ApiTokenId,
        /// What it opens.
        scopes: Vec<Scope>,
    },
    /// A signed-in administrator, approver or auditor.
    Administrator {
        /// Who.
        id: AdministratorId,
        /// By which session.
        session_id: SessionId,
        /// What they may do.
        role: AdministratorRole,
    },
    /// The technical user of a third party's gateway: answers what that gateway is asked, changes that gateway's own entry, and nothing else.
    Provider {
        /// Who.
        id: AdministratorId,
        /// By which session.
        session_id: SessionId,
        /// Of which gateway.
        gateway_id: GatewayId,
    },
    /// Somebody at the command line of the machine: whoever may read the data folder may do everything.
    Operator,
    /// Keywright itself.
    System,
}

impl Caller {
    /// Keywright itself, for workers and schedules.
    pub fn system() -> Self {
        Self::local(Identity::System)
    }

    /// Somebody at the command line of the machine.
    pub fn operator() -> Self {
        Self::local(Identity::Operator)
    }

    fn local(identity: Identity) -> Self {
        Self { identity, address: None, request_id: Uuid::now_v7(), claim: None }
    }

    /// The one whom audit lines name.
    pub fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Anonymous => Actor::Anonymous,
            Identity::Developer { id, .. } => Actor::Developer(*id),
            Identity::Token { id, .. } => Actor::Token(*id),
            Identity::Administrator { id, .. } | Identity::Provider { id, .. } => Actor::Administrator(*id),
            Identity::Operator => Actor::Operator,
            Identity::System => Actor::System,
        }
    }

    /// The developer who calls, if one does.
    pub fn developer(&self) -> Option<DeveloperId> {
        match &self.identity {
            Identity::Developer { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The person who calls, if it is one who can ask for something or decide: auditors only look.
    pub fn person(&self) -> Option<Person> {
        match &self.identity {
            Identity::Developer { id, .. } => Some(Person::Developer(*id)),
            Identity::Administrator { role: AdministratorRole::Auditor, .. } => None,
            Identity::Administrator { id, .. } => Some(Person::Administrator(*id)),
            Identity::Anonymous
            | Identity::Token { .. }
            | Identity::Provider { .. }
            | Identity::Operator
            | Identity::System => None,
        }
    }

    /// The gateway whose technical user calls, if one does.
    pub fn provider(&self) -> Option<GatewayId> {
        match &self.identity {
            Identity::Provider { gateway_id, .. } => Some(*gateway_id),
            _ => None,
        }
    }

    /// Whether this is somebody who sees of everything only what waits for a decision.
    pub fn is_approver(&self) -> bool {
        matches!(self.identity, Identity::Administrator { role: AdministratorRole::Approver, .. })
    }

    /// Whether this is somebody known.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for nobody.
    pub(crate) fn must_be_known(&self) -> Result<()> {
        match &self.identity {
            Identity::Anonymous => Err(Error::Unauthenticated("sign in, or send an API token")),
            _ => Ok(()),
        }
    }

    /// The session that the call came with, if it came with one.
    pub fn session(&self) -> Option<SessionId> {
        match &self.identity {
            Identity::Developer { session_id, .. }
            | Identity::Administrator { session_id, .. }
            | Identity::Provider { session_id, .. } => Some(*session_id),
            _ => None,
        }
    }

    /// Whether this is an administrator, or a tool of one, who may do this with a resource.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for nobody, [`Error::Forbidden`] for developers, for roles that may not, and for tokens
    /// without the scope.
    pub fn must_administer(&self, resource: Resource, access: Access) -> Result<()> {
        match &self.identity {
            Identity::Anonymous => Err(Error::Unauthenticated("sign in, or send an API token")),
            Identity::Developer { .. } | Identity::Provider { .. } => {
                Err(Error::Forbidden("only administrators may do this".to_owned()))
            }
            Identity::Token { scopes, .. } => {
                let needed = Scope { resource: Some(resource), access };
                if scopes.iter().any(|scope| scope.includes(needed)) {
                    Ok(())
                } else {
                    Err(Error::Forbidden(format!("this token lacks the scope {needed}")))
                }
            }
            Identity::Administrator { role, .. } if role.allows_all(access) => Ok(()),
            Identity::Administrator { role, .. } => Err(not_in_role(*role)),
            Identity::Operator | Identity::System => Ok(()),
        }
    }

    /// Whether this is somebody who decides on what waits: an approver, or who may change such a thing in any way.
    ///
    /// # Errors
    /// As [`Caller::must_administer`].
    pub(crate) fn must_decide(&self, resource: Resource) -> Result<()> {
        match &self.identity {
            Identity::Administrator { role, .. } if role.decides() => Ok(()),
            _ => self.must_administer(resource, Access::Write),
        }
    }

    /// Refuses tokens that would make members of what they may not do themselves: members reach the credentials, the
    /// client and the subscriptions of an application.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for tokens that lack one of these scopes.
    pub(crate) fn must_reach_what_members_reach(&self) -> Result<()> {
        if !matches!(self.identity, Identity::Token { .. }) {
            return Ok(());
        }
        let reached = [Resource::Credentials, Resource::Clients, Resource::Subscriptions];
        reached.into_iter().try_for_each(|resource| self.must_administer(resource, Access::Write))
    }

    /// The developer who calls; otherwise an administrator who may do this with a resource.
    ///
    /// # Errors
    /// As [`Caller::must_administer`] for everybody but developers.
    pub(crate) fn developer_or_administrator(
        &self,
        resource: Resource,
        access: Access,
    ) -> Result<Option<DeveloperId>> {
        match self.developer() {
            Some(developer) => Ok(Some(developer)),
            None => self.must_administer(resource, access).map(|()| None),
        }
    }
}

fn not_in_role(role: AdministratorRole) -> Error {
    Error::Forbidden(format!("your role, {}, does not allow this", role.as_str()))
}

fn access(is_view: bool) -> Access {
    if is_view { Access::Read } else { Access::Write }
}

/// Loads a partner for somebody who wants to do something with it.
///
/// # Errors
/// [`Error::NotFound`] if it does not exist or a developer may not see it, [`Error::Forbidden`] if they may not do that.
pub(crate) async fn partner_for(
    read: Read<'_>,
    caller: &Caller,
    id: PartnerId,
    action: PartnerAction,
) -> Result<Partner> {
    let developer =
        caller.developer_or_administrator(Resource::Partners, access(action == PartnerAction::View))?;
    let partner: Partner = read.find_visible(id, developer).await?.ok_or(Error::NotFound(PartnerId::KIND))?;
    match developer {
        Some(developer) if !partner.allows(developer, PartnerAction::View) => {
            Err(Error::NotFound(PartnerId::KIND))
        }
        Some(developer) if !partner.allows(developer, action) => {
            Err(Error::Forbidden("your role at this partner does not allow this".to_owned()))
        }
        _ => Ok(partner),
    }
}

/// Loads an application for somebody who wants to do something with it. `resource` is what an API token must be open
/// for: the application itself, its credentials, its subscriptions.
///
/// # Errors
/// [`Error::NotFound`] if it does not exist or a developer may not see it, [`Error::Forbidden`] if they may not do that.
pub(crate) async fn application_for(
    read: Read<'_>,
    caller: &Caller,
    id: ApplicationId,
    resource: Resource,
    action: ApplicationAction,
) -> Result<Application> {
    if caller.is_approver() && matches!(resource, Resource::Applications | Resource::Subscriptions) {
        return application_to_decide(read, id, action).await;
    }
    let developer = caller.developer_or_administrator(resource, access(action == ApplicationAction::View))?;
    let application: Application =
        read.find_visible(id, developer).await?.ok_or(Error::NotFound(ApplicationId::KIND))?;
    let Some(developer) = developer else { return Ok(application) };
    let role = partner_role(read, application.owner, developer).await?;
    if !application.allows(developer, role, ApplicationAction::View) {
        return Err(Error::NotFound(ApplicationId::KIND));
    }
    if !application.allows(developer, role, action) {
        return Err(Error::Forbidden("your role at this application does not allow this".to_owned()));
    }
    Ok(application)
}

/// Approvers see an application while something about it waits for them.
async fn application_to_decide(
    read: Read<'_>,
    id: ApplicationId,
    action: ApplicationAction,
) -> Result<Application> {
    if action != ApplicationAction::View {
        return Err(not_in_role(AdministratorRole::Approver));
    }
    let waits =
        SubscriptionFilter { application_id: Some(id), undecided: true, ..SubscriptionFilter::default() };
    if read.subscriptions(&waits, PageRequest::first(1)).await?.items.is_empty() {
        return Err(Error::NotFound(ApplicationId::KIND));
    }
    read.find(id).await?.ok_or(Error::NotFound(ApplicationId::KIND))
}

/// The role of a developer at the partner that owns something, if a partner does.
pub(crate) async fn partner_role(
    read: Read<'_>,
    owner: Owner,
    developer: DeveloperId,
) -> Result<Option<PartnerRole>> {
    let Some(id) = owner.partner() else { return Ok(None) };
    let partner: Option<Partner> = read.find(id).await?;
    Ok(partner.and_then(|partner| partner.members.get(&developer).copied()))
}
