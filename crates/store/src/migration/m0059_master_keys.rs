//! Master keys that are replaced, and keys that outlive them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, binary, integer_null, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = big_integer_null("used_since");
        manager.alter_table(Table::alter().table("master_key").add_column(column).to_owned()).await?;
        let column = integer_null("master_key");
        manager.alter_table(Table::alter().table("nodes").add_column(column).to_owned()).await?;
        let mut table = Table::create();
        table.table("kept_keys").col(text("name").primary_key()).col(binary("sealed"));
        manager.create_table(table).await
    }
}
