//! Invitations: owners ask a mail address to join a partner or an application; whoever proves to read it may accept.

use std::time::Duration;

use domain::{
    Access, Actor, Administrator, ApiToken, Application, ApplicationAction, Developer, DeveloperId, Email,
    Invitation, InvitationId, InvitationStatus, Membership, Name, Partner, PartnerAction, Resource,
    SecretKind, SessionId,
};
use store::{InvitationFilter, Read, Tx};
use uuid::Uuid;

use crate::caller::{application_for, partner_for};
use crate::sign_in::administrator_identity;
use crate::{App, Caller, Created, Error, Identity, Page, PageRequest, Result};

/// How many may wait for an answer to one partner or application.
const OPEN_AT_ONCE: u64 = 50;

/// Up to three invitations an hour to an address, whoever sends them; after that one an hour.
fn to_one_address(sent: u32) -> Duration {
    if sent < 3 { Duration::ZERO } else { Duration::from_secs(3_600) }
}

/// Up to fifty by one person; after that one a quarter of an hour: mails to strangers are not to be sent from here.
fn by_one_person(sent: u32) -> Duration {
    if sent < 50 { Duration::ZERO } else { Duration::from_secs(900) }
}

#[macros::boxed]
impl App {
    /// Invites a mail address to a partner or an application. The secret goes into the mail and nowhere else.
    ///
    /// # Errors
    /// If the caller may not manage members there, the address is none, it is invited already, or too many are.
    pub async fn invite(&self, caller: &Caller, email: &str, to: Membership) -> Result<Created<Invitation>> {
        self.may_invite(self.store.read(), caller, to).await?;
        let address = Email::parse(email).map_err(|e| e.within("email"))?;
        self.slow_down(caller, &address).await?;
        let id = self.new_id();
        let (secret, hash) = self.keys.mint(SecretKind::Invitation);
        let mut tx = self.begin(caller).await?;
        let name = self.may_invite(tx.read(), caller, to).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let change = Invitation::send(id, email, to, hash, caller.actor(), tx.now())?;
        if let Some(earlier) = tx.read().open_invitation(to, &address).await? {
            if earlier.status(tx.now()) == InvitationStatus::Open {
                return Err(already_invited());
            }
            // It has expired: this one takes its place.
            let withdrawn = earlier.withdraw(tx.now())?;
            tx.save(withdrawn).await?;
        }
        if tx.read().count_open_invitations(InvitationFilter::beside(to)).await? >= OPEN_AT_ONCE {
            return Err(Error::Quota(format!(
                "at most {OPEN_AT_ONCE} invitations may be open at a time; withdraw some"
            )));
        }
        let invitation = match tx.save(change).await {
            Err(store::Error::Unique { .. }) => return Err(already_invited()),
            other => other?,
        };
        let url = format!("{}/invitation?token={}", self.settings.public_url, secret.expose());
        self.post(&tx, &address, "You are invited", text(&name, to, &url)).await?;
        self.commit(tx).await?;
        Ok(Created::new(invitation))
    }

