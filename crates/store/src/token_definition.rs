//! Token definitions.

use std::collections::BTreeMap;

use domain::{Name, SigningAlgorithm, TokenDefinition, TokenDefinitionId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::record::{Place, json, meta};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "token_definitions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    /// `true` or nothing, so that a unique index allows one.
    pub is_default: Option<bool>,
    pub settings: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `settings`.
#[derive(Serialize, Deserialize)]
struct Settings {
    issuer: Option<String>,
    audience: Vec<String>,
    algorithm: SigningAlgorithm,
    key_series: String,
    claims: BTreeMap<String, String>,
}

impl Record for TokenDefinition {
    type Entity = Entity;
    type Row = ActiveModel;
    const ID: Column = Column::Id;
    const VERSION: Column = Column::Version;

    fn to_row(&self) -> ActiveModel {
        let settings = Settings {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            algorithm: self.algorithm,
            key_series: self.key_series.clone(),
            claims: self.claims.clone(),
        };
        ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            name: Set(self.name.to_string()),
            name_key: Set(self.name.unique_key()),
            is_default: Set(self.is_default.then_some(true)),
            settings: Set(json(settings)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "token_definitions", id: row.id };
        let settings: Settings = at.json("settings", row.settings)?;
        Ok(Self {
            id: TokenDefinitionId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            issuer: settings.issuer,
            audience: settings.audience,
            algorithm: settings.algorithm,
            key_series: settings.key_series,
            claims: settings.claims,
            is_default: row.is_default.unwrap_or(false),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Definitions, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn token_definitions(&self, page: PageRequest) -> Result<Page<TokenDefinition>> {
        self.page(Entity::find(), page).await
    }

    /// Every definition there is.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_token_definitions(&self) -> Result<Vec<TokenDefinition>> {
        self.many(Entity::find()).await
    }

    /// The definition with a name; look-alikes are the same.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn token_definition_by_name(&self, name: &Name) -> Result<Option<TokenDefinition>> {
        self.one(Entity::find().filter(Column::NameKey.eq(name.unique_key()))).await
    }
}
