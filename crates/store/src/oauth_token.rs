//! Codes and refresh tokens: what can be used once.

use domain::{GrantId, Instant, SecretHash};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use crate::record::{Place, stored};
use crate::{Read, Result, Store, Tx};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_codes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    pub grant_id: Uuid,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    pub nonce: Option<String>,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Refresh tokens.
pub(crate) mod refresh {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "oauth_refresh_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub grant_id: Uuid,
        pub created_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
        pub successor_hash: Option<Vec<u8>>,
        pub sealed_successor: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A code that waits to be redeemed, or was.
#[derive(Clone, Debug)]
pub struct AuthorizationCode {
    /// What it is found by.
    pub hash: SecretHash,
    /// What was granted.
    pub grant_id: GrantId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// PKCE.
    pub challenge: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// From when on it is worth nothing.
    pub expires_at: Instant,
    /// When it was redeemed.
    pub used_at: Option<Instant>,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// What it is found by.
    pub hash: SecretHash,
    /// What was granted.
    pub grant_id: GrantId,
    /// Since when it lives.
    pub created_at: Instant,
    /// From when on it is worth nothing.
    pub expires_at: Instant,
    /// When it was replaced or used up.
    pub used_at: Option<Instant>,
    /// What the one that replaced it is found by.
    pub successor_hash: Option<SecretHash>,
    /// That one itself, sealed under a key that only this one gives.
    pub sealed_successor: Option<Vec<u8>>,
}

#[macros::boxed]
impl Tx {
    /// Keeps a new code.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_code(&self, code: &AuthorizationCode) -> Result<()> {
        let row = ActiveModel {
            hash: Set(code.hash.stored()),
            grant_id: Set(code.grant_id.0),
            redirect_uri: Set(code.redirect_uri.clone()),
            challenge: Set(code.challenge.clone()),
            nonce: Set(code.nonce.clone()),
            expires_at: Set(code.expires_at.micros()),
            used_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// Uses a code up. Of several who try at once exactly one gets `true`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn use_code(&self, hash: &SecretHash) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now().micros()))
            .filter(Column::Hash.eq(hash.stored()))
            .filter(Column::UsedAt.is_null())
            .exec(&self.inner)
            .await?;
        Ok(update.rows_affected == 1)
    }

    /// Keeps a new refresh token.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn put_refresh_token(&self, token: &RefreshToken) -> Result<()> {
        let row = refresh::ActiveModel {
            hash: Set(token.hash.stored()),
            grant_id: Set(token.grant_id.0),
            created_at: Set(token.created_at.micros()),
            expires_at: Set(token.expires_at.micros()),
            used_at: Set(None),
            successor_hash: Set(None),
            sealed_successor: Set(None),
        };
        refresh::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// Uses a refresh token up; `successor` is the hash and the sealed text of the one that replaces it. Of several who
    /// try at once exactly one gets `true`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn use_refresh_token(
        &self,
        hash: &SecretHash,
        successor: Option<(&SecretHash, &[u8])>,
    ) -> Result<bool> {
        use refresh::Column;
        let (next, sealed) = successor.map(|(hash, sealed)| (hash.stored(), sealed.to_vec())).unzip();
        let update = refresh::Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now().micros()))
            .col_expr(Column::SuccessorHash, Expr::value(next))
            .col_expr(Column::SealedSuccessor, Expr::value(sealed))
            .filter(Column::Hash.eq(hash.stored()))
            .filter(Column::UsedAt.is_null())
            .exec(&self.inner)
            .await?;
        Ok(update.rows_affected == 1)
    }

    /// Lets a refresh token that is not replaced live on after it was used.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn extend_refresh_token(&self, hash: &SecretHash, expires_at: Instant) -> Result<()> {
        refresh::Entity::update_many()
            .col_expr(refresh::Column::ExpiresAt, Expr::value(expires_at.micros()))
            .filter(refresh::Column::Hash.eq(hash.stored()))
            .exec(&self.inner)
            .await?;
        Ok(())
    }
}

#[macros::boxed]
impl Read<'_> {
    /// The code with a secret, redeemed or not.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn code(&self, hashes: &[SecretHash]) -> Result<Option<AuthorizationCode>> {
        let row = Entity::find().filter(Column::Hash.is_in(stored(hashes))).one(&self.0).await?;
        row.map(|row| {
            let at = Place { table: "oauth_codes", id: row.grant_id };
            Ok(AuthorizationCode {
                hash: at.hash("hash", &row.hash)?,
                grant_id: GrantId(row.grant_id),
                redirect_uri: row.redirect_uri,
                challenge: row.challenge,
                nonce: row.nonce,
                expires_at: Instant::from_micros(row.expires_at),
                used_at: row.used_at.map(Instant::from_micros),
            })
        })
        .transpose()
    }

    /// The refresh token with a secret, used or not.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn refresh_token(&self, hashes: &[SecretHash]) -> Result<Option<RefreshToken>> {
        let row = refresh::Entity::find().filter(refresh::Column::Hash.is_in(stored(hashes)));
        let row = row.one(&self.0).await?;
        row.map(|row| {
            let at = Place { table: "oauth_refresh_tokens", id: row.grant_id };
            let next = row.successor_hash.map(|next| at.hash("successor_hash", &next)).transpose()?;
            Ok(RefreshToken {
                hash: at.hash("hash", &row.hash)?,
                grant_id: GrantId(row.grant_id),
                created_at: Instant::from_micros(row.created_at),
                expires_at: Instant::from_micros(row.expires_at),
                used_at: row.used_at.map(Instant::from_micros),
                successor_hash: next,
                sealed_successor: row.sealed_successor,
            })
        })
        .transpose()
    }
}

#[macros::boxed]
impl Store {
    /// Removes codes and refresh tokens that are over, some at a time, and forgets successors that nobody may ask for
    /// again. Codes are kept for a while after, so that one that comes a second time is known.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_codes(&self, now: Instant, keep: std::time::Duration, most: u64) -> Result<u64> {
        let old = Entity::find()
            .select_only()
            .column(Column::Hash)
            .filter(Column::ExpiresAt.lt((now - keep).micros()))
            .order_by_asc(Column::ExpiresAt)
            .limit(most)
            .into_query();
        let codes = Entity::delete_many().filter(Column::Hash.in_subquery(old)).exec(self.writer()).await?;
        let old = refresh::Entity::find()
            .select_only()
            .column(refresh::Column::Hash)
            .filter(refresh::Column::ExpiresAt.lt(now.micros()))
            .order_by_asc(refresh::Column::ExpiresAt)
            .limit(most)
            .into_query();
        let tokens = refresh::Entity::delete_many()
            .filter(refresh::Column::Hash.in_subquery(old))
            .exec(self.writer())
            .await?;
        Ok(codes.rows_affected + tokens.rows_affected)
    }
}
