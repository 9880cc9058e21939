//! How much there is of everything.

use domain::{
    Access, Api, ApiVersion, Application, Credential, Developer, Partner, Plan, Resource, Subscription,
};

use crate::{App, Caller, Result};

/// How many there are.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Partners.
    pub partners: u64,
    /// Developers, whatever the state of their account.
    pub developers: u64,
    /// Applications.
    pub applications: u64,
    /// Credentials, ended ones included.
    pub credentials: u64,
    /// Subscriptions, whatever their status.
    pub subscriptions: u64,
    /// APIs.
    pub apis: u64,
    /// Versions of APIs.
    pub api_versions: u64,
    /// Plans.
    pub plans: u64,
}

#[macros::boxed]
impl App {
    /// Counts everything: administrators only.
    ///
    /// # Errors
    /// If the caller may not.
    pub async fn counts(&self, caller: &Caller) -> Result<Counts> {
        for resource in [Resource::Partners, Resource::Developers, Resource::Applications] {
            caller.must_administer(resource, Access::Read)?;
        }
        let read = self.store.read();
        Ok(Counts {
            partners: read.count::<Partner>().await?,
            developers: read.count::<Developer>().await?,
            applications: read.count::<Application>().await?,
            credentials: read.count::<Credential>().await?,
            subscriptions: read.count::<Subscription>().await?,
            apis: read.count::<Api>().await?,
            api_versions: read.count::<ApiVersion>().await?,
            plans: read.count::<Plan>().await?,
        })
    }
}
