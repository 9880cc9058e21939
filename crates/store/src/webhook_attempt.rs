//! Attempts to deliver: what the receiver answered, each time.

use std::time::Duration;

use domain::{DeliveryAttempt, Instant, WebhookDeliveryId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, QueryOrder, QuerySelect};

use crate::{Read, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub delivery_id: Uuid,
    pub number: i32,
    pub at: i64,
    pub took_us: i64,
    pub code: Option<i32>,
    pub error: Option<String>,
    pub body: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn attempt(row: Model) -> DeliveryAttempt {
    DeliveryAttempt {
        number: u32::try_from(row.number).unwrap_or_default(),
        at: Instant::from_micros(row.at),
        took: Duration::from_micros(u64::try_from(row.took_us).unwrap_or_default()),
        code: row.code.and_then(|code| u16::try_from(code).ok()),
        error: row.error,
        body: row.body,
    }
}

/// Writes attempts. Two nodes may write one under the same number, if the lease of one of them had ended.
pub(crate) async fn write(
    tx: &DatabaseTransaction,
    attempts: impl IntoIterator<Item = (WebhookDeliveryId, DeliveryAttempt)>,
) -> Result<()> {
    let rows: Vec<ActiveModel> = attempts
        .into_iter()
        .map(|(delivery, it)| ActiveModel {
            id: Set(Uuid::now_v7()),
            delivery_id: Set(delivery.0),
            number: Set(i32::try_from(it.number).unwrap_or(i32::MAX)),
            at: Set(it.at.micros()),
            took_us: Set(i64::try_from(it.took.as_micros()).unwrap_or(i64::MAX)),
            code: Set(it.code.map(i32::from)),
            error: Set(it.error),
            body: Set(it.body),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    for some in rows.chunks(1_000) {
        Entity::insert_many(some.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

#[macros::boxed]
impl Read<'_> {
    /// The attempts to deliver something, the newest first; at most the last 200.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn delivery_attempts(&self, delivery: WebhookDeliveryId) -> Result<Vec<DeliveryAttempt>> {
        let select =
            Entity::find().filter(Column::DeliveryId.eq(delivery.0)).order_by_desc(Column::Id).limit(200);
        Ok(select.all(&self.0).await?.into_iter().map(attempt).collect())
    }
}
