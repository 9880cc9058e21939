//! Which master key this database was written under.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::{Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "master_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Derived from the master key; tells nothing of it.
    pub check_value: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Store {
    /// Whether this database was written under the master key with this check value. A new database is from now on.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn master_key_check(&self, check_value: &[u8; 32]) -> Result<bool> {
        let new = ActiveModel { id: Set(1), check_value: Set(check_value.to_vec()) };
        Entity::insert(new)
            .on_conflict_do_nothing_on([Column::Id])
            .exec_without_returning(self.writer())
            .await?;
        let row = Entity::find_by_id(1).one(self.writer()).await?;
        Ok(row.is_some_and(|row| row.check_value == check_value))
    }

    /// The check value of the master key that this database was written under; `None` if it is new. Changes nothing.
    ///
    /// # Errors
    /// If the database is not available or has no tables yet.
    pub async fn master_key_noted(&self) -> Result<Option<[u8; 32]>> {
        let row = Entity::find_by_id(1).one(self.writer()).await?;
        Ok(row.map(|row| row.check_value.try_into().unwrap_or_default()))
    }
}