    /// The invitations to a partner or an application, ended ones included: for administrators, and for those who
    /// manage its members.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn invitations(
        &self,
        caller: &Caller,
        filter: InvitationFilter,
        page: PageRequest,
    ) -> Result<Page<Invitation>> {
        let read = self.store.read();
        match filter {
            InvitationFilter::Partner(id) => {
                partner_for(read, caller, id, looking_at_partner(caller)).await?;
            }
            InvitationFilter::Application(id) => {
                let action = looking_at_application(caller);
                application_for(read, caller, id, Resource::Applications, action).await?;
            }
        }
        Ok(read.invitations(filter, page).await?)
    }

    /// One invitation.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn invitation(&self, caller: &Caller, id: InvitationId) -> Result<Invitation> {
        let (partner, application) = (looking_at_partner(caller), looking_at_application(caller));
        invitation_for(self.store.read(), caller, id, partner, application).await
    }

    /// Takes an invitation back: its link is worth nothing from now on.
    ///
    /// # Errors
    /// If the caller may not manage members there, or it was accepted or taken back before.
    pub async fn withdraw_invitation(&self, caller: &Caller, id: InvitationId) -> Result<Invitation> {
        let tx = self.begin(caller).await?;
        let (partner, application) = (PartnerAction::ManageMembers, ApplicationAction::ManageMembers);
        let invitation = invitation_for(tx.read(), caller, id, partner, application).await?;
        let change = invitation.withdraw(tx.now())?;
        self.save(tx, change).await
    }

    /// What the secret out of the mail invites to, and what that is called, for whom it is meant; `None` as long as the
    /// secret does not open it for this caller.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn invitation_behind(
        &self,
        caller: &Caller,
        token: &str,
    ) -> Result<Option<(Invitation, Name)>> {
        let Some(developer) = caller.developer() else { return Ok(None) };
        let hashes = self.keys.hashes(SecretKind::Invitation, token);
        let read = self.store.read();
        let developer: Option<Developer> = read.find(developer).await?;
        let found = read.invitation_by_hash(&hashes).await?;
        let now = self.clock.now();
        let (Some(developer), Some(invitation)) = (developer, found) else { return Ok(None) };
        if !invitation.is_for(&developer) || invitation.status(now) != InvitationStatus::Open {
            return Ok(None);
        }
        let name = match invitation.to {
            Membership::Partner(id, _) => read.find(id).await?.map(|it: Partner| it.name),
            Membership::Application(id, _) => read.find(id).await?.map(|it: Application| it.name),
        };
        Ok(name.map(|name| (invitation, name)))
    }

    /// Joins by the secret out of the mail: a signed-in developer with exactly the address that was invited, proven.
    /// The role is the one that was invited to.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown secret and for somebody else's; [`Error::Gone`] if it was used, taken back,
    /// has expired, or who sent it may not invite any more; a conflict if the caller is a member already.
    pub async fn accept_invitation(&self, caller: &Caller, token: &str) -> Result<Invitation> {
        let Some(developer) = caller.developer() else {
            caller.must_administer(Resource::Developers, Access::Read)?;
            return Err(Error::Forbidden("only developers accept invitations; sign in as one".to_owned()));
        };
        let hashes = self.keys.hashes(SecretKind::Invitation, token);
        let mut tx = self.begin(caller).await?;
        let unknown = || Error::NotFound(InvitationId::KIND);
        let developer: Developer = tx.read().find(developer).await?.ok_or_else(unknown)?;
        let invitation = tx.read().invitation_by_hash(&hashes).await?;
        let invitation = invitation.filter(|it| it.is_for(&developer)).ok_or_else(unknown)?;
        if invitation.status(tx.now()) != InvitationStatus::Open
            || !self.inviter_still_may(&tx, &invitation).await?
        {
            return Err(over());
        }
        let change = invitation.accept(developer.id, tx.now())?;
        let accepted = match tx.save(change).await {
            // Somebody was faster with the same link, or took it back.
            Err(store::Error::Stale) => return Err(over()),
            other => other?,
        };
        join(&mut tx, developer.id, accepted.to).await?;
        self.commit(tx).await?;
        Ok(accepted)
    }

    /// Whether the caller manages members there; the name of it.
    async fn may_invite(&self, read: Read<'_>, caller: &Caller, to: Membership) -> Result<Name> {
        caller.must_reach_what_members_reach()?;
        match to {
            Membership::Partner(id, _) => {
                Ok(partner_for(read, caller, id, PartnerAction::ManageMembers).await?.name)
            }
            Membership::Application(id, _) => {
                let (of, action) = (Resource::Applications, ApplicationAction::ManageMembers);
                Ok(application_for(read, caller, id, of, action).await?.name)
            }
        }
    }

    /// Whether who sent it could send it now: a right that was lost takes its invitations along.
    async fn inviter_still_may(&self, tx: &Tx, invitation: &Invitation) -> Result<bool> {
        let Some(inviter) = as_now(tx, invitation.invited_by).await? else { return Ok(false) };
        match self.may_invite(tx.read(), &inviter, invitation.to).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_) | Error::Forbidden(_) | Error::Unauthenticated(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Who invites many, and who is invited often, has to wait.
    pub(crate) async fn slow_down(&self, caller: &Caller, address: &Email) -> Result<()> {
        let (_, actor) = caller.actor().parts();
        let marks = self.keys.marks();
        let by = marks.fingerprint("invitations by", &[actor.unwrap_or_default().as_bytes()]);
        let to = marks.fingerprint("invitations to", &[address.unique_key().as_bytes()]);
        let now = self.clock.now();
        // Administrators' own pace is limited by their tokens.
        let by_person = match caller.developer() {
            Some(_) => self.store.take_attempt(&by, now, by_one_person).await?,
            None => None,
        };
        let until = match by_person {
            Some(until) => Some(until),
            None => self.store.take_attempt(&to, now, to_one_address).await?,
        };
        match until {
            Some(until) => Err(Error::Limited { retry_after_s: until.since(now).as_secs() + 1 }),
            None => Ok(()),
        }
    }
}

