//! Administrators are invited: whoever proves to read mail at an address chooses a password and is one. Nobody else
//! ever knows it.

use domain::{
    Access, Administrator, AdministratorId, AdministratorInvitation, AdministratorInvitationId,
    AdministratorRole, Email, Instant, Invalid, InvitationStatus, Resource, Secret, SecretKind,
    check_password,
};
use store::{Read, Tx};

use crate::administrator::{may_make_administrators, must_have_a_gateway};
use crate::invitation::as_now;
use crate::{App, Caller, Created, Error, Page, PageRequest, Result};

const THIS: Resource = Resource::Administrators;
/// How many may wait for an answer.
const OPEN_AT_ONCE: u64 = 50;

#[macros::boxed]
impl App {
    /// Invites a mail address to run this installation in a role. The secret goes into the mail and nowhere else.
    ///
    /// # Errors
    /// As [`App::create_administrator_as`]; if the address is invited already, or too many are.
    pub async fn invite_administrator(
        &self,
        caller: &Caller,
        email: &str,
        role: Result<AdministratorRole, Invalid>,
    ) -> Result<Created<AdministratorInvitation>> {
        self.must_make_administrators(caller).await?;
        let role = role?;
        let address = Email::parse(email).map_err(|e| e.within("email"))?;
        // What comes to nothing costs no attempt. A repeated request is told what the first one made.
        if caller.claim.is_none() {
            must_be_nobody_yet(self.store.read(), &address, self.clock.now()).await?;
        }
        self.slow_down(caller, &address).await?;
        let id = self.new_id();
        let (secret, hash) = self.keys.mint(SecretKind::AdministratorInvitation);
        let mut tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        must_have_a_gateway(&tx, role).await?;
        let earlier = must_be_nobody_yet(tx.read(), &address, tx.now()).await?;
        let change = AdministratorInvitation::send(id, email, role, hash, caller.actor(), tx.now())?;
        if let Some(expired) = earlier {
            let withdrawn = expired.withdraw(tx.now())?;
            tx.save(withdrawn).await?;
        }
        if tx.read().count_open_administrator_invitations().await? >= OPEN_AT_ONCE {
            return Err(Error::Quota(format!(
                "at most {OPEN_AT_ONCE} invitations may be open at a time; withdraw some"
            )));
        }
        let invitation = match tx.save(change).await {
            Err(store::Error::Unique { .. }) => return Err(already_invited()),
            other => other?,
        };
        self.post_administrator_invitation(&tx, &invitation, &secret).await?;
        self.commit(tx).await?;
        Ok(Created::new(invitation))
    }

