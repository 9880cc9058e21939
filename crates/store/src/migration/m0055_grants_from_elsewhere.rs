//! Grants say where the person had signed in for them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid_null;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = uuid_null("identity_provider_id");
        manager.alter_table(Table::alter().table("oauth_grants").add_column(column).to_owned()).await
    }
}
