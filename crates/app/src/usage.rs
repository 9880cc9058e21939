//! How often what was called, by whom, and how it was answered.

use domain::{Access, ApplicationAction, Invalid, Resource};
use store::{UsageCount, UsageDimension, UsageFilter};

use crate::caller::application_for;
use crate::developer::own_id;
use crate::{App, Caller, Result};

/// More rows than anybody reads are not made.
const MAX_ROWS: u64 = 10_000;

#[macros::boxed]
impl App {
    /// As [`App::usage`], of the applications of the developer's own; not of those of their partners.
    ///
    /// # Errors
    /// As [`App::usage`]; if the caller is no developer.
    pub async fn own_usage(
        &self,
        caller: &Caller,
        filter: UsageFilter,
        by: &[UsageDimension],
    ) -> Result<Vec<UsageCount>> {
        let owned_by = Some(own_id(caller)?);
        self.usage(caller, UsageFilter { owned_by, ..filter }, by).await
    }

    /// Whether any call was ever let through, at any node: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn was_any_call_allowed(&self, caller: &Caller) -> Result<bool> {
        caller.must_administer(Resource::Usage, Access::Read)?;
        let (_, _, here) = self.calls().all().next().unwrap_or_default();
        Ok(here > 0 || self.store.read().was_any_call_allowed().await?)
    }

    /// Counts of calls, told apart by some dimensions and summed up over the others: all of them for administrators; for
    /// developers those of applications that they may see. They are up to a second behind; days are those of UTC.
    ///
    /// # Errors
    /// If the caller is nobody, lacks the scope, or may not see the application in the filter; or if so many rows came of
    /// it that nobody could read them.
    pub async fn usage(
        &self,
        caller: &Caller,
        mut filter: UsageFilter,
        by: &[UsageDimension],
    ) -> Result<Vec<UsageCount>> {
        filter.visible_to = caller.developer_or_administrator(Resource::Usage, Access::Read)?;
        let read = self.store.read();
        if let Some(application) = filter.application_id {
            application_for(read, caller, application, Resource::Usage, ApplicationAction::View).await?;
        }
        let counts = read.usage(&filter, by, MAX_ROWS + 1).await?;
        if counts.len() as u64 > MAX_ROWS {
            let message = "covers too much: take longer steps, a shorter time, or fewer dimensions";
            return Err(Invalid::field("since", "too_many", message).into());
        }
        Ok(counts)
    }
}
