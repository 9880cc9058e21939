//! Calls that gateways were told to refuse, kept for a while: whoever got one asks why.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{Access, ApplicationAction, Resource};
use store::{RefusedCall, RefusedCallFilter};
use uuid::Uuid;

use crate::caller::application_for;
use crate::{App, Caller, Error, Page, PageRequest, Result};

/// So many are kept of a second: whoever makes more refused calls fills no disk with them. All are counted.
const OF_A_SECOND: usize = 200;
/// For how long they are kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// More than so many are not kept.
const MOST: u64 = 100_000;

/// Those that are not written down yet.
#[derive(Debug, Default)]
pub struct RefusedCalls(Mutex<Vec<RefusedCall>>);

impl RefusedCalls {
    /// Keeps one, if there is room for it in this second; else it is not even made.
    pub fn keep(&self, make: impl FnOnce() -> RefusedCall) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < OF_A_SECOND {
            kept.push(make());
        }
    }

    fn take(&self) -> Vec<RefusedCall> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes back what could not be written, as far as there is room.
    fn put_back(&self, taken: Vec<RefusedCall>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OF_A_SECOND.saturating_sub(kept.len());
        kept.extend(taken.into_iter().take(room));
    }
}

impl App {
    /// Refused calls, from the newest to the oldest: all for administrators; for developers those with credentials of
    /// applications that they may see. They are up to a second behind.
    ///
    /// # Errors
    /// If the caller is nobody, lacks the scope, or may not see the application in the filter.
    pub async fn refused_calls(
        &self,
        caller: &Caller,
        mut filter: RefusedCallFilter,
        page: PageRequest,
    ) -> Result<Page<RefusedCall>> {
        filter.visible_to = caller.developer_or_administrator(Resource::Usage, Access::Read)?;
        let read = self.store.read();
        if let Some(application) = filter.application_id {
            application_for(read, caller, application, Resource::Usage, ApplicationAction::View).await?;
        }
        Ok(read.refused_calls(&filter, page).await?)
    }

    /// The refused call with this request id.
    ///
    /// # Errors
    /// As [`App::refused_calls`]; if there is none, or none that the caller may see.
    pub async fn refused_call(&self, caller: &Caller, id: Uuid) -> Result<RefusedCall> {
        let filter = RefusedCallFilter { id: Some(id), ..RefusedCallFilter::default() };
        let found = self.refused_calls(caller, filter, PageRequest::first(1)).await?;
        found.items.into_iter().next().ok_or(Error::NotFound("refused call"))
    }

    pub(crate) async fn write_refused_calls(&self) -> Result<()> {
        let calls = self.refused_calls.take();
        if let Err(error) = self.store.write_refused_calls(&calls).await {
            self.refused_calls.put_back(calls);
            return Err(error.into());
        }
        Ok(())
    }

    pub(crate) async fn sweep_refused_calls(&self) -> Result<()> {
        Ok(self.store.sweep_refused_calls(self.clock.now() - KEPT, MOST).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Instant;

    fn call() -> RefusedCall {
        RefusedCall {
            id: Uuid::now_v7(),
            at: Instant::from_micros(0),
            status: 403,
            reason: "api_unknown".to_owned(),
            application_id: None,
            api_version_id: None,
            method: "GET".to_owned(),
            host: String::new(),
            path: "/".to_owned(),
            address: None,
        }
    }

    #[test]
    fn a_flood_is_not_kept() {
        let calls = RefusedCalls::default();
        for _ in 0..OF_A_SECOND {
            calls.keep(call);
        }
        calls.keep(|| panic!("there is no room"));
        let taken = calls.take();
        assert_eq!(taken.len(), OF_A_SECOND);
        calls.keep(call);
        calls.put_back(taken);
        assert_eq!(calls.take().len(), OF_A_SECOND);
        assert!(calls.take().is_empty());
    }
}
