//! Those who run this installation have roles, and can be shut out.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, string_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [string_null("role"), big_integer_null("disabled_at")] {
            let table = Table::alter().table("administrators").add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        // Who takes the last administrator away waits for the others who do.
        let lock = Query::insert()
            .into_table("locks")
            .columns(["name"])
            .values_panic(["administrators".into()])
            .to_owned();
        manager.execute(lock).await
    }
}
