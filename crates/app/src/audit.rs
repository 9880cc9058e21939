//! Reading the audit log.

use domain::{Access, Resource};

use crate::{App, AuditFilter, AuditLine, Caller, Page, PageRequest, Result};

#[macros::boxed]
impl App {
    /// Audit lines, from the newest to the oldest.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn audit_lines(
        &self,
        caller: &Caller,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditLine>> {
        caller.must_administer(Resource::Audit, Access::Read)?;
        Ok(self.store.read().audit_lines(filter, page).await?)
    }
}
