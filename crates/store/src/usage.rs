//! How many calls were decided how, for whom: by minute, hour and day.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{ApiVersionId, ApplicationId, CredentialId, DeveloperId, Instant, PlanId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, Iterable, QueryOrder, QuerySelect, QueryTrait, TransactionTrait};
use verify::UsageKey;

use crate::application::applications_owned_by;
use crate::connect::immediate;
use crate::subscription::application_ids_visible_to;
use crate::{Read, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "usage_counts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_s: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub began_at: i64,
    /// Nil where nobody knows.
    #[sea_orm(primary_key, auto_increment = false)]
    pub application_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub api_version_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub status: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reason: String,
    pub calls: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How long a span of time is that calls are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsageStep {
    /// Kept for two days.
    Minute,
    /// Kept for three months.
    Hour,
    /// Kept for five years.
    Day,
}

impl UsageStep {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// How long it is.
    pub fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        })
    }

    /// How long its counts are kept.
    pub fn kept(self) -> Duration {
        let days = match self {
            Self::Minute => 2,
            Self::Hour => 92,
            Self::Day => 5 * 366,
        };
        Duration::from_secs(days * 86_400)
    }

    fn seconds(self) -> i32 {
        i32::try_from(self.length().as_secs()).unwrap_or(i32::MAX)
    }

    /// When the span began that a moment is in; days are those of UTC.
    pub fn began(self, at: Instant) -> Instant {
        let length = i64::try_from(self.length().as_micros()).unwrap_or(i64::MAX);
        Instant::from_micros(at.micros().div_euclid(length) * length)
    }
}

/// By what counts are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UsageDimension {
    /// When, in steps.
    Time,
    /// Who called.
    Application,
    /// What was called.
    ApiVersion,
    /// Under which plan.
    Plan,
    /// What the gateway was answered.
    Status,
    /// Why.
    Reason,
}

/// Which counts are wanted.
#[derive(Clone, Debug)]
pub struct UsageFilter {
    /// How finely.
    pub step: UsageStep,
    /// In spans that begin at this time or later.
    pub since: Instant,
    /// In spans that begin before this time.
    pub until: Instant,
    /// Of this application.
    pub application_id: Option<ApplicationId>,
    /// Of this version.
    pub api_version_id: Option<ApiVersionId>,
    /// Under this plan.
    pub plan_id: Option<PlanId>,
    /// Of applications that this developer may see.
    pub visible_to: Option<DeveloperId>,
    /// Of applications of this developer's own.
    pub owned_by: Option<DeveloperId>,
}

/// How many calls there were. What was not asked to be told apart is `None`, and so is what is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageCount {
    /// When the span began.
    pub began_at: Option<Instant>,
    /// Who called.
    pub application_id: Option<ApplicationId>,
    /// What was called.
    pub api_version_id: Option<ApiVersionId>,
    /// Under which plan.
    pub plan_id: Option<PlanId>,
    /// What the gateway was answered.
    pub status: Option<u16>,
    /// Why: `allowed`, or the code of a refusal.
    pub reason: Option<String>,
    /// How many.
    pub calls: u64,
}

