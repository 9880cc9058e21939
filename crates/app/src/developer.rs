//! Developers: they manage their own account; administrators look, approve and delete, but never create.

use domain::{
    Access, Application, Developer, DeveloperCommand, DeveloperId, DeveloperState, GrantEnd, Invalid, Person,
    Resource, Session, Transition,
};
use store::{GrantsOf, Tx};

use crate::mail::greeting;
use crate::oauth::end_grants;
use crate::{
    App, ApplicationFilter, Caller, DeveloperFilter, Error, Page, PageRequest, PartnerFilter, Result,
    SubscriptionFilter, expect_version,
};

const THIS: Resource = Resource::Developers;
/// So many applications or partners are taken at once when an account is deleted.
const BATCH: u64 = 500;

#[macros::boxed]
impl App {
    /// All developers: administrators only; those who wait for approval: approvers, too.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn developers(
        &self,
        caller: &Caller,
        filter: &DeveloperFilter,
        page: PageRequest,
    ) -> Result<Page<Developer>> {
        if caller.is_approver() {
            let filter = DeveloperFilter { state: Some(DeveloperState::Pending), ..filter.clone() };
            return Ok(self.store.read().developers(&filter, page).await?);
        }
        caller.must_administer(THIS, Access::Read)?;
        Ok(self.store.read().developers(filter, page).await?)
    }

    /// One developer: administrators, and the developer; approvers, while something of the developer's waits.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn developer(&self, caller: &Caller, id: DeveloperId) -> Result<Developer> {
        if caller.is_approver() {
            return self.developer_to_decide(id).await;
        }
        match caller.developer_or_administrator(THIS, Access::Read)? {
            Some(own) if own != id => Err(Error::NotFound(DeveloperId::KIND)),
            _ => self.store.read().find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND)),
        }
    }

    async fn developer_to_decide(&self, id: DeveloperId) -> Result<Developer> {
        let read = self.store.read();
        let developer: Developer = read.find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        let waiting =
            SubscriptionFilter { visible_to: Some(id), undecided: true, ..SubscriptionFilter::default() };
        let concerns_them = developer.state == DeveloperState::Pending
            || !read.subscriptions(&waiting, PageRequest::first(1)).await?.items.is_empty();
        if concerns_them { Ok(developer) } else { Err(Error::NotFound(DeveloperId::KIND)) }
    }

    /// Approves or rejects a developer who waits: administrators and approvers. Shuts out and lets in again:
    /// administrators only. Whoever is shut out is signed out at once.
    ///
    /// # Errors
    /// If the caller may not, or the account's state does not allow it.
    pub async fn review_developer(
        &self,
        caller: &Caller,
        id: DeveloperId,
        expected: Option<i64>,
        command: DeveloperCommand,
    ) -> Result<Developer> {
        match command {
            DeveloperCommand::Approve | DeveloperCommand::Reject => caller.must_decide(THIS)?,
            DeveloperCommand::Revoke | DeveloperCommand::Verify { .. } => {
                caller.must_administer(THIS, Access::Write)?;
            }
        }
        let mut tx = self.begin(caller).await?;
        let developer: Developer = tx.read().find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        if caller.is_approver() && developer.state != DeveloperState::Pending {
            return Err(Error::NotFound(DeveloperId::KIND));
        }
        expect_version(&developer, expected)?;
        let developer = self.carry_out_review(&mut tx, developer, command).await?;
        // Nobody else has to decide any more.
        if let Some(approval) = tx.read().pending_approval_of_account(id).await? {
            let yes = command == DeveloperCommand::Approve;
            tx.save(approval.overrule(yes, tx.now())?).await?;
        }
        self.commit(tx).await?;
        Ok(developer)
    }

    /// Those who approve accounts have decided. An account that was decided on otherwise in the meantime stays as it is.
    pub(crate) async fn decide_account(&self, tx: &mut Tx, id: DeveloperId, yes: bool) -> Result<()> {
        let developer: Option<Developer> = tx.read().find(id).await?;
        if let Some(developer) = developer.filter(|it| it.state == DeveloperState::Pending) {
            let command = if yes { DeveloperCommand::Approve } else { DeveloperCommand::Reject };
            self.carry_out_review(tx, developer, command).await?;
        }
        Ok(())
    }

    async fn carry_out_review(
        &self,
        tx: &mut Tx,
        developer: Developer,
        command: DeveloperCommand,
    ) -> Result<Developer> {
        let developer = tx.save(developer.apply(command, tx.now())?).await?;
        match command {
            DeveloperCommand::Approve => {
                let text = format!(
                    "{}\n\nyour account is approved. Sign in: {}/sign-in\n",
                    greeting(&developer.name),
                    self.settings.public_url
                );
                self.post(tx, &developer.email, "Your account is approved", text).await?;
            }
            DeveloperCommand::Reject | DeveloperCommand::Revoke => end_sessions(tx, developer.id).await?,
            DeveloperCommand::Verify { .. } => {}
        }
        Ok(developer)
    }

    /// Deletes an account: administrators, and the developer. Memberships and sessions end, the developer's own
    /// applications go with their credentials and subscriptions.
    ///
    /// # Errors
    /// If the caller may not, or it is not at the expected version.
    pub async fn delete_developer(
        &self,
        caller: &Caller,
        id: DeveloperId,
        expected: Option<i64>,
    ) -> Result<()> {
        match caller.developer_or_administrator(THIS, Access::Write)? {
            Some(own) if own != id => return Err(Error::NotFound(DeveloperId::KIND)),
            _ => {}
        }
        let mut tx = self.begin(caller).await?;
        tx.lock_developer(id).await?;
        let developer: Developer = tx.read().find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        expect_version(&developer, expected)?;
        delete_own_applications(&mut tx, id).await?;
        leave_everything(&mut tx, id).await?;
        end_sessions(&mut tx, id).await?;
        tx.save(Transition::delete(developer, "developer.deleted")).await?;
        self.commit(tx).await
    }

    /// The sessions of a developer: administrators only. Developers see their own by [`App::sessions`].
    ///
    /// # Errors
    /// If the caller may not, or the developer does not exist.
    pub async fn developer_sessions(&self, caller: &Caller, id: DeveloperId) -> Result<Vec<Session>> {
        caller.must_administer(THIS, Access::Read)?;
        let now = self.clock.now();
        let _: Developer = self.developer(caller, id).await?;
        let sessions = self.store.read().sessions_of(Person::Developer(id)).await?;
        let lives = |session: &Session| self.is_session_alive(session, now) || session.is_renewable(now);
        Ok(sessions.into_iter().filter(lives).collect())
    }

    /// Signs a developer out everywhere: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or the developer does not exist.
    pub async fn end_developer_sessions(&self, caller: &Caller, id: DeveloperId) -> Result<()> {
        caller.must_administer(THIS, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let _: Developer = tx.read().find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        end_sessions(&mut tx, id).await?;
        self.commit(tx).await
    }

    /// The account of the developer who calls.
    ///
    /// # Errors
    /// If the caller is no developer.
    pub async fn account(&self, caller: &Caller) -> Result<Developer> {
        let id = own_id(caller)?;
        self.store.read().find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND))
    }

    /// The developer who calls deletes the account, as by [`App::delete_developer`].
    ///
    /// # Errors
    /// If the caller is no developer, or the account is not at the expected version.
    pub async fn delete_account(&self, caller: &Caller, expected: Option<i64>) -> Result<()> {
        self.delete_developer(caller, own_id(caller)?, expected).await
    }

    /// A developer changes their own account; what is not given stays.
    ///
    /// # Errors
    /// If the caller is no developer, the name is wrong, or the account is not at the expected version.
    pub async fn update_account(
        &self,
        caller: &Caller,
        expected: Option<i64>,
        name: Option<&str>,
    ) -> Result<Developer> {
        let id = own_id(caller)?;
        let tx = self.begin(caller).await?;
        let developer: Developer = tx.read().find(id).await?.ok_or(Error::NotFound(DeveloperId::KIND))?;
        expect_version(&developer, expected)?;
        let change = developer.rename(name.unwrap_or(developer.name.as_str()), tx.now())?;
        self.save(tx, change).await
    }

    /// A developer chooses another password, proving the present one. All sessions end.
    ///
    /// # Errors
    /// If the caller is no developer, the present password is wrong, the new one too weak, or there were too many bad
    /// tries: a session that somebody stole must not be good for guessing the password.
    pub async fn change_password(&self, caller: &Caller, present: &str, new: &str) -> Result<()> {
        let developer = self.account(caller).await?;
        self.take_guess(caller, &developer.email).await?;
        if !self.passwords.verify(present, developer.password_hash.clone()).await? {
            return Err(Invalid::field("current_password", "wrong", "is not your present password").into());
        }
        self.forgive_guesses(caller, &developer.email).await?;
        let hash = self.new_password(&developer, new).await.map_err(rename_password_field)?;
        let mut tx = self.begin(caller).await?;
        let change = developer.set_password(hash, tx.now());
        let developer = tx.save(change).await?;
        self.after_new_password(&mut tx, &developer).await?;
        self.commit(tx).await
    }
}

