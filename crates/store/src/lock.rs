//! Locks that make transactions come one after the other where a rule looks at several rows. Each is a row that is
//! written without a change: PostgreSQL lets one at a time do so until the end of its transaction, and SQLite has one
//! writer anyway. They are taken before any other row is written, so that nobody waits in a circle.

use domain::{AdministratorId, ApplicationId, DeveloperId, IdentityProviderId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::{Result, Tx, administrator, application, developer, identity_provider, token_definition};

/// Things to lock that have no row of their own.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "locks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[macros::boxed]
impl Tx {
    /// For those who count or change what belongs to a developer.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_developer(&self, id: DeveloperId) -> Result<()> {
        use developer::{Column, Entity};
        self.lock::<Entity>(Column::UpdatedAt, Column::Id.eq(id.0)).await
    }

    /// For those who count or change what belongs to an administrator.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_administrator(&self, id: AdministratorId) -> Result<()> {
        use administrator::{Column, Entity};
        self.lock::<Entity>(Column::UpdatedAt, Column::Id.eq(id.0)).await
    }

    /// For those who count what belongs to an application.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_application(&self, id: ApplicationId) -> Result<()> {
        use application::{Column, Entity};
        self.lock::<Entity>(Column::UpdatedAt, Column::Id.eq(id.0)).await
    }

    /// For those who let people of a provider in, and those who end that.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_identity_provider(&self, id: IdentityProviderId) -> Result<()> {
        use identity_provider::{Column, Entity};
        self.lock::<Entity>(Column::UpdatedAt, Column::Id.eq(id.0)).await
    }

    /// For those who compare all API versions.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_catalogue(&self) -> Result<()> {
        self.lock::<Entity>(Column::Name, Column::Name.eq("catalogue")).await
    }

    /// For those who see to it that an administrator remains.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_administrators(&self) -> Result<()> {
        self.lock::<Entity>(Column::Name, Column::Name.eq("administrators")).await
    }

    /// For those who make signing keys or move them on: the row of the default definition is always there.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn lock_signing_keys(&self) -> Result<()> {
        use token_definition::{Column, Entity};
        self.lock::<Entity>(Column::UpdatedAt, Column::IsDefault.eq(true)).await
    }

    async fn lock<E: EntityTrait>(&self, untouched: E::Column, which: Expr) -> Result<()> {
        E::update_many().col_expr(untouched, Expr::col(untouched)).filter(which).exec(&self.inner).await?;
        Ok(())
    }
}
