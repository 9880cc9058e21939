//! Identity providers.

use domain::{IdentityProvider, IdentityProviderId, Name, Sealed};
use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::record::{Place, json, meta, word};
use crate::{Page, PageRequest, Read, Record, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_providers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub name_key: String,
    pub slug: String,
    pub issuer: String,
    pub client_id: String,
    pub token_auth: String,
    /// Sealed.
    pub client_secret: Option<Vec<u8>>,
    pub scopes: Json,
    pub developers: bool,
    pub administrators: bool,
    pub makes_developers: bool,
    pub claims: Json,
    pub enabled: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for IdentityProvider {
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
            slug: Set(self.slug.clone()),
            issuer: Set(self.issuer.clone()),
            client_id: Set(self.client_id.clone()),
            token_auth: Set(word(self.token_auth)),
            client_secret: Set(self.client_secret.as_ref().map(|secret| secret.0.clone())),
            scopes: Set(json(&self.scopes)),
            developers: Set(self.developers),
            administrators: Set(self.administrators),
            makes_developers: Set(self.makes_developers),
            claims: Set(json(&self.claims)),
            enabled: Set(self.enabled),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "identity_providers", id: row.id };
        Ok(Self {
            id: IdentityProviderId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            slug: row.slug,
            issuer: row.issuer,
            client_id: row.client_id,
            token_auth: at.word("token_auth", row.token_auth)?,
            client_secret: row.client_secret.map(Sealed),
            scopes: at.json("scopes", row.scopes)?,
            developers: row.developers,
            administrators: row.administrators,
            makes_developers: row.makes_developers,
            claims: at.json("claims", row.claims)?,
            enabled: row.enabled,
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Providers, from the newest to the oldest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn identity_providers(&self, page: PageRequest) -> Result<Page<IdentityProvider>> {
        self.page(Entity::find(), page).await
    }

    /// Those that are used, from the oldest to the newest.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn enabled_identity_providers(&self) -> Result<Vec<IdentityProvider>> {
        self.many(Entity::find().filter(Column::Enabled.eq(true)).order_by_asc(Column::Id)).await
    }

    /// The provider with a word in its addresses.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn identity_provider_by_slug(&self, slug: &str) -> Result<Option<IdentityProvider>> {
        self.one(Entity::find().filter(crate::read::is_word(Column::Slug, slug))).await
    }
}
