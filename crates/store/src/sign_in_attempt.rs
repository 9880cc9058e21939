//! Sign-ins that are under way elsewhere: begun in one browser, finished there once, and soon.

use domain::{IdentityProviderId, Instant};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::{Result, Store};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_attempts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub state_hash: Vec<u8>,
    pub browser_hash: Vec<u8>,
    pub identity_provider_id: Uuid,
    /// Sealed.
    pub content: Vec<u8>,
    pub expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A sign-in that is under way elsewhere.
#[derive(Clone, Debug)]
pub struct SignInAttempt {
    /// Keyed hash of the state that comes back.
    pub state_hash: [u8; 32],
    /// Keyed hash of what the browser was given.
    pub browser_hash: [u8; 32],
    /// Where.
    pub provider: IdentityProviderId,
    /// What has to be known to finish it, sealed.
    pub content: Vec<u8>,
    /// From when on it is worth nothing.
    pub expires_at: Instant,
}

#[macros::boxed]
impl Store {
    /// Keeps one that begins. Nobody's act yet: no audit line.
    ///
    /// # Errors
    /// If the database is not available, or the provider is gone.
    pub async fn put_sign_in_attempt(&self, attempt: &SignInAttempt) -> Result<()> {
        let row = ActiveModel {
            state_hash: Set(attempt.state_hash.to_vec()),
            browser_hash: Set(attempt.browser_hash.to_vec()),
            identity_provider_id: Set(attempt.provider.0),
            content: Set(attempt.content.clone()),
            expires_at: Set(attempt.expires_at.micros()),
        };
        Entity::insert(row).exec_without_returning(self.writer()).await?;
        Ok(())
    }

    /// Takes one out, by what came back and what the browser has: of several who try at once exactly one gets it. In
    /// another browser it is not there, and stays.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn take_sign_in_attempt(
        &self,
        state_hash: &[u8; 32],
        browser_hash: &[u8; 32],
        now: Instant,
    ) -> Result<Option<SignInAttempt>> {
        let mine = Column::BrowserHash.eq(browser_hash.to_vec());
        let select = Entity::find_by_id(state_hash.to_vec()).filter(mine.clone());
        let Some(row) = select.one(self.writer()).await? else { return Ok(None) };
        let taken = Entity::delete_many()
            .filter(Column::StateHash.eq(state_hash.to_vec()))
            .filter(mine)
            .exec(self.writer())
            .await?;
        let counts = taken.rows_affected == 1 && now.micros() < row.expires_at;
        Ok(counts.then(|| SignInAttempt {
            state_hash: *state_hash,
            browser_hash: *browser_hash,
            provider: IdentityProviderId(row.identity_provider_id),
            content: row.content,
            expires_at: Instant::from_micros(row.expires_at),
        }))
    }

    /// Removes those that nobody has finished in time.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sweep_sign_in_attempts(&self, now: Instant) -> Result<u64> {
        let over = Column::ExpiresAt.lte(now.micros());
        Ok(Entity::delete_many().filter(over).exec(self.writer()).await?.rows_affected)
    }
}
