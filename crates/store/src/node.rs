//! Nodes: which there are, and how fresh what each of them holds is.

use domain::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait as _, OnConflict};

use crate::{Read, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When what it holds was last known to be what is in the database.
    pub fresh_at: i64,
    /// The greatest number of a master key that it has: what that has sealed, and its pepper hashed, it understands.
    pub master_key: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[macros::boxed]
impl Store {
    /// A node says how fresh what it holds is. Those that have not said anything since `gone` are forgotten.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn beat(&self, node: Uuid, fresh_at: Instant, master_key: u8, gone: Instant) -> Result<()> {
        let master_key = Set(Some(master_key.into()));
        let row = ActiveModel { id: Set(node), fresh_at: Set(fresh_at.micros()), master_key };
        let newer =
            OnConflict::column(Column::Id).update_columns([Column::FreshAt, Column::MasterKey]).to_owned();
        Entity::insert(row).on_conflict(newer).exec_without_returning(self.writer()).await?;
        Entity::delete_many().filter(Column::FreshAt.lt(gone.micros())).exec(self.writer()).await?;
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// How many nodes have said something after `gone`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_nodes(&self, gone: Instant) -> Result<u64> {
        Ok(Entity::find().filter(Column::FreshAt.gte(gone.micros())).count(&self.0).await?)
    }

    /// How many nodes that have said something after `gone` do not have the master key with a number.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn nodes_without(&self, master_key: u8, gone: Instant) -> Result<u64> {
        let lacks = Column::MasterKey.is_null().or(Column::MasterKey.lt(i32::from(master_key)));
        Ok(Entity::find().filter(lacks).filter(Column::FreshAt.gte(gone.micros())).count(&self.0).await?)
    }

    /// Whether a node that has said something after `gone` holds nothing newer than `moment`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lags_a_node(&self, moment: Instant, gone: Instant) -> Result<bool> {
        let lagging = Entity::find().filter(Column::FreshAt.lte(moment.micros()));
        Ok(lagging.filter(Column::FreshAt.gte(gone.micros())).count(&self.0).await? > 0)
    }
}
