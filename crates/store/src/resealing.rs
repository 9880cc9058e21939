//! What is sealed is read and put back, for whoever seals it anew.

use domain::{
    AuthStrategy, Credential, CredentialKind, ExternalToken, Factor, HoldsSealed, IdentityProvider,
    SigningKey, WebhookEndpoint,
};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, DatabaseTransaction, QueryOrder, QuerySelect, TransactionTrait};

use crate::connect::immediate;
use crate::record::word;
use crate::{
    Read, Record, Result, Store, auth_strategy, credential, external_token, factor, idempotency,
    identity_provider, mail, master_key, sign_in_attempt, signing_key, webhook_endpoint,
};

/// A noun in which something is sealed, in some of its rows.
pub trait Resealed: Record + HoldsSealed {
    /// Which rows.
    fn rows() -> Condition;
}

impl Resealed for SigningKey {
    fn rows() -> Condition {
        Condition::all().add(signing_key::Column::SealedPrivate.is_not_null())
    }
}

impl Resealed for ExternalToken {
    fn rows() -> Condition {
        Condition::all().add(external_token::Column::Sealed.is_not_null())
    }
}

impl Resealed for AuthStrategy {
    fn rows() -> Condition {
        Condition::all().add(auth_strategy::Column::BridgeKey.is_not_null())
    }
}

impl Resealed for Factor {
    fn rows() -> Condition {
        Condition::all().add(factor::Column::Secret.ne(Vec::<u8>::new()))
    }
}

impl Resealed for IdentityProvider {
    fn rows() -> Condition {
        Condition::all().add(identity_provider::Column::ClientSecret.is_not_null())
    }
}

impl Resealed for Credential {
    fn rows() -> Condition {
        Condition::all().add(credential::Column::Kind.eq(word(CredentialKind::External)))
    }
}

impl Resealed for WebhookEndpoint {
    fn rows() -> Condition {
        Condition::all().add(webhook_endpoint::Column::Secrets.is_not_null())
    }
}

/// A value that is sealed in a column of its own, in a row that is no noun.
#[derive(Clone, Debug)]
pub struct SealedCell {
    key: CellKey,
    /// The value as it is now.
    pub sealed: Vec<u8>,
}

/// Where such a value is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellKey {
    /// The text of a mail.
    Mail(Uuid),
    /// The secret that a repeated create shows again.
    Claim(Vec<u8>),
    /// A key that outlives its master key.
    KeptKey(String),
    /// What has to be known to finish a sign-in elsewhere: by its state, at a provider.
    SignIn(Vec<u8>, Uuid),
}

/// Where values are sealed in columns of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// The texts of mails.
    Mails,
    /// The secrets that repeated creates show again.
    Claims,
    /// Keys that outlive their master keys.
    KeptKeys,
    /// Sign-ins that are under way elsewhere.
    SignIns,
}

impl Cells {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mails, Self::Claims, Self::KeptKeys, Self::SignIns];
}

impl SealedCell {
    /// Where it is.
    pub fn key(&self) -> &CellKey {
        &self.key
    }
}

#[macros::boxed]
impl Read<'_> {
    /// Nouns in which something is sealed, in the order of their ids; what cannot be read is left out and counted.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn holders<T: Resealed>(
        &self,
        after: Option<Uuid>,
        limit: u64,
    ) -> Result<(Vec<T>, Option<Uuid>, u64)>
    where
        <T::Entity as EntityTrait>::Model: Sync,
    {
        let mut select = T::Entity::find().filter(T::rows()).order_by_asc(T::ID).limit(limit);
        if let Some(after) = after {
            select = select.filter(T::ID.gt(after));
        }
        let rows = select.all(&self.0).await?;
        let last = (rows.len() as u64 == limit).then(|| rows.last().map(id_of::<T>)).flatten();
        let (mut nouns, mut unreadable) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            match T::from_row(row) {
                Ok(noun) => nouns.push(noun),
                Err(error) => {
                    tracing::warn!(%error, "a row cannot be read; what is sealed in it stays as it is");
                    unreadable += 1;
                }
            }
        }
        Ok((nouns, last, unreadable))
    }

    /// Values that are sealed in columns of their own, in the order of their keys.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn sealed_cells(
        &self,
        cells: Cells,
        after: Option<&CellKey>,
        limit: u64,
    ) -> Result<Vec<SealedCell>> {
        let cell = |key: CellKey, sealed: Vec<u8>| SealedCell { key, sealed };
        Ok(match cells {
            Cells::Mails => {
                let mut select = mail::Entity::find().select_only();
                select = select.column(mail::Column::Id).column(mail::Column::Body);
                if let Some(CellKey::Mail(after)) = after {
                    select = select.filter(mail::Column::Id.gt(*after));
                }
                let rows: Vec<(Uuid, Vec<u8>)> =
                    select.order_by_asc(mail::Column::Id).limit(limit).into_tuple().all(&self.0).await?;
                rows.into_iter().map(|(id, body)| cell(CellKey::Mail(id), body)).collect()
            }
            Cells::Claims => {
                use idempotency::{Column, Entity};
                let mut select = Entity::find().filter(Column::SealedSecret.is_not_null());
                if let Some(CellKey::Claim(after)) = after {
                    select = select.filter(Column::Key.gt(after.clone()));
                }
                let rows = select.order_by_asc(Column::Key).limit(limit).all(&self.0).await?;
                let sealed = |row: idempotency::Model| {
                    cell(CellKey::Claim(row.key), row.sealed_secret.unwrap_or_default())
                };
                rows.into_iter().map(sealed).collect()
            }
            Cells::KeptKeys => {
                use master_key::kept::{Column, Entity};
                let mut select = Entity::find();
                if let Some(CellKey::KeptKey(after)) = after {
                    select = select.filter(Column::Name.gt(after.clone()));
                }
                let rows = select.order_by_asc(Column::Name).limit(limit).all(&self.0).await?;
                rows.into_iter().map(|row| cell(CellKey::KeptKey(row.name), row.sealed)).collect()
            }
            Cells::SignIns => {
                use sign_in_attempt::{Column, Entity};
                let mut select = Entity::find();
                if let Some(CellKey::SignIn(after, _)) = after {
                    select = select.filter(Column::StateHash.gt(after.clone()));
                }
                let rows = select.order_by_asc(Column::StateHash).limit(limit).all(&self.0).await?;
                let sealed = |row: sign_in_attempt::Model| {
                    cell(CellKey::SignIn(row.state_hash, row.identity_provider_id), row.content)
                };
                rows.into_iter().map(sealed).collect()
            }
        })
    }
}

