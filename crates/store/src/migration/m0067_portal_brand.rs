//! The portal's colour, and the links at the foot of its pages.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{json_binary, string_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let links = json_binary("links").default("[]").to_owned();
        manager
            .alter_table(Table::alter().table("portals").add_column(string_null("accent")).to_owned())
            .await?;
        manager.alter_table(Table::alter().table("portals").add_column(links).to_owned()).await
    }
}