impl UsageDimension {
    fn column(self) -> Column {
        match self {
            Self::Time => Column::BeganAt,
            Self::Application => Column::ApplicationId,
            Self::ApiVersion => Column::ApiVersionId,
            Self::Plan => Column::PlanId,
            Self::Status => Column::Status,
            Self::Reason => Column::Reason,
        }
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Counts, told apart by some dimensions and summed up over the others, in the order of these dimensions; at most
    /// `limit` rows.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn usage(
        &self,
        filter: &UsageFilter,
        by: &[UsageDimension],
        limit: u64,
    ) -> Result<Vec<UsageCount>> {
        let mut select = Entity::find()
            .select_only()
            .column_as(Expr::col(Column::Calls).sum().cast_as(Alias::new("BIGINT")), "calls")
            .filter(Column::StepS.eq(filter.step.seconds()))
            .filter(Column::BeganAt.gte(filter.since.micros()))
            .filter(Column::BeganAt.lt(filter.until.micros()));
        let ids = [
            (Column::ApplicationId, filter.application_id.map(|id| id.0)),
            (Column::ApiVersionId, filter.api_version_id.map(|id| id.0)),
            (Column::PlanId, filter.plan_id.map(|id| id.0)),
        ];
        for (column, id) in ids {
            if let Some(id) = id {
                select = select.filter(column.eq(id));
            }
        }
        if let Some(developer) = filter.visible_to {
            select = select.filter(Column::ApplicationId.in_subquery(application_ids_visible_to(developer)));
        }
        if let Some(developer) = filter.owned_by {
            select = select.filter(Column::ApplicationId.in_subquery(applications_owned_by(developer)));
        }
        for dimension in by {
            let column = dimension.column();
            select = select.column(column).group_by(column).order_by_asc(column);
        }
        let statement = select.limit(limit).into_query();
        let rows = self.0.query_all(&statement).await?;
        let mut counts = Vec::with_capacity(rows.len());
        for row in rows {
            let has = |dimension| by.contains(&dimension);
            let id = |dimension: UsageDimension| -> Result<Option<Uuid>> {
                if !has(dimension) {
                    return Ok(None);
                }
                let id: Uuid = row.try_get("", dimension.column().as_str())?;
                Ok((!id.is_nil()).then_some(id))
            };
            let began_at: Option<i64> =
                if has(UsageDimension::Time) { Some(row.try_get("", "began_at")?) } else { None };
            let status: Option<i32> =
                if has(UsageDimension::Status) { Some(row.try_get("", "status")?) } else { None };
            // The sum of nothing is null.
            let Some(calls): Option<i64> = row.try_get("", "calls")? else { continue };
            counts.push(UsageCount {
                began_at: began_at.map(Instant::from_micros),
                application_id: id(UsageDimension::Application)?.map(ApplicationId),
                api_version_id: id(UsageDimension::ApiVersion)?.map(ApiVersionId),
                plan_id: id(UsageDimension::Plan)?.map(PlanId),
                status: status.and_then(|status| u16::try_from(status).ok()),
                reason: if has(UsageDimension::Reason) { Some(row.try_get("", "reason")?) } else { None },
                calls: u64::try_from(calls).unwrap_or_default(),
            });
        }
        Ok(counts)
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Whether any call was let through, as far back as counts are kept.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn was_any_call_allowed(&self) -> Result<bool> {
        let allowed = Entity::find()
            .filter(Column::StepS.eq(UsageStep::Day.seconds()))
            .filter(Column::Status.eq(200))
            .limit(1);
        Ok(allowed.one(&self.0).await?.is_some())
    }
}

#[macros::boxed]
impl Store {
    /// Writes down what was counted at a gateway since the last time: when credentials were last used, and how many calls
    /// were decided how. Nobody's act: no audit line. All of it or none.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn write_counters(
        &self,
        uses: &[(CredentialId, Instant)],
        usage: &[(UsageKey, u64)],
        now: Instant,
    ) -> Result<()> {
        if uses.is_empty() && usage.is_empty() {
            return Ok(());
        }
        let tx = self.writer().begin_with_options(immediate()).await?;
        crate::credential::touch(&tx, uses).await?;
        for some in rows(usage, now).chunks(500) {
            let mut conflict = OnConflict::columns(PrimaryKey::iter());
            let sum =
                Expr::col((Entity, Column::Calls)).add(Expr::col((Alias::new("excluded"), Column::Calls)));
            conflict.value(Column::Calls, sum);
            Entity::insert_many(some.iter().cloned())
                .on_conflict(conflict)
                .exec_without_returning(&tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Removes counts that were kept long enough.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_usage(&self, now: Instant) -> Result<()> {
        for step in UsageStep::ALL {
            let before = now - step.kept();
            Entity::delete_many()
                .filter(Column::StepS.eq(step.seconds()))
                .filter(Column::BeganAt.lt(before.micros()))
                .exec(self.writer())
                .await?;
        }
        Ok(())
    }
}

/// The key of a row, as in the table.
type Place = (i32, i64, Uuid, Uuid, Uuid, i32, &'static str);

/// A row for each step. In the order of the key: two nodes that write at once wait for each other, and not in a circle.
fn rows(usage: &[(UsageKey, u64)], now: Instant) -> Vec<ActiveModel> {
    let mut sums: BTreeMap<Place, i64> = BTreeMap::new();
    for (key, count) in usage {
        for step in UsageStep::ALL {
            let place = (
                step.seconds(),
                step.began(now).micros(),
                key.application_id.map_or(Uuid::nil(), Into::into),
                key.api_version_id.map_or(Uuid::nil(), Into::into),
                key.plan_id.map_or(Uuid::nil(), Into::into),
                i32::from(key.status()),
                key.code(),
            );
            let sum = sums.entry(place).or_default();
            *sum = sum.saturating_add(i64::try_from(*count).unwrap_or(i64::MAX));
        }
    }
    let row = |((step_s, began_at, application_id, api_version_id, plan_id, status, reason), calls)| {
        let reason: &str = reason;
        ActiveModel {
            step_s: Set(step_s),
            began_at: Set(began_at),
            application_id: Set(application_id),
            api_version_id: Set(api_version_id),
            plan_id: Set(plan_id),
            status: Set(status),
            reason: Set(reason.to_owned()),
            calls: Set(calls),
        }
    };
    sums.into_iter().map(row).collect()
}
