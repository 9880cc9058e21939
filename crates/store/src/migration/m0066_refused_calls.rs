//! Calls that gateways were told to refuse: for whoever asks later why.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, string, string_null, uuid, uuid_null};

use super::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Nobody else's rows are referred to: why it was refused can be asked when what it was about is gone.
        let calls = Table::create()
            .table("refused_calls")
            .col(uuid("id").primary_key())
            .col(big_integer("at"))
            .col(integer("status"))
            .col(string("reason"))
            .col(uuid_null("application_id"))
            .col(uuid_null("api_version_id"))
            .col(string("method"))
            .col(string("host"))
            .col(string("path"))
            .col(string_null("address"))
            .to_owned();
        manager.create_table(calls).await?;
        manager.create_index(index("refused_calls", &["application_id", "id"], false)).await
    }
}
