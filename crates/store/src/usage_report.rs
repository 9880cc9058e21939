//! What third parties' gateways report of calls that they let through.

use domain::{ApiId, ApplicationId, GatewayId, Instant};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::{Read, Result, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_reports")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub gateway_id: Option<Uuid>,
    pub application_id: Option<Uuid>,
    pub api_id: Option<Uuid>,
    pub call: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One call that a third party's gateway let through, in its own words.
#[derive(Clone, Debug)]
pub struct UsageReport {
    /// Its identity.
    pub id: Uuid,
    /// When it was reported.
    pub at: Instant,
    /// By which gateway; none: by an administrator.
    pub gateway_id: Option<GatewayId>,
    /// Whose call.
    pub application_id: Option<ApplicationId>,
    /// Of what.
    pub api_id: Option<ApiId>,
    /// Everything that was said about it.
    pub call: Json,
}

#[macros::boxed]
impl Tx {
    /// Keeps a report.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_usage_report(&self, report: &UsageReport) -> Result<()> {
        let row = ActiveModel {
            id: Set(report.id),
            at: Set(report.at.micros()),
            gateway_id: Set(report.gateway_id.map(|id| id.0)),
            application_id: Set(report.application_id.map(|id| id.0)),
            api_id: Set(report.api_id.map(|id| id.0)),
            call: Set(report.call.clone()),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// How many calls of an application were reported.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_usage_reports(&self, application: ApplicationId) -> Result<u64> {
        Ok(Entity::find().filter(Column::ApplicationId.eq(application.0)).count(&self.0).await?)
    }
}
