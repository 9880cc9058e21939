//! Clients that other authorization servers made for applications, by way of bridges. They are there before we know of
//! them and after the application is gone: a row without an application is one that is still to be removed there.

use domain::{ApplicationId, AuthStrategyId, Instant};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};

use crate::{Read, Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bridge_clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub auth_strategy_id: Uuid,
    pub application_id: Option<Uuid>,
    pub client_id: String,
    pub made_at: i64,
    pub due_at: i64,
    pub attempts: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A client at another authorization server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeClient {
    /// Our number for it.
    pub id: Uuid,
    /// By whose bridge it was made.
    pub auth_strategy_id: AuthStrategyId,
    /// For which application; none: it is gone, or never came to be, and so shall the client.
    pub application_id: Option<ApplicationId>,
    /// What it is called there.
    pub client_id: String,
    /// When it was made.
    pub made_at: Instant,
    /// When it is to be removed next, once its application is gone.
    pub due_at: Instant,
    /// How often that was tried.
    pub attempts: u32,
}

impl From<Model> for BridgeClient {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            auth_strategy_id: AuthStrategyId(row.auth_strategy_id),
            application_id: row.application_id.map(ApplicationId),
            client_id: row.client_id,
            made_at: Instant::from_micros(row.made_at),
            due_at: Instant::from_micros(row.due_at),
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        }
    }
}

#[macros::boxed]
impl Tx {
    /// Notes a client that was made just now.
    ///
    /// # Errors
    /// [`crate::Error::Unique`] if the bridge has named it before; if the database is not available.
    pub async fn put_bridge_client(&self, client: &BridgeClient) -> Result<()> {
        let row = ActiveModel {
            id: Set(client.id),
            auth_strategy_id: Set(client.auth_strategy_id.0),
            application_id: Set(client.application_id.map(|id| id.0)),
            client_id: Set(client.client_id.clone()),
            made_at: Set(client.made_at.micros()),
            due_at: Set(client.due_at.micros()),
            attempts: Set(client.attempts.into()),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The client of an application, if a bridge has made it one.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn bridge_client_of(&self, application: ApplicationId) -> Result<Option<BridgeClient>> {
        let row = Entity::find().filter(Column::ApplicationId.eq(application.0)).one(&self.0).await?;
        Ok(row.map(BridgeClient::from))
    }

    /// Whether a client of this name belongs to some application, whichever bridge has made it.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn is_bridge_client_used(&self, client_id: &str) -> Result<bool> {
        let used = Entity::find()
            .filter(Column::ClientId.eq(client_id))
            .filter(Column::ApplicationId.is_not_null())
            .one(&self.0)
            .await?;
        Ok(used.is_some())
    }

    /// Some clients whose application is gone and that are due to be removed, those first that wait for the longest.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn left_bridge_clients(&self, now: Instant, limit: u64) -> Result<Vec<BridgeClient>> {
        let rows = Entity::find()
            .filter(Column::ApplicationId.is_null())
            .filter(Column::DueAt.lte(now.micros()))
            .order_by_asc(Column::DueAt)
            .limit(limit)
            .all(&self.0)
            .await?;
        Ok(rows.into_iter().map(BridgeClient::from).collect())
    }
}

#[macros::boxed]
impl Store {
    /// Takes the removal of a client upon oneself: nobody else does before `until`. Nobody's act: no audit line.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn claim_bridge_client(&self, client: &BridgeClient, until: Instant) -> Result<bool> {
        let claimed = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(until.micros()))
            .col_expr(Column::Attempts, Expr::value(i64::from(client.attempts) + 1))
            .filter(Column::Id.eq(client.id))
            .filter(Column::ApplicationId.is_null())
            .filter(Column::DueAt.eq(client.due_at.micros()))
            .exec(self.writer())
            .await?;
        Ok(claimed.rows_affected > 0)
    }

    /// Forgets a client that is no more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn forget_bridge_client(&self, id: Uuid) -> Result<()> {
        Entity::delete_by_id(id).exec(self.writer()).await?;
        Ok(())
    }
}