    /// Invitations to run this installation, from the newest to the oldest; `open`: only those that nobody answered
    /// yet, in time or not.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn administrator_invitations(
        &self,
        caller: &Caller,
        open: bool,
        page: PageRequest,
    ) -> Result<Page<AdministratorInvitation>> {
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().administrator_invitations(open, page).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// If the caller may not, or there is none.
    pub async fn administrator_invitation(
        &self,
        caller: &Caller,
        id: AdministratorInvitationId,
    ) -> Result<AdministratorInvitation> {
        caller.must_administer(THIS, Access::Read)?;
        let found = self.store.read().find(id).await?;
        found.ok_or(Error::NotFound(AdministratorInvitationId::KIND))
    }

    /// Sends another mail with another link, and the time begins anew; the last link is worth nothing from now on.
    ///
    /// # Errors
    /// If the caller may not make administrators, it was accepted or taken back, or the address got many mails lately.
    pub async fn resend_administrator_invitation(
        &self,
        caller: &Caller,
        id: AdministratorInvitationId,
    ) -> Result<AdministratorInvitation> {
        self.must_make_administrators(caller).await?;
        let invitation = self.administrator_invitation(caller, id).await?;
        let (secret, hash) = self.keys.mint(SecretKind::AdministratorInvitation);
        // Whether it can be sent again comes first: what cannot costs no attempt.
        drop(invitation.resend(hash, caller.actor(), self.clock.now())?);
        self.slow_down(caller, &invitation.email).await?;
        let mut tx = self.begin(caller).await?;
        let unknown = || Error::NotFound(AdministratorInvitationId::KIND);
        let invitation: AdministratorInvitation = tx.read().find(id).await?.ok_or_else(unknown)?;
        let change = invitation.resend(hash, caller.actor(), tx.now())?;
        let invitation = tx.save(change).await?;
        self.post_administrator_invitation(&tx, &invitation, &secret).await?;
        self.commit(tx).await?;
        Ok(invitation)
    }

    /// Takes one back: its link is worth nothing from now on.
    ///
    /// # Errors
    /// If the caller may not, or it was accepted or taken back before.
    pub async fn withdraw_administrator_invitation(
        &self,
        caller: &Caller,
        id: AdministratorInvitationId,
    ) -> Result<AdministratorInvitation> {
        caller.must_administer(THIS, Access::Write)?;
        let tx = self.begin(caller).await?;
        let unknown = || Error::NotFound(AdministratorInvitationId::KIND);
        let invitation: AdministratorInvitation = tx.read().find(id).await?.ok_or_else(unknown)?;
        let change = invitation.withdraw(tx.now())?;
        self.save(tx, change).await
    }

    /// What the secret out of the mail invites to, to be shown before it is accepted; `None` for an unknown one, which
    /// is looked at again when it is used.
    ///
    /// # Errors
    /// [`Error::Gone`] if it was used, taken back or replaced, or has expired.
    pub async fn administrator_invitation_behind(
        &self,
        token: &str,
    ) -> Result<Option<AdministratorInvitation>> {
        let hashes = self.keys.hashes(SecretKind::AdministratorInvitation, token);
        let found = self.store.read().administrator_invitation_by_hash(&hashes).await?;
        match found {
            Some(it) if it.status(self.clock.now()) != InvitationStatus::Open => Err(over()),
            found => Ok(found),
        }
    }

    /// Somebody becomes an administrator by the secret out of the mail, with a password that they choose.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown secret; [`Error::Gone`] if it was used or taken back, has expired, who sent it
    /// may not make administrators any more, or the address is an administrator's by now. If the password is too weak,
    /// the secret can be used again.
    pub async fn accept_administrator_invitation(
        &self,
        caller: &Caller,
        token: &str,
        password: &str,
    ) -> Result<Administrator> {
        let behind = self.administrator_invitation_behind(token).await?;
        let invitation = behind.ok_or(Error::NotFound("token"))?;
        check_password(password, &[invitation.email.as_str(), "keywright", "administrator"])?;
        let password_hash = self.passwords.hash(password).await?;
        let id: AdministratorId = self.new_id();
        let mut tx = self.begin(caller).await?;
        if !inviter_still_may(&tx, &invitation).await? {
            return Err(over());
        }
        let change = invitation.accept(id, tx.now()).map_err(|_| over())?;
        match tx.save(change).await {
            // Somebody was faster with the same link, or took it back, or sent another one.
            Err(store::Error::Stale) => return Err(over()),
            other => other?,
        };
        must_have_a_gateway(&tx, invitation.role).await?;
        let (email, role) = (invitation.email.as_str(), invitation.role);
        let change = Administrator::create(id, email, password_hash, role, tx.now())?;
        let administrator = match tx.save(change).await {
            Err(store::Error::Unique { .. }) => return Err(over()),
            other => other?,
        };
        self.commit(tx).await?;
        Ok(administrator)
    }

    async fn post_administrator_invitation(
        &self,
        tx: &Tx,
        invitation: &AdministratorInvitation,
        secret: &Secret,
    ) -> Result<()> {
        let desk = &self.settings.public_url;
        let url = format!("{desk}/administrator-invitation?token={}", secret.expose());
        let text = text(desk, invitation.role, &url);
        self.post(tx, &invitation.email, "You are invited to run an API desk", text).await
    }
}

/// An address that may be invited: its last invitation, if that has expired, makes room for another.
async fn must_be_nobody_yet(
    read: Read<'_>,
    address: &Email,
    now: Instant,
) -> Result<Option<AdministratorInvitation>> {
    if read.administrator_by_email(address).await?.is_some() {
        let message = "is taken: somebody who runs this installation has it";
        return Err(Error::conflict_in("email", "taken", message));
    }
    match read.open_administrator_invitation(address).await? {
        Some(earlier) if earlier.status(now) == InvitationStatus::Open => Err(already_invited()),
        earlier => Ok(earlier),
    }
}

/// Whether who sent it could send it now: a right that was lost takes its invitations along.
async fn inviter_still_may(tx: &Tx, invitation: &AdministratorInvitation) -> Result<bool> {
    let inviter = as_now(tx, invitation.invited_by).await?;
    Ok(inviter.is_some_and(|inviter| may_make_administrators(&inviter).is_ok()))
}

/// The mail. Nothing that somebody else typed is in it.
fn text(desk: &str, role: AdministratorRole, url: &str) -> String {
    let what = match role {
        AdministratorRole::Administrator => "an administrator: you may do everything there",
        AdministratorRole::Approver => "an approver: you decide on what waits for a decision",
        AdministratorRole::Auditor => "an auditor: you see everything and change nothing",
        AdministratorRole::Provider { .. } => "a provider: you answer for one gateway",
    };
    format!(
        "Hello,\n\nyou are invited to {desk} as {what}.\n\nChoose your password within 48 hours:\n\n{url}\n\nWhoever has this link can do that in your place: hand it on to nobody. If you do not know what this is about, there is nothing to do.\n"
    )
}

fn already_invited() -> Error {
    let message = "this address is invited already; send that invitation again, or withdraw it first";
    Error::conflict_in("email", "already_invited", message)
}

fn over() -> Error {
    Error::Gone("this invitation was used, withdrawn or sent again, or is too old; ask for a new one")
}
