//! Administrators' API tokens.

use domain::{ApiToken, ApiTokenId, Hint, Instant, Name, Scope, SecretHash};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::record::{Place, json, meta, stored};
use crate::{Page, PageRequest, Read, Record, Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub name: String,
    pub prefix: String,
    pub last4: String,
    pub hash: Vec<u8>,
    pub scopes: Json,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for ApiToken {
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
            prefix: Set(self.hint.prefix.clone()),
            last4: Set(self.hint.last4.clone()),
            // It never changes, but is kept by another pepper's hash at times: an update leaves it alone.
            hash: if self.meta.version == 1 { Set(self.hash.stored()) } else { NotSet },
            scopes: Set(json(&self.scopes)),
            expires_at: Set(self.expires_at.map(Instant::micros)),
            revoked_at: Set(self.revoked_at.map(Instant::micros)),
        }
    }

    fn from_row(row: Model) -> Result<Self> {
        let at = Place { table: "api_tokens", id: row.id };
        Ok(Self {
            id: ApiTokenId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            name: at.text("name", Name::parse(&row.name))?,
            hint: Hint { prefix: row.prefix, last4: row.last4 },
            hash: at.hash("hash", &row.hash)?,
            scopes: at.json::<Vec<Scope>>("scopes", row.scopes)?,
            expires_at: row.expires_at.map(Instant::from_micros),
            revoked_at: row.revoked_at.map(Instant::from_micros),
        })
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Tokens, from the newest to the oldest, ended ones included.
    ///
    /// # Errors
    /// If the database is not available or a row is corrupt.
    pub async fn api_tokens(&self, page: PageRequest) -> Result<Page<ApiToken>> {
        self.page(Entity::find(), page).await
    }

    /// The token with a secret.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn api_token_by_hash(&self, hashes: &[SecretHash]) -> Result<Option<ApiToken>> {
        self.one(Entity::find().filter(Column::Hash.is_in(stored(hashes)))).await
    }
}

#[macros::boxed]
impl Store {
    /// Keeps a token by the hash of another pepper.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn rehash_api_token(&self, id: ApiTokenId, fresh: &SecretHash) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::Hash, Expr::value(fresh.stored()))
            .filter(Column::Id.eq(id.0))
            .exec(self.writer())
            .await?;
        Ok(())
    }
}
