//! Auth strategies.

use domain::{AuthStrategy, AuthStrategyId, Name, Sealed};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::record::{Place, json, meta};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "auth_strategies")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub method: Json,
    /// `true` or nothing, so that a unique index allows one.
    pub is_default: Option<bool>,
    /// Sealed.
    pub bridge_key: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for AuthStrategy {
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
            name: Set(self.name.to_string()),
            name_key: Set(self.name.unique_key()),
            method: Set(json(&self.method)),
            is_default: Set(self.is_default.then_some(true)),
            bridge_key: Set(self.bridge_key.as_ref().map(|key| key.0.clone())),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "auth_strategies", id: row.id };
        Ok(Self {
            id: AuthStrategyId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            method: at.json("method", row.method)?,
            is_default: row.is_default.unwrap_or(false),
            bridge_key: row.bridge_key.map(Sealed),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Strategies, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn auth_strategies(&self, page: PageRequest) -> Result<Page<AuthStrategy>> {
        self.page(Entity::find(), page).await
    }

    /// Every strategy there is.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_auth_strategies(&self) -> Result<Vec<AuthStrategy>> {
        self.many(Entity::find()).await
    }

    /// The one that applications get when they name none.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn default_auth_strategy(&self) -> Result<Option<AuthStrategy>> {
        self.one(Entity::find().filter(Column::IsDefault.eq(true))).await
    }
}
