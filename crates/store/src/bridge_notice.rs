//! What bridges are still to be told of the applications whose clients they have made.

use domain::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};

use crate::{BridgeClient, Read, Result, Store, Tx, bridge_client};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bridge_notices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub bridge_client_id: Uuid,
    pub body: Json,
    pub due_at: i64,
    pub attempts: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// So many are looked at for those that come first.
const LOOKED_AT: u64 = 1_000;

/// Something that a bridge is to be told.
#[derive(Clone, Debug)]
pub struct BridgeNotice {
    /// Its number: those of one client are told in this order.
    pub id: Uuid,
    /// Of which client.
    pub client: BridgeClient,
    /// What is posted.
    pub body: Json,
    /// When it is told next.
    pub due_at: Instant,
    /// How often that was tried.
    pub attempts: u32,
}

#[macros::boxed]
impl Tx {
    /// Notes something that a bridge is to be told.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_bridge_notice(&self, id: Uuid, client: &BridgeClient, body: Json) -> Result<()> {
        let row = ActiveModel {
            id: Set(id),
            bridge_client_id: Set(client.id),
            body: Set(body),
            due_at: Set(self.now().micros()),
            attempts: Set(0),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The first thing that is to be told of each client, of some of them, if it is due. Of clients that are still some
    /// application's.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn due_bridge_notices(&self, now: Instant, limit: u64) -> Result<Vec<BridgeNotice>> {
        let rows = Entity::find().order_by_asc(Column::Id).limit(LOOKED_AT).all(&self.0).await?;
        let ids = rows.iter().map(|row| row.bridge_client_id);
        let clients = bridge_client::Entity::find()
            .filter(bridge_client::Column::Id.is_in(ids))
            .filter(bridge_client::Column::ApplicationId.is_not_null())
            .all(&self.0)
            .await?;
        let mut notices: Vec<BridgeNotice> = Vec::new();
        for client in clients {
            let Some(row) = rows.iter().find(|row| row.bridge_client_id == client.id) else { continue };
            if row.due_at <= now.micros() {
                notices.push(BridgeNotice {
                    id: row.id,
                    client: client.into(),
                    body: row.body.clone(),
                    due_at: Instant::from_micros(row.due_at),
                    attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
                });
            }
        }
        notices.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(notices)
    }
}

#[macros::boxed]
impl Store {
    /// Takes the telling upon oneself: nobody else does before `until`. Nobody's act: no audit line.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn claim_bridge_notice(&self, notice: &BridgeNotice, until: Instant) -> Result<bool> {
        let claimed = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(until.micros()))
            .col_expr(Column::Attempts, Expr::value(i64::from(notice.attempts) + 1))
            .filter(Column::Id.eq(notice.id))
            .filter(Column::DueAt.eq(notice.due_at.micros()))
            .exec(self.writer())
            .await?;
        Ok(claimed.rows_affected > 0)
    }

    /// Forgets what was told, or is not told any more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn forget_bridge_notice(&self, id: Uuid) -> Result<()> {
        Entity::delete_by_id(id).exec(self.writer()).await?;
        Ok(())
    }
}
