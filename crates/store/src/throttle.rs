//! Counters of bad attempts, so that guessing gets slower on every node at once.

use std::time::Duration;

use domain::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::{Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub struct Model {
    /// Keyed hash of what is guarded: an account, an address.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    pub failures: i32,
    pub blocked_until: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[macros::boxed]
impl Store {
    /// Takes a try, before anything is compared: the try counts as bad until [`Store::forgive_attempts`] says
    /// otherwise, so that many at once cannot outrun the counter. `delay` says how long to wait after how many bad
    /// tries. `None`: go ahead. `Some`: not before then.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn take_attempt(
        &self,
        key: &[u8; 32],
        now: Instant,
        delay: fn(u32) -> Duration,
    ) -> Result<Option<Instant>> {
        let fresh = ActiveModel {
            key: Set(key.to_vec()),
            failures: Set(0),
            blocked_until: Set(now.micros()),
            updated_at: Set(now.micros()),
        };
        Entity::insert(fresh)
            .on_conflict_do_nothing_on([Column::Key])
            .exec_without_returning(self.writer())
            .await?;
        // Of several at once one finds `blocked_until` in the past and moves it; the others find it moved.
        for _ in 0..8 {
            let Some(row) = Entity::find_by_id(key.to_vec()).one(self.writer()).await? else {
                return Ok(None);
            };
            if row.blocked_until > now.micros() {
                return Ok(Some(Instant::from_micros(row.blocked_until)));
            }
            let failures = row.failures.saturating_add(1);
            let until = now + delay(u32::try_from(failures).unwrap_or(u32::MAX));
            let update = Entity::update_many()
                .col_expr(Column::Failures, Expr::value(failures))
                .col_expr(Column::BlockedUntil, Expr::value(until.micros()))
                .col_expr(Column::UpdatedAt, Expr::value(now.micros()))
                .filter(Column::Key.eq(key.to_vec()))
                .filter(Column::Failures.eq(row.failures))
                .exec(self.writer())
                .await?;
            if update.rows_affected == 1 {
                return Ok(None);
            }
        }
        Ok(Some(now + Duration::from_secs(1)))
    }

    /// Whether [`Store::take_attempt`] would say not yet. Looking takes nothing.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn attempt_waits(&self, key: &[u8; 32], now: Instant) -> Result<bool> {
        let row = Entity::find_by_id(key.to_vec()).one(self.writer()).await?;
        Ok(row.is_some_and(|row| row.blocked_until > now.micros()))
    }

    /// Forgets bad attempts after a good one.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn forgive_attempts(&self, key: &[u8; 32]) -> Result<()> {
        Entity::delete_by_id(key.to_vec()).exec(self.writer()).await?;
        Ok(())
    }

    /// Removes counters that nobody touched since a moment.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_attempts(&self, before: Instant) -> Result<u64> {
        let old = Column::UpdatedAt.lt(before.micros());
        Ok(Entity::delete_many().filter(old).exec(self.writer()).await?.rows_affected)
    }
}
