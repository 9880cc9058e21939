//! What somebody may do with what they see, for pages that offer only that; and what happened to it.

use domain::{Access, Application, ApplicationAction, Partner, PartnerAction, Resource};
use store::AuditFilter;

use crate::caller::{application_for, partner_role};
use crate::{App, AuditLine, Caller, Page, PageRequest, Result};

/// What somebody may do with an application.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// Change its name and description.
    pub edit: bool,
    /// Issue, rotate and end credentials.
    pub credentials: bool,
    /// Make, change and end its OAuth settings.
    pub client: bool,
    /// Ask for, change and end subscriptions.
    pub subscriptions: bool,
    /// Add, change and remove members.
    pub members: bool,
    /// Hand it to another owner.
    pub transfer: bool,
    /// Remove it.
    pub delete: bool,
}

#[macros::boxed]
impl App {
    /// What the caller may do with an application that they were shown.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn application_rights(&self, caller: &Caller, application: &Application) -> Result<Rights> {
        let Some(developer) = caller.developer() else {
            let may = caller.must_administer(Resource::Applications, Access::Write).is_ok();
            let (edit, credentials, client, subscriptions, members) = (may, may, may, may, may);
            let (transfer, delete) = (may, may);
            return Ok(Rights { edit, credentials, client, subscriptions, members, transfer, delete });
        };
        let role = partner_role(self.store.read(), application.owner, developer).await?;
        let may = |action| application.allows(developer, role, action);
        Ok(Rights {
            edit: may(ApplicationAction::Edit),
            credentials: may(ApplicationAction::ManageCredentials),
            client: may(ApplicationAction::ManageClient),
            subscriptions: may(ApplicationAction::ManageSubscriptions),
            members: may(ApplicationAction::ManageMembers),
            transfer: may(ApplicationAction::Transfer),
            delete: may(ApplicationAction::Delete),
        })
    }

    /// Whether the caller may change a partner that they were shown.
    pub fn may_edit_partner(&self, caller: &Caller, partner: &Partner) -> bool {
        match caller.developer() {
            Some(developer) => partner.allows(developer, PartnerAction::Edit),
            None => caller.must_administer(Resource::Partners, Access::Write).is_ok(),
        }
    }

    /// What happened to an application and to what belongs to it, for whoever may see it.
    ///
    /// # Errors
    /// If it does not exist or the caller may not see it.
    pub async fn application_activity(
        &self,
        caller: &Caller,
        id: domain::ApplicationId,
        page: PageRequest,
    ) -> Result<Page<AuditLine>> {
        let read = self.store.read();
        if caller.developer().is_none() {
            caller.must_administer(Resource::Applications, Access::Read)?;
        }
        application_for(read, caller, id, Resource::Applications, ApplicationAction::View).await?;
        let filter = AuditFilter { application_id: Some(id.0), ..AuditFilter::default() };
        Ok(self.store.read().audit_lines(&filter, page).await?)
    }
}
