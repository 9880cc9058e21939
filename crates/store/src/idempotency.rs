//! Idempotency keys: a create that is repeated with the same key is carried out once.

use domain::Instant;
use sea_orm::ActiveValue::Set;
use sea_orm::TryInsertResult;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::{Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Keyed hash of who, which route and which key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: Vec<u8>,
    /// Keyed hash of the request's body.
    pub fingerprint: Vec<u8>,
    pub result_id: Uuid,
    /// A secret that the answer showed, sealed, for as long as it may be shown again.
    pub sealed_secret: Option<Vec<u8>>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who repeats what, as keyed hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of who, which route and which key.
    pub key: [u8; 32],
    /// Of the request's body.
    pub fingerprint: [u8; 32],
}

/// What a claim met.
#[derive(Clone, Debug)]
pub enum Claimed {
    /// Nobody used the key before; the effect is to happen in this transaction.
    New,
    /// It happened before.
    Done {
        /// Whether the body was the same.
        same_request: bool,
        /// What was made.
        result_id: Uuid,
        /// The secret that was shown, sealed, if it may be shown again.
        sealed_secret: Option<Vec<u8>>,
        /// When.
        created_at: Instant,
    },
}

#[macros::boxed]
impl Tx {
    /// Claims a key for what this transaction makes. A second claim waits for the first one's transaction.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn claim(
        &self,
        claim: &Claim,
        result_id: Uuid,
        sealed_secret: Option<Vec<u8>>,
    ) -> Result<Claimed> {
        let row = ActiveModel {
            key: Set(claim.key.to_vec()),
            fingerprint: Set(claim.fingerprint.to_vec()),
            result_id: Set(result_id),
            sealed_secret: Set(sealed_secret),
            created_at: Set(self.now().micros()),
        };
        let inserted = Entity::insert(row)
            .on_conflict_do_nothing_on([Column::Key])
            .exec_without_returning(&self.inner)
            .await?;
        if let TryInsertResult::Inserted(1..) = inserted {
            return Ok(Claimed::New);
        }
        let row = Entity::find_by_id(claim.key.to_vec()).one(&self.inner).await?;
        Ok(row.map_or(Claimed::New, |row| Claimed::Done {
            same_request: row.fingerprint == claim.fingerprint,
            result_id: row.result_id,
            sealed_secret: row.sealed_secret,
            created_at: Instant::from_micros(row.created_at),
        }))
    }
}

#[macros::boxed]
impl Store {
    /// Forgets secrets that may not be shown again, and keys that are too old.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_idempotency_keys(&self, secrets_before: Instant, keys_before: Instant) -> Result<u64> {
        Entity::update_many()
            .col_expr(Column::SealedSecret, Expr::value(None::<Vec<u8>>))
            .filter(Column::SealedSecret.is_not_null())
            .filter(Column::CreatedAt.lt(secrets_before.micros()))
            .exec(self.writer())
            .await?;
        let old = Column::CreatedAt.lt(keys_before.micros());
        Ok(Entity::delete_many().filter(old).exec(self.writer()).await?.rows_affected)
    }
}
