//! What third parties' gateways report of calls that they let through.

use domain::{Access, ApiId, ApplicationId, Event, Gateway, Resource};
use serde_json::json;
use store::UsageReport;

use crate::{App, Caller, Error, Result};

#[macros::boxed]
impl App {
    /// Keeps a report of a call: of the technical user's own gateway, or from an administrator.
    ///
    /// # Errors
    /// If the caller may not, or the API is another gateway's.
    pub async fn report_usage(
        &self,
        caller: &Caller,
        application_id: Option<ApplicationId>,
        api_id: Option<ApiId>,
        call: serde_json::Value,
    ) -> Result<()> {
        let own = caller.provider();
        if own.is_none() {
            caller.must_administer(Resource::Requests, Access::Write)?;
        }
        let mut tx = self.begin(caller).await?;
        let of_api: Option<Gateway> = match api_id {
            Some(api) => tx.read().gateway_of_api(api).await?,
            None => None,
        };
        if own.is_some() && of_api.as_ref().map(|gateway| gateway.id) != own {
            return Err(Error::NotFound(ApiId::KIND));
        }
        let id = self.new_id();
        let gateway_id = of_api.as_ref().map(|gateway| gateway.id);
        let report = UsageReport { id, at: tx.now(), gateway_id, application_id, api_id, call };
        tx.put_usage_report(&report).await?;
        if let Some(gateway) = &of_api {
            tx.note(Event { action: "gateway.usage_reported", details: json!({}) }, gateway);
        }
        self.commit(tx).await
    }
}
