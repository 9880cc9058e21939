//! Signing keys.

use domain::{Instant, SigningAlgorithm, SigningKey, SigningKeyId};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::record::{Place, meta, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub series: String,
    pub algorithm: String,
    pub public_jwk: Json,
    pub sealed_private: Option<Vec<u8>>,
    pub state: String,
    pub since: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for SigningKey {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            series: Set(self.series.clone()),
            algorithm: Set(self.algorithm.as_str().to_owned()),
            public_jwk: Set(self.public_jwk.clone()),
            sealed_private: Set(self.sealed_private.clone()),
            state: Set(word(self.state)),
            since: Set(self.since.micros()),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "signing_keys", id: row.id };
        Ok(Self {
            id: SigningKeyId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            series: row.series,
            algorithm: SigningAlgorithm::parse(&row.algorithm).ok_or_else(|| at.corrupt("algorithm"))?,
            public_jwk: row.public_jwk,
            sealed_private: row.sealed_private,
            state: at.word("state", row.state)?,
            since: Instant::from_micros(row.since),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Keys, from the newest to the oldest, ended ones included.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn signing_keys(&self, page: PageRequest) -> Result<Page<SigningKey>> {
        self.page(Entity::find(), page).await
    }

    /// Every key there is, from the oldest to the newest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_signing_keys(&self) -> Result<Vec<SigningKey>> {
        self.many(Entity::find().order_by_asc(Column::Id)).await
    }
}
