//! Scopes.

use domain::{OAuthScope, OAuthScopeId, Text};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::record::{Place, json, meta, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_scopes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub kind: String,
    pub role: Option<String>,
    pub description: String,
    pub claims: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for OAuthScope {
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
            name: Set(self.name.clone()),
            kind: Set(word(self.kind)),
            role: Set(self.role.clone()),
            description: Set(self.description.as_str().to_owned()),
            claims: Set(json(&self.claims)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "oauth_scopes", id: row.id };
        Ok(Self {
            id: OAuthScopeId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: row.name,
            kind: at.word("kind", row.kind)?,
            role: row.role,
            description: at.text("description", Text::parse(&row.description))?,
            claims: at.json("claims", row.claims)?,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Scopes, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn oauth_scopes(&self, page: PageRequest) -> Result<Page<OAuthScope>> {
        self.page(Entity::find(), page).await
    }

    /// Every scope there is, from the oldest to the newest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn all_oauth_scopes(&self) -> Result<Vec<OAuthScope>> {
        self.many(Entity::find().order_by_asc(Column::Id)).await
    }
}
