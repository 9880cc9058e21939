//! Access tokens that are looked up: many small rows, written many at a time and removed when they are over.

use std::borrow::{Borrow, Cow};
use std::sync::Arc;

use domain::{
    AccessToken, AccessTokenId, ApplicationId, ClientId, DeveloperId, Instant, RevokedToken, SecretHash,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait, TransactionTrait, TryInsertResult, Value};
use serde::{Deserialize, Serialize};

use crate::connect::immediate;
use crate::many_rows::ManyRows;
use crate::record::{Place, json_text, meta, stored};
use crate::{Read, Record, Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "access_tokens")]
pub struct Model {
    /// Sorts by age, so that new rows are written side by side.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub hash: Vec<u8>,
    pub client_id: Uuid,
    pub grant_id: Option<Uuid>,
    pub expires_at: i64,
    pub details: Json,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `details`.
#[derive(Serialize, Deserialize)]
struct Details<'a> {
    application_id: ApplicationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    developer_id: Option<DeveloperId>,
    scopes: Cow<'a, [String]>,
    audience: Cow<'a, [String]>,
    subject: Cow<'a, str>,
    issued_at: i64,
}

/// Where the token with a hash is: for tokens whose text has no id in it.
pub(crate) mod by_uuid {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "access_token_uuids")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub token_id: Uuid,
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Tokens that were ended before their time.
pub(crate) mod revoked {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "revoked_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub client_id: Uuid,
        pub application_id: Uuid,
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Assertions by which clients proved themselves: each is worth something once.
pub(crate) mod assertion {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "used_assertions")]
    pub struct Model {
        /// Keyed hash of the client and the assertion's id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: Vec<u8>,
        pub expires_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Record for RevokedToken {
    type Entity = revoked::Entity;
    type Row = revoked::ActiveModel;
    const ID: revoked::Column = revoked::Column::Id;
    const VERSION: revoked::Column = revoked::Column::Version;

    fn to_row(&self) -> Self::Row {
        revoked::ActiveModel {
            id: Set(self.id.0),
            version: Set(self.meta.version),
            created_at: Set(self.meta.created_at.micros()),
            updated_at: Set(self.meta.updated_at.micros()),
            client_id: Set(self.client_id.0),
            application_id: Set(self.application_id.0),
            expires_at: Set(self.expires_at.micros()),
        }
    }

    fn from_row(row: revoked::Model) -> Result<Self> {
        Ok(Self {
            id: AccessTokenId(row.id),
            meta: meta(row.version, row.created_at, row.updated_at),
            client_id: ClientId(row.client_id),
            application_id: ApplicationId(row.application_id),
            expires_at: Instant::from_micros(row.expires_at),
        })
    }
}

const KEPT: ManyRows<6> = ManyRows {
    table: "access_tokens",
    columns: [
        ("id", "::uuid"),
        ("hash", "::bytea"),
        ("client_id", "::uuid"),
        ("grant_id", "::uuid"),
        ("expires_at", "::bigint"),
        ("details", "::text::jsonb"),
    ],
};

/// A token as it is kept. None for a JWT, which is not.
fn to_row(token: &AccessToken) -> Option<[Value; 6]> {
    let hash = token.hash?;
    let details = Details {
        application_id: token.application_id,
        developer_id: token.developer_id,
        scopes: Cow::Borrowed(&token.scopes),
        audience: Cow::Borrowed(&token.audience),
        subject: Cow::Borrowed(&token.subject),
        issued_at: token.issued_at.micros(),
    };
    Some([
        token.id.0.into(),
        hash.stored().into(),
        token.client_id.0.into(),
        token.grant_id.into(),
        token.expires_at.micros().into(),
        json_text(&details).into(),
    ])
}

fn from_row(row: Model) -> Result<AccessToken> {
    let at = Place { table: "access_tokens", id: row.id };
    let details: Details<'_> = at.json("details", row.details)?;
    Ok(AccessToken {
        id: AccessTokenId(row.id),
        hash: Some(at.hash("hash", &row.hash)?),
        // Nobody asks once it was found.
        found_by_hash: false,
        client_id: ClientId(row.client_id),
        application_id: details.application_id,
        developer_id: details.developer_id,
        grant_id: row.grant_id,
        scopes: details.scopes.into_owned(),
        audience: details.audience.into_owned(),
        subject: details.subject.into_owned(),
        issued_at: Instant::from_micros(details.issued_at),
        expires_at: Instant::from_micros(row.expires_at),
    })
}

async fn insert(tokens: &[impl Borrow<AccessToken>], connection: &impl ConnectionTrait) -> Result<()> {
    let tokens = || tokens.iter().map(Borrow::borrow);
    let mut rows = tokens().filter_map(to_row).peekable();
    if rows.peek().is_some() {
        connection.execute_raw(KEPT.insert(connection.get_database_backend(), rows)).await?;
    }
    let places: Vec<by_uuid::ActiveModel> = tokens()
        .filter(|token| token.found_by_hash)
        .filter_map(|token| {
            token.hash.map(|hash| by_uuid::ActiveModel {
                hash: Set(hash.stored()),
                token_id: Set(token.id.0),
                expires_at: Set(token.expires_at.micros()),
            })
        })
        .collect();
    if !places.is_empty() {
        by_uuid::Entity::insert_many(places).exec_without_returning(connection).await?;
    }
    Ok(())
}

#[macros::boxed]
impl Store {
    /// Keeps tokens, all of them in one transaction: some hundreds at most. When this returns, they survive a power cut.
    ///
    /// # Errors
    /// If the database is not available; none is kept then.
    pub async fn insert_access_tokens(&self, tokens: &[Arc<AccessToken>]) -> Result<()> {
        // One statement is a transaction of its own.
        if !tokens.iter().any(|token| token.found_by_hash) {
            return insert(tokens, self.writer()).await;
        }
        let tx = self.writer().begin_with_options(immediate()).await?;
        insert(tokens, &tx).await?;
        Ok(tx.commit().await?)
    }

    /// Removes tokens that are over, at most so many; returns how many there were.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_access_tokens(&self, now: Instant, limit: u64) -> Result<u64> {
        let over = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::ExpiresAt.lte(now.micros()))
            .order_by_asc(Column::ExpiresAt)
            .limit(limit)
            .into_query();
        let tokens = Entity::delete_many().filter(Column::Id.in_subquery(over)).exec(self.writer()).await?;
        let over = by_uuid::Entity::find()
            .select_only()
            .column(by_uuid::Column::Hash)
            .filter(by_uuid::Column::ExpiresAt.lte(now.micros()))
            .order_by_asc(by_uuid::Column::ExpiresAt)
            .limit(limit)
            .into_query();
        let places = by_uuid::Entity::delete_many()
            .filter(by_uuid::Column::Hash.in_subquery(over))
            .exec(self.writer())
            .await?;
        Ok(tokens.rows_affected.max(places.rows_affected))
    }

    /// Forgets that tokens were revoked which would be over by now, and assertions that nobody would take any more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_revoked_tokens(&self, now: Instant) -> Result<u64> {
        let over = assertion::Column::ExpiresAt.lte(now.micros());
        assertion::Entity::delete_many().filter(over).exec(self.writer()).await?;
        let over = revoked::Column::ExpiresAt.lte(now.micros());
        Ok(revoked::Entity::delete_many().filter(over).exec(self.writer()).await?.rows_affected)
    }

    /// Notes that an assertion was used; `false` if it had been before. Of several at once one is told `true`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn use_assertion(&self, key: &[u8; 32], expires_at: Instant) -> Result<bool> {
        let row = assertion::ActiveModel { key: Set(key.to_vec()), expires_at: Set(expires_at.micros()) };
        let inserted = assertion::Entity::insert(row)
            .on_conflict_do_nothing_on([assertion::Column::Key])
            .exec_without_returning(self.writer())
            .await?;
        Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
    }
}

#[macros::boxed]
impl Tx {
    /// Keeps a token in this transaction. A JWT is not kept.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn insert_access_token(&self, token: &AccessToken) -> Result<()> {
        insert(std::slice::from_ref(token), &self.inner).await
    }
}

#[macros::boxed]
impl Read<'_> {
    /// A token by its id, ended ones included until they are swept.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn access_token(&self, id: AccessTokenId) -> Result<Option<AccessToken>> {
        Entity::find_by_id(id.0).one(&self.0).await?.map(from_row).transpose()
    }

    /// A token without an id in its text.
    ///
    /// # Errors
    /// If the database is not available or the row is corrupt.
    pub async fn access_token_by_hash(&self, hashes: &[SecretHash]) -> Result<Option<AccessToken>> {
        let place = by_uuid::Entity::find().filter(by_uuid::Column::Hash.is_in(stored(hashes)));
        match place.one(&self.0).await? {
            Some(place) => self.access_token(AccessTokenId(place.token_id)).await,
            None => Ok(None),
        }
    }

    /// How many tokens are kept.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn count_access_tokens(&self) -> Result<u64> {
        Ok(Entity::find().count(&self.0).await?)
    }
}