/// The one who did something earlier, with what they may do now; `None` if they may do nothing any more.
pub(crate) async fn as_now(tx: &Tx, actor: Actor) -> Result<Option<Caller>> {
    let no_session = SessionId(Uuid::nil());
    let identity = match actor {
        Actor::System => Some(Identity::System),
        Actor::Operator => Some(Identity::Operator),
        Actor::Anonymous => None,
        Actor::Developer(id) => {
            let developer: Option<Developer> = tx.read().find(id).await?;
            let developer = developer.filter(|it| it.state == domain::DeveloperState::Approved);
            developer.map(|_| Identity::Developer { id, session_id: no_session })
        }
        Actor::Administrator(id) => {
            let administrator: Option<Administrator> = tx.read().find(id).await?;
            let administrator = administrator.filter(|it| it.disabled_at.is_none());
            administrator.map(|it| administrator_identity(&it, no_session))
        }
        Actor::Token(id) => {
            let token: Option<ApiToken> = tx.read().find(id).await?;
            let token = token.filter(|token| token.is_usable(tx.now()));
            token.map(|token| Identity::Token { id, scopes: token.scopes })
        }
    };
    Ok(identity.map(|identity| Caller { identity, ..Caller::system() }))
}

/// Makes somebody a member. Who is one already stays as they are: an invitation lowers nobody.
async fn join(tx: &mut Tx, developer: DeveloperId, to: Membership) -> Result<()> {
    match to {
        Membership::Partner(id, role) => {
            let partner: Partner = tx.read().find(id).await?.ok_or_else(over)?;
            if partner.members.contains_key(&developer) {
                return Err(already_member());
            }
            let change = partner.set_member(developer, role, tx.now())?;
            tx.save(change).await?;
        }
        Membership::Application(id, role) => {
            let application: Application = tx.read().find(id).await?.ok_or_else(over)?;
            if application.members.contains_key(&developer) {
                return Err(already_member());
            }
            let change = application.set_member(developer, role, tx.now());
            tx.save(change).await?;
        }
    }
    Ok(())
}

/// Developers who may not manage members see no addresses of those who are invited.
fn looking_at_partner(caller: &Caller) -> PartnerAction {
    if caller.developer().is_some() { PartnerAction::ManageMembers } else { PartnerAction::View }
}

fn looking_at_application(caller: &Caller) -> ApplicationAction {
    if caller.developer().is_some() || caller.is_approver() {
        ApplicationAction::ManageMembers
    } else {
        ApplicationAction::View
    }
}

/// Loads an invitation for somebody who wants to do something with it: their right comes from what it invites to.
async fn invitation_for(
    read: Read<'_>,
    caller: &Caller,
    id: InvitationId,
    at_partner: PartnerAction,
    at_application: ApplicationAction,
) -> Result<Invitation> {
    let unknown = || Error::NotFound(InvitationId::KIND);
    let developer = match caller.developer() {
        Some(developer) => Some(developer),
        None => {
            let one_of = [Resource::Partners, Resource::Applications];
            let refused = one_of.map(|of| caller.must_administer(of, Access::Read)).into_iter();
            refused.reduce(|first, second| if first.is_ok() { first } else { second }).unwrap_or(Ok(()))?;
            None
        }
    };
    let invitation: Invitation = read.find_visible(id, developer).await?.ok_or_else(unknown)?;
    let allowed = match invitation.to {
        Membership::Partner(id, _) => partner_for(read, caller, id, at_partner).await.map(drop),
        Membership::Application(id, _) => {
            application_for(read, caller, id, Resource::Applications, at_application).await.map(drop)
        }
    };
    match allowed {
        Ok(()) => Ok(invitation),
        Err(Error::NotFound(_)) => Err(unknown()),
        Err(error) => Err(error),
    }
}

/// The mail. Names are chosen by people: one that looks like a link is left out.
fn text(name: &Name, to: Membership, url: &str) -> String {
    let (kind, role) = match to {
        Membership::Partner(_, domain::PartnerRole::Owner) => ("the partner", "an owner"),
        Membership::Partner(_, domain::PartnerRole::ReadOnly) => ("the partner", "a member who may look"),
        Membership::Application(_, domain::ApplicationRole::Owner) => ("the application", "an owner"),
        Membership::Application(_, domain::ApplicationRole::Developer) => ("the application", "a developer"),
        Membership::Application(_, domain::ApplicationRole::ReadOnly) => {
            ("the application", "a member who may look")
        }
    };
    let named = if crate::mail::looks_like_a_link(name) { String::new() } else { format!(" {name}") };
    format!(
        "Hello,\n\nyou are invited to join {kind}{named} as {role}.\n\nAccept within 7 days, signed in with this address; if you have no account yet, register with this address first and come back to this link:\n\n{url}\n\nIf you do not know what this is about, there is nothing to do.\n"
    )
}

fn already_invited() -> Error {
    let message = "this address is invited already; withdraw that invitation first";
    Error::conflict_in("email", "already_invited", message)
}

fn already_member() -> Error {
    Error::conflict("already_member", "you are a member already; your role stays as it is")
}

fn over() -> Error {
    Error::Gone("this invitation was used, withdrawn, or is too old; ask for a new one")
}
