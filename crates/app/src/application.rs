//! Applications and their members.

use domain::{
    Access, Application, ApplicationAction, ApplicationDraft, ApplicationId, ApplicationRole,
    ApplicationState, AuthStrategy, AuthStrategyId, DeveloperId, Invalid, Owner, PartnerAction, Resource,
    Transition,
};
use store::Tx;

use crate::caller::{application_for, partner_for};
use crate::developer::own_id;
use crate::new_application::WantedApplication;
use crate::partner::must_be_active;
use crate::{
    App, ApplicationFilter, Caller, Created, Error, Page, PageRequest, Result, Slice, Sliced, expect_version,
};

const THIS: Resource = Resource::Applications;

#[macros::boxed]
impl App {
    /// Applications: all of them for administrators; for developers those that they may see.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn applications(
        &self,
        caller: &Caller,
        mut filter: ApplicationFilter,
        page: PageRequest,
    ) -> Result<Page<Application>> {
        filter.visible_to = caller.developer_or_administrator(THIS, Access::Read)?;
        Ok(self.store.read().applications(&filter, page).await?)
    }

    /// One application.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn application(&self, caller: &Caller, id: ApplicationId) -> Result<Application> {
        application_for(self.store.read(), caller, id, THIS, ApplicationAction::View).await
    }

    /// The developer's own applications, by numbered pages; not those of their partners.
    ///
    /// # Errors
    /// If the caller is no developer.
    pub async fn own_applications(
        &self,
        caller: &Caller,
        filter: ApplicationFilter,
        slice: Slice,
    ) -> Result<Sliced<Application>> {
        let owner = Some(Owner::Developer(own_id(caller)?));
        let filter = ApplicationFilter { owner, ..filter };
        Ok(self.store.read().applications_slice(&filter, slice).await?)
    }

    /// One of the developer's own applications, with how it authenticates.
    ///
    /// # Errors
    /// If the caller is no developer, or it is not theirs.
    pub async fn own_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
    ) -> Result<(Application, AuthStrategy)> {
        let owner = Owner::Developer(own_id(caller)?);
        let read = self.store.read();
        let application: Option<Application> = read.find(id).await?;
        let application = application
            .filter(|application| application.owner == owner)
            .ok_or(Error::NotFound(ApplicationId::KIND))?;
        let strategy: Option<AuthStrategy> = read.find(application.auth_strategy_id).await?;
        let strategy = strategy.ok_or(Error::NotFound(AuthStrategyId::KIND))?;
        Ok((application, strategy))
    }

    /// Makes an application. Developers make their own, or their partner's if they are its owners. If its strategy makes
    /// clients, it is one as well: its reference is the client's id then, and the answer holds the client's secret, which
    /// is never shown again.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken at that owner, or the owner has too many; if a reference
    /// is given for a client, which gets its id elsewhere; if that is at a bridge, and the bridge does not do its part.
    pub async fn create_application(
        &self,
        caller: &Caller,
        draft: ApplicationDraft,
        owner: Option<Owner>,
        auth_strategy_id: Option<AuthStrategyId>,
    ) -> Result<Created<Application>> {
        let developer = caller.developer_or_administrator(THIS, Access::Write)?;
        let owner = owner.or(developer.map(Owner::Developer));
        let wish =
            WantedApplication { id: self.new_id(), draft, owner, auth_strategy_id, scopes: Vec::new() };
        let Created { value, secret, replayed } = self.make_application(caller, wish).await?;
        Ok(Created { value: value.application, secret, replayed })
    }

    /// Makes an application in a transaction that does more, and no client with it.
    pub(crate) async fn add_application(
        &self,
        tx: &mut Tx,
        id: ApplicationId,
        draft: ApplicationDraft,
        owner: Owner,
        auth_strategy_id: Option<AuthStrategyId>,
    ) -> Result<Application> {
        self.check_application_quota(tx, owner).await?;
        let strategy = strategy(tx, auth_strategy_id).await?;
        if strategy.method.bridge_url().is_some() {
            let message = "the auth strategy has its clients made elsewhere: make the application alone";
            return Err(Error::conflict_in("auth_strategy_id", "bridged", message));
        }
        let change = Application::create(id, draft, owner, strategy.id, tx.now())?;
        check_reference(tx, change.after()).await?;
        Ok(tx.save(change).await?)
    }

    /// Changes an application, and its client where they hang together.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version; if its reference
    /// is the id of a client and shall be another.
    pub async fn update_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut ApplicationDraft) + Send,
    ) -> Result<Application> {
        let mut tx = self.begin(caller).await?;
        let application = application_for(tx.read(), caller, id, THIS, ApplicationAction::Edit).await?;
        expect_version(&application, expected)?;
        let strategy: Option<AuthStrategy> = tx.read().find(application.auth_strategy_id).await?;
        let strategy = strategy.ok_or(Error::NotFound(AuthStrategyId::KIND))?;
        let mut draft = application.draft();
        edit(&mut draft);
        let application = self.change_with_client(&mut tx, &application, &strategy, draft, None).await?;
        self.commit(tx).await?;
        Ok(application)
    }

    /// Removes an application with its credentials and subscriptions. Its calls are refused from now on.
    ///
    /// # Errors
    /// If the caller may not, or it is not at the expected version.
    pub async fn delete_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        expected: Option<i64>,
    ) -> Result<()> {
        let tx = self.begin(caller).await?;
        let application = application_for(tx.read(), caller, id, THIS, ApplicationAction::Delete).await?;
        expect_version(&application, expected)?;
        self.save(tx, Transition::delete(application, "application.deleted")).await.map(drop)
    }

    /// Stops an application's calls or lets them through again: administrators only.
    ///
    /// # Errors
    /// If the caller may not, or it is in that state already.
    pub async fn set_application_state(
        &self,
        caller: &Caller,
        id: ApplicationId,
        state: ApplicationState,
    ) -> Result<Application> {
        let tx = self.begin(caller).await?;
        let application = application_for(tx.read(), caller, id, THIS, ApplicationAction::View).await?;
        caller.must_administer(THIS, Access::Write)?;
        let change = application.set_state(state, tx.now())?;
        self.save(tx, change).await
    }

    /// Hands an application to another owner. A developer must be owner here and there.
    ///
    /// # Errors
    /// If the caller may not, the owner does not exist, is the same, or has an application of this name.
    pub async fn transfer_application(
        &self,
        caller: &Caller,
        id: ApplicationId,
        owner: Owner,
    ) -> Result<Application> {
        let tx = self.begin(caller).await?;
        let application = application_for(tx.read(), caller, id, THIS, ApplicationAction::Transfer).await?;
        let owner = self.owner_for(&tx, caller, Some(owner)).await?;
        self.check_application_quota(&tx, owner).await?;
        let change = application.transfer(owner, tx.now())?;
        self.save(tx, change).await
    }

    /// Adds a developer to an application, or changes the role.
    ///
    /// # Errors
    /// If the caller may not, or the developer is not registered and verified.
    pub async fn set_application_member(
        &self,
        caller: &Caller,
        id: ApplicationId,
        developer: DeveloperId,
        role: ApplicationRole,
    ) -> Result<Application> {
        let tx = self.begin(caller).await?;
        let application =
            application_for(tx.read(), caller, id, THIS, ApplicationAction::ManageMembers).await?;
        caller.must_reach_what_members_reach()?;
        must_be_active(tx.read().find(developer).await?)?;
        let change = application.set_member(developer, role, tx.now());
        self.save(tx, change).await
    }

    /// Takes a developer off an application.
    ///
    /// # Errors
    /// If the caller may not, or the developer is no member.
    pub async fn remove_application_member(
        &self,
        caller: &Caller,
        id: ApplicationId,
        developer: DeveloperId,
    ) -> Result<Application> {
        let tx = self.begin(caller).await?;
        let application =
            application_for(tx.read(), caller, id, THIS, ApplicationAction::ManageMembers).await?;
        if !application.members.contains_key(&developer) {
            return Err(Error::NotFound("member"));
        }
        let change = application.remove_member(developer, tx.now());
        self.save(tx, change).await
    }

    /// The owner of a new or transferred application: it must exist, and a developer must have the right to own there.
    pub(crate) async fn owner_for(&self, tx: &Tx, caller: &Caller, owner: Option<Owner>) -> Result<Owner> {
        let owner =
            owner.ok_or_else(|| Invalid::field("owner", "required", "must name a partner or a developer"))?;
        match (owner, caller.developer()) {
            (Owner::Partner(id), Some(_)) => {
                partner_for(tx.read(), caller, id, PartnerAction::CreateApplication).await?;
            }
            (Owner::Partner(id), None) => {
                let partner: Option<domain::Partner> = tx.read().find(id).await?;
                partner.ok_or_else(|| {
                    Invalid::field("owner.partner", "unknown", "must be an existing partner")
                })?;
            }
            (Owner::Developer(id), Some(developer)) if id != developer => {
                return Err(Error::Forbidden(
                    "you can make applications for yourself and your partners only".to_owned(),
                ));
            }
            (Owner::Developer(id), _) => {
                must_be_active(tx.read().find(id).await?).map_err(|e| e.within("owner"))?;
            }
        }
        Ok(owner)
    }

    pub(crate) async fn check_application_quota(&self, tx: &Tx, owner: Owner) -> Result<()> {
        let max = self.settings.applications_per_developer;
        let Owner::Developer(id) = owner else { return Ok(()) };
        // Bumping a row that all creates of this developer share makes them come one after the other.
        tx.lock_developer(id).await?;
        let filter = ApplicationFilter { owner: Some(owner), ..ApplicationFilter::default() };
        if tx.read().count_applications(&filter).await? >= max {
            return Err(Error::Quota(format!("Maximum number of Applications exceeded. Max Allowed: {max}")));
        }
        Ok(())
    }
}

/// What another system knows an application by must not be another application's id: an application without a
/// reference is known by that. (That no two have the same reference is held by a unique index.)
pub(crate) async fn check_reference(tx: &Tx, application: &Application) -> Result<()> {
    let Some(id) = application.reference.as_deref().and_then(domain::parse_uuid) else { return Ok(()) };
    let other: Option<Application> = if id == application.id.0 { None } else { tx.read().find(id).await? };
    match other {
        Some(_) => Err(Error::conflict_in("reference", "taken", "reference is taken; choose another")),
        None => Ok(()),
    }
}

/// The named strategy, or the default one.
pub(crate) async fn strategy(tx: &Tx, id: Option<AuthStrategyId>) -> Result<AuthStrategy> {
    match id {
        Some(id) => {
            let found: Option<AuthStrategy> = tx.read().find(id).await?;
            Ok(found.ok_or_else(|| {
                Invalid::field("auth_strategy_id", "unknown", "must be an existing auth strategy")
            })?)
        }
        None => tx.read().default_auth_strategy().await?.ok_or_else(|| {
            Error::conflict_in(
                "auth_strategy_id",
                "no_default_strategy",
                "there is no default auth strategy; name one in auth_strategy_id",
            )
        }),
    }
}
