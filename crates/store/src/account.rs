//! Secrets that can be used once: to prove an address, to choose a new password, to become the first administrator.

use domain::{DeveloperId, Instant, SecretHash, SecretKind};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::record::{Place, stored};
use crate::{Read, Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub kind: String,
    pub developer_id: Option<Uuid>,
    pub created_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A secret that can be used once.
#[derive(Clone, Debug)]
pub struct OneTimeToken {
    /// What it is found by.
    pub hash: SecretHash,
    /// What it is good for.
    pub kind: SecretKind,
    /// Whose it is; nobody's for the first administrator.
    pub developer_id: Option<DeveloperId>,
    /// From when on it is worth nothing.
    pub expires_at: Instant,
    /// When it was used.
    pub used_at: Option<Instant>,
}

impl OneTimeToken {
    /// Whether it can still be used at a moment.
    pub fn is_usable(&self, now: Instant) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}

#[macros::boxed]
impl Tx {
    /// Keeps a new one; older ones of the same kind and person are worth nothing from now on.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_one_time_token(&self, token: &OneTimeToken) -> Result<()> {
        self.drop_one_time_tokens(token.kind, token.developer_id).await?;
        let row = ActiveModel {
            hash: Set(token.hash.stored()),
            kind: Set(token.kind.tag().to_owned()),
            developer_id: Set(token.developer_id.map(|id| id.0)),
            created_at: Set(self.now().micros()),
            expires_at: Set(token.expires_at.micros()),
            used_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// Makes all of a kind and person worth nothing.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn drop_one_time_tokens(&self, kind: SecretKind, developer: Option<DeveloperId>) -> Result<()> {
        let whose = match developer {
            Some(id) => Column::DeveloperId.eq(id.0),
            None => Column::DeveloperId.is_null(),
        };
        let unused = Column::UsedAt.is_null();
        Entity::delete_many()
            .filter(Column::Kind.eq(kind.tag()))
            .filter(whose)
            .filter(unused)
            .exec(&self.inner)
            .await?;
        Ok(())
    }

    /// Uses one up. Of several who try at once exactly one gets `true`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn use_one_time_token(&self, hash: &SecretHash) -> Result<bool> {
        let now = self.now().micros();
        let update = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(now))
            .filter(Column::Hash.eq(hash.stored()))
            .filter(Column::UsedAt.is_null())
            .filter(Column::ExpiresAt.gt(now))
            .exec(&self.inner)
            .await?;
        Ok(update.rows_affected == 1)
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The one with a secret, used or not.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn one_time_token(
        &self,
        kind: SecretKind,
        hashes: &[SecretHash],
    ) -> Result<Option<OneTimeToken>> {
        let row = Entity::find().filter(Column::Hash.is_in(stored(hashes)));
        let row = row.filter(Column::Kind.eq(kind.tag())).one(&self.0).await?;
        let at = Place { table: "one_time_tokens", id: Uuid::nil() };
        row.map(|row| {
            Ok(OneTimeToken {
                hash: at.hash("hash", &row.hash)?,
                kind,
                developer_id: row.developer_id.map(DeveloperId),
                expires_at: Instant::from_micros(row.expires_at),
                used_at: row.used_at.map(Instant::from_micros),
            })
        })
        .transpose()
    }
}

#[macros::boxed]
impl Store {
    /// Removes those that nobody can use any more.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_one_time_tokens(&self, before: Instant) -> Result<u64> {
        let over = Column::ExpiresAt.lt(before.micros());
        Ok(Entity::delete_many().filter(over).exec(self.writer()).await?.rows_affected)
    }
}