/// The developer who calls.
pub(crate) fn own_id(caller: &Caller) -> Result<DeveloperId> {
    match caller.developer() {
        Some(id) => Ok(id),
        None => {
            caller.must_administer(THIS, Access::Read)?;
            Err(Error::Forbidden("only developers have such an account".to_owned()))
        }
    }
}

fn rename_password_field(error: Error) -> Error {
    match error {
        Error::Invalid(invalid) => match invalid.fields().first() {
            Some(field) => Invalid::field("new_password", field.code, field.message.clone()).into(),
            None => Error::Invalid(invalid),
        },
        other => other,
    }
}

async fn end_sessions(tx: &mut Tx, developer: DeveloperId) -> Result<()> {
    for session in tx.read().sessions_of(Person::Developer(developer)).await? {
        tx.save(session.end()).await?;
    }
    end_grants(tx, GrantsOf::Developer(developer), GrantEnd::AccountChanged, |_| true).await
}

async fn delete_own_applications(tx: &mut Tx, developer: DeveloperId) -> Result<()> {
    let owner = Some(domain::Owner::Developer(developer));
    let filter = ApplicationFilter { owner, ..ApplicationFilter::default() };
    loop {
        let page: Page<Application> = tx.read().applications(&filter, PageRequest::first(BATCH)).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for application in page.items {
            tx.save(Transition::delete(application, "application.deleted")).await?;
        }
    }
}

async fn leave_everything(tx: &mut Tx, developer: DeveloperId) -> Result<()> {
    let of_partner = PartnerFilter { member: Some(developer), ..PartnerFilter::default() };
    loop {
        let page = tx.read().partners(&of_partner, PageRequest::first(BATCH)).await?;
        if page.items.is_empty() {
            break;
        }
        for partner in page.items {
            tx.save(partner.forget_member(developer, tx.now())).await?;
        }
    }
    let of_application = ApplicationFilter { member: Some(developer), ..ApplicationFilter::default() };
    loop {
        let page = tx.read().applications(&of_application, PageRequest::first(BATCH)).await?;
        if page.items.is_empty() {
            return Ok(());
        }
        for application in page.items {
            tx.save(application.remove_member(developer, tx.now())).await?;
        }
    }
}
