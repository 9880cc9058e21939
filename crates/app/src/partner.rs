//! Partners and their members.

use domain::{
    Access, Developer, DeveloperId, DeveloperState, Invalid, Partner, PartnerAction, PartnerDraft, PartnerId,
    PartnerRole, Resource, Transition,
};

use crate::caller::partner_for;
use crate::{App, Caller, Created, Error, Page, PageRequest, PartnerFilter, Result, expect_version};

#[macros::boxed]
impl App {
    /// Partners: all of them for administrators, their own for developers.
    ///
    /// # Errors
    /// If the caller is nobody or lacks the scope.
    pub async fn partners(
        &self,
        caller: &Caller,
        mut filter: PartnerFilter,
        page: PageRequest,
    ) -> Result<Page<Partner>> {
        if let Some(developer) = caller.developer_or_administrator(Resource::Partners, Access::Read)? {
            filter.member = Some(developer);
        }
        Ok(self.store.read().partners(&filter, page).await?)
    }

    /// One partner.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn partner(&self, caller: &Caller, id: PartnerId) -> Result<Partner> {
        partner_for(self.store.read(), caller, id, PartnerAction::View).await
    }

    /// Makes a partner: administrators only.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, or the name is taken.
    pub async fn create_partner(&self, caller: &Caller, draft: PartnerDraft) -> Result<Created<Partner>> {
        caller.must_administer(Resource::Partners, Access::Write)?;
        let id = self.new_id();
        let tx = self.begin(caller).await?;
        if let Some(done) = self.replay(&tx, caller, id, None).await? {
            return Ok(done);
        }
        let partner = Partner::create(id, draft, tx.now())?;
        Ok(Created::new(self.save(tx, partner).await?))
    }

    /// Changes a partner. Roles can be changed by administrators only.
    ///
    /// # Errors
    /// If the caller may not, a field is wrong, the name is taken, or it is not at the expected version.
    pub async fn update_partner(
        &self,
        caller: &Caller,
        id: PartnerId,
        expected: Option<i64>,
        edit: impl FnOnce(&mut PartnerDraft) + Send,
    ) -> Result<Partner> {
        let tx = self.begin(caller).await?;
        let partner = partner_for(tx.read(), caller, id, PartnerAction::Edit).await?;
        expect_version(&partner, expected)?;
        let mut draft = partner.draft();
        edit(&mut draft);
        if draft.roles != partner.roles && caller.developer().is_some() {
            return Err(Error::Forbidden("only administrators assign roles to partners".to_owned()));
        }
        let change = partner.update(draft, tx.now())?;
        self.save(tx, change).await
    }

    /// Removes a partner: administrators only. Its applications must be removed or transferred first.
    ///
    /// # Errors
    /// If the caller may not, or applications are left.
    pub async fn delete_partner(&self, caller: &Caller, id: PartnerId, expected: Option<i64>) -> Result<()> {
        caller.must_administer(Resource::Partners, Access::Write)?;
        let mut tx = self.begin(caller).await?;
        let partner = partner_for(tx.read(), caller, id, PartnerAction::Edit).await?;
        expect_version(&partner, expected)?;
        match tx.save(Transition::delete(partner, "partner.deleted")).await {
            Err(store::Error::Reference) => {
                let message = "the partner still has applications; delete or transfer them first";
                return Err(Error::conflict("in_use", message));
            }
            other => other?,
        };
        self.commit(tx).await
    }

    /// Adds a developer to a partner, or changes the role.
    ///
    /// # Errors
    /// If the caller may not, the developer is not registered and verified, or the last owner would lose the role.
    pub async fn set_partner_member(
        &self,
        caller: &Caller,
        id: PartnerId,
        developer: DeveloperId,
        role: PartnerRole,
    ) -> Result<Partner> {
        let tx = self.begin(caller).await?;
        let partner = partner_for(tx.read(), caller, id, PartnerAction::ManageMembers).await?;
        caller.must_reach_what_members_reach()?;
        must_be_active(tx.read().find(developer).await?)?;
        let change = partner.set_member(developer, role, tx.now())?;
        self.save(tx, change).await
    }

    /// Takes a developer off a partner.
    ///
    /// # Errors
    /// If the caller may not, the developer is no member, or is the last owner.
    pub async fn remove_partner_member(
        &self,
        caller: &Caller,
        id: PartnerId,
        developer: DeveloperId,
    ) -> Result<Partner> {
        let tx = self.begin(caller).await?;
        let partner = partner_for(tx.read(), caller, id, PartnerAction::ManageMembers).await?;
        if !partner.members.contains_key(&developer) {
            return Err(Error::NotFound("member"));
        }
        let change = partner.remove_member(developer, tx.now())?;
        self.save(tx, change).await
    }
}

/// Only people who have proven their address, and whose account is open, are put on partners and applications. The
/// answer does not say which of these is missing.
pub(crate) fn must_be_active(developer: Option<Developer>) -> Result<Developer, Invalid> {
    let active = developer.filter(|developer| developer.state == DeveloperState::Approved);
    active.ok_or_else(|| {
        Invalid::field("developer_id", "not_active", "must be a registered and verified developer")
    })
}
