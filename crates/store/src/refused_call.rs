//! Calls that gateways were told to refuse.

use domain::{ApiVersionId, ApplicationId, DeveloperId, Instant};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::subscription::application_ids_visible_to;
use crate::{Page, PageRequest, Read, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refused_calls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at: i64,
    pub status: i32,
    pub reason: String,
    pub application_id: Option<Uuid>,
    pub api_version_id: Option<Uuid>,
    pub method: String,
    pub host: String,
    pub path: String,
    pub address: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A call that a gateway was told to refuse. Neither its query nor what it carried is kept: there are secrets in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCall {
    /// The `X-Keywright-Request-Id` of the answer (UUID version 7: in the order of time).
    pub id: Uuid,
    /// When.
    pub at: Instant,
    /// What the gateway was answered.
    pub status: u16,
    /// Why: the code.
    pub reason: String,
    /// Whose credential it carried, as far as it is known.
    pub application_id: Option<ApplicationId>,
    /// What was called, if anything is published there.
    pub api_version_id: Option<ApiVersionId>,
    /// As the gateway told it; empty if it told none.
    pub method: String,
    /// As the gateway told it, cut off where it is too long.
    pub host: String,
    /// As the gateway told it, without the query, cut off where it is too long.
    pub path: String,
    /// Where it came from, as far as the gateway is believed.
    pub address: Option<String>,
}

/// Which refused calls are wanted.
#[derive(Clone, Debug, Default)]
pub struct RefusedCallFilter {
    /// This one.
    pub id: Option<Uuid>,
    /// With credentials of this application.
    pub application_id: Option<ApplicationId>,
    /// Of this version.
    pub api_version_id: Option<ApiVersionId>,
    /// For this reason.
    pub reason: Option<String>,
    /// With credentials of applications that this developer may see.
    pub visible_to: Option<DeveloperId>,
}

impl RefusedCallFilter {
    fn select(&self) -> Select<Entity> {
        let mut select = Entity::find();
        let ids = [
            (Column::Id, self.id),
            (Column::ApplicationId, self.application_id.map(|id| id.0)),
            (Column::ApiVersionId, self.api_version_id.map(|id| id.0)),
        ];
        for (column, id) in ids {
            if let Some(id) = id {
                select = select.filter(column.eq(id));
            }
        }
        if let Some(reason) = &self.reason {
            select = select.filter(crate::read::is_word(Column::Reason, reason));
        }
        if let Some(developer) = self.visible_to {
            select = select.filter(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)));
        }
        select
    }
}

impl From<Model> for RefusedCall {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            at: Instant::from_micros(row.at),
            status: u16::try_from(row.status).unwrap_or_default(),
            reason: row.reason,
            application_id: row.application_id.map(ApplicationId),
            api_version_id: row.api_version_id.map(ApiVersionId),
            method: row.method,
            host: row.host,
            path: row.path,
            address: row.address,
        }
    }
}

impl From<&RefusedCall> for ActiveModel {
    fn from(call: &RefusedCall) -> Self {
        Self {
            id: Set(call.id),
            at: Set(call.at.micros()),
            status: Set(call.status.into()),
            reason: Set(call.reason.clone()),
            application_id: Set(call.application_id.map(|id| id.0)),
            api_version_id: Set(call.api_version_id.map(|id| id.0)),
            method: Set(call.method.clone()),
            host: Set(call.host.clone()),
            path: Set(call.path.clone()),
            address: Set(call.address.clone()),
        }
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Refused calls, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn refused_calls(
        &self,
        filter: &RefusedCallFilter,
        page: PageRequest,
    ) -> Result<Page<RefusedCall>> {
        let mut select = filter.select().order_by_desc(Column::Id).limit(page.limit.saturating_add(1));
        if let Some(after) = page.after {
            select = select.filter(Column::Id.lt(after));
        }
        let mut rows = select.all(&self.0).await?;
        let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = if more { rows.last().map(|row| row.id) } else { None };
        Ok(Page { items: rows.into_iter().map(RefusedCall::from).collect(), next })
    }
}

#[macros::boxed]
impl Store {
    /// Writes refused calls down. Nobody's act: no audit line.
    ///
    /// # Errors
    /// If the database is not available; then none of them is written.
    pub async fn write_refused_calls(&self, calls: &[RefusedCall]) -> Result<()> {
        if !calls.is_empty() {
            let rows = calls.iter().map(ActiveModel::from);
            Entity::insert_many(rows).exec_without_returning(self.writer()).await?;
        }
        Ok(())
    }

    /// Removes refused calls from before a moment, and all but the newest `most`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_refused_calls(&self, before: Instant, most: u64) -> Result<()> {
        let oldest = Entity::find().order_by_desc(Column::Id).offset(most).one(self.writer()).await?;
        let mut over = Condition::any().add(Column::At.lt(before.micros()));
        if let Some(row) = oldest {
            over = over.add(Column::Id.lte(row.id));
        }
        Entity::delete_many().filter(over).exec(self.writer()).await?;
        Ok(())
    }
}