#[macros::boxed]
impl Store {
    /// Puts nouns back in which something was sealed anew: no new version, since nothing else changed. One that somebody
    /// saved in between stays as that left it. Returns how many were put back.
    ///
    /// # Errors
    /// If the database is not available; then none was.
    pub async fn put_holders<T: Resealed>(&self, nouns: &[T]) -> Result<u64> {
        let tx = self.writer().begin_with_options(immediate()).await?;
        let mut put = 0;
        for noun in nouns {
            let mut row = noun.to_row();
            sea_orm::ActiveModelTrait::not_set(&mut row, T::ID);
            let update = T::Entity::update_many()
                .set(row)
                .filter(T::ID.eq(noun.id()))
                .filter(T::VERSION.eq(noun.meta().version))
                .exec(&tx)
                .await?;
            put += update.rows_affected;
        }
        tx.commit().await?;
        Ok(put)
    }

    /// Puts values back that were sealed anew, each unless it was changed in between. Returns how many were put back.
    ///
    /// # Errors
    /// If the database is not available; then none was.
    pub async fn put_sealed_cells(&self, fresh: &[(SealedCell, Vec<u8>)]) -> Result<u64> {
        let tx = self.writer().begin_with_options(immediate()).await?;
        let mut put = 0;
        for (old, sealed) in fresh {
            put += put_cell(&tx, old, sealed).await?;
        }
        tx.commit().await?;
        Ok(put)
    }
}

async fn put_cell(tx: &DatabaseTransaction, old: &SealedCell, sealed: &[u8]) -> Result<u64> {
    let (was, sealed) = (old.sealed.clone(), Expr::value(sealed.to_vec()));
    let update = match &old.key {
        CellKey::Mail(id) => {
            use mail::{Column, Entity};
            let update = Entity::update_many().col_expr(Column::Body, sealed);
            update.filter(Column::Id.eq(*id)).filter(Column::Body.eq(was)).exec(tx).await?
        }
        CellKey::Claim(key) => {
            use idempotency::{Column, Entity};
            let update = Entity::update_many().col_expr(Column::SealedSecret, sealed);
            let update = update.filter(Column::Key.eq(key.clone()));
            update.filter(Column::SealedSecret.eq(was)).exec(tx).await?
        }
        CellKey::KeptKey(name) => {
            use master_key::kept::{Column, Entity};
            let update = Entity::update_many().col_expr(Column::Sealed, sealed);
            update.filter(Column::Name.eq(name.as_str())).filter(Column::Sealed.eq(was)).exec(tx).await?
        }
        CellKey::SignIn(state, _) => {
            use sign_in_attempt::{Column, Entity};
            let update = Entity::update_many().col_expr(Column::Content, sealed);
            let update = update.filter(Column::StateHash.eq(state.clone()));
            update.filter(Column::Content.eq(was)).exec(tx).await?
        }
    };
    Ok(update.rows_affected)
}

/// The id of a row that may be one of which nothing else can be read.
fn id_of<T: Record>(row: &<T::Entity as EntityTrait>::Model) -> Uuid {
    match sea_orm::ModelTrait::get(row, T::ID) {
        sea_orm::Value::Uuid(Some(id)) => id,
        _ => Uuid::nil(),
    }
}
