//! How many calls were decided how, for whom, by time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, uuid};

use super::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign keys: what was called stays counted when it is gone. No id is null, since nulls are not unique.
        let table = "usage_counts";
        let usage = Table::create()
            .table(table)
            .col(integer("step_s"))
            .col(big_integer("began_at"))
            .col(uuid("application_id"))
            .col(uuid("api_version_id"))
            .col(uuid("plan_id"))
            .col(integer("status"))
            .col(string("reason"))
            .col(big_integer("calls"))
            .primary_key(
                Index::create()
                    .col("step_s")
                    .col("began_at")
                    .col("application_id")
                    .col("api_version_id")
                    .col("plan_id")
                    .col("status")
                    .col("reason"),
            )
            .to_owned();
        manager.create_table(usage).await?;
        manager.create_index(index(table, &["application_id", "step_s", "began_at"], false)).await
    }
}
