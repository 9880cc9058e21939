//! Which master keys this database was written under, and the keys that outlive them, sealed.

use std::collections::BTreeMap;

use domain::{Instant, KeyGeneration, NotedMasterKey};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::record::Place;
use crate::{Read, Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "master_key")]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Derived from the master key; tells nothing of it.
    pub check_value: Vec<u8>,
    /// Of the first one nothing means: always.
    pub used_since: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Keys that outlive the master key that they were derived from.
pub(crate) mod kept {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "kept_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub sealed: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn noted(row: Model) -> Result<NotedMasterKey> {
    let at = Place { table: "master_key", id: Uuid::nil() };
    let number = u8::try_from(row.id).map_err(|_| at.corrupt("id"))?;
    let always = (number == 1).then_some(0);
    Ok(NotedMasterKey {
        number,
        check_value: row.check_value.try_into().map_err(|_| at.corrupt("check_value"))?,
        used_since: row.used_since.or(always).map(Instant::from_micros),
    })
}

#[macros::boxed]
impl Store {
    /// The master keys that this database was written under, by their numbers. If it is new, it is from now on written
    /// under the one with this check value.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn note_first_master_key(&self, check_value: &[u8; 32]) -> Result<Vec<NotedMasterKey>> {
        let all = self.read().master_keys().await?;
        if !all.is_empty() {
            return Ok(all);
        }
        let new =
            ActiveModel { id: Set(1), check_value: Set(check_value.to_vec()), used_since: Set(Some(0)) };
        Entity::insert(new)
            .on_conflict_do_nothing_on([Column::Id])
            .exec_without_returning(self.writer())
            .await?;
        let rows = Entity::find().order_by_asc(Column::Id).all(self.writer()).await?;
        rows.into_iter().map(noted).collect()
    }

    /// Keeps a key under a name, unless there is one.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn keep_key(&self, name: &str, sealed: Vec<u8>) -> Result<()> {
        keep(self.writer(), name, sealed).await
    }
}

async fn keep(connection: &impl ConnectionTrait, name: &str, sealed: Vec<u8>) -> Result<()> {
    let row = kept::ActiveModel { name: Set(name.to_owned()), sealed: Set(sealed) };
    kept::Entity::insert(row)
        .on_conflict_do_nothing_on([kept::Column::Name])
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

#[macros::boxed]
impl Tx {
    /// Notes a master key that is to be used later, and keeps its pepper. `false`: the number is taken.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn add_master_key(
        &mut self,
        number: u8,
        check_value: &[u8; 32],
        (pepper, sealed): (&str, Vec<u8>),
    ) -> Result<bool> {
        let id = i32::from(number);
        let row = ActiveModel { id: Set(id), check_value: Set(check_value.to_vec()), used_since: Set(None) };
        let added = Entity::insert(row)
            .on_conflict_do_nothing_on([Column::Id])
            .exec_without_returning(&self.inner)
            .await?;
        if !matches!(added, sea_orm::TryInsertResult::Inserted(1..)) {
            return Ok(false);
        }
        keep(&self.inner, pepper, sealed).await?;
        let it = KeyGeneration::numbered(number, self.now());
        self.note(it.event("master_key.added"), &it);
        Ok(true)
    }

    /// Everything is sealed by this master key from now on, and hashed by its pepper. `false`: it was so before.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn use_master_key(&mut self, number: u8) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::UsedSince, Expr::value(self.now().micros()))
            .filter(Column::Id.eq(i32::from(number)))
            .filter(Column::UsedSince.is_null())
            .exec(&self.inner)
            .await?;
        let it = KeyGeneration::numbered(number, self.now());
        self.note(it.event("master_key.used"), &it);
        Ok(update.rows_affected == 1)
    }

    /// Forgets master keys that nothing is sealed by any more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn forget_master_key(&mut self, number: u8) -> Result<()> {
        Entity::delete_by_id(i32::from(number)).exec(&self.inner).await?;
        let it = KeyGeneration::numbered(number, self.now());
        self.note(it.event("master_key.dropped"), &it);
        Ok(())
    }

    /// Forgets a pepper that nothing is hashed by any more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn forget_pepper(&mut self, name: &str, number: u8) -> Result<()> {
        kept::Entity::delete_by_id(name.to_owned()).exec(&self.inner).await?;
        let it = KeyGeneration::numbered(number, self.now());
        self.note(it.event("master_key.pepper_dropped"), &it);
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The master keys that this database was written under, by their numbers. None: it is new.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn master_keys(&self) -> Result<Vec<NotedMasterKey>> {
        let rows = Entity::find().order_by_asc(Column::Id).all(&self.0).await?;
        rows.into_iter().map(noted).collect()
    }

    /// The keys that are kept, sealed, by their names.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn kept_keys(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let rows = kept::Entity::find().all(&self.0).await?;
        Ok(rows.into_iter().map(|row| (row.name, row.sealed)).collect())
    }
}
