//! What third parties' gateways report of calls that they let through.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, json_binary, uuid, uuid_null};

use super::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Nobody else's rows are referred to: a report stays when what it is about is gone.
        let reports = Table::create()
            .table("usage_reports")
            .col(uuid("id").primary_key())
            .col(big_integer("at"))
            .col(uuid_null("gateway_id"))
            .col(uuid_null("application_id"))
            .col(uuid_null("api_id"))
            .col(json_binary("call"))
            .to_owned();
        manager.create_table(reports).await?;
        manager.create_index(index("usage_reports", &["application_id"], false)).await?;
        manager.create_index(index("usage_reports", &["at"], false)).await
    }
}
