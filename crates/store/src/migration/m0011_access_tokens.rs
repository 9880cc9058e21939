//! Access tokens that are looked up, those that were ended before their time, and assertions that were used.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, json_binary, uuid, uuid_null};

use super::{index, noun_table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No references: there are thousands of rows a second, and a token without its client is worth nothing anyway.
        let tokens = Table::create()
            .table("access_tokens")
            .col(ColumnDef::new("id").uuid().not_null().primary_key())
            .col(binary("hash"))
            .col(uuid("client_id"))
            .col(uuid_null("grant_id"))
            .col(big_integer("expires_at"))
            .col(json_binary("details"))
            .to_owned();
        manager.create_table(tokens).await?;
        manager.create_index(index("access_tokens", &["expires_at"], false)).await?;

        let by_uuid = Table::create()
            .table("access_token_uuids")
            .col(ColumnDef::new("hash").binary().not_null().primary_key())
            .col(uuid("token_id"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(by_uuid).await?;
        manager.create_index(index("access_token_uuids", &["expires_at"], false)).await?;

        let revoked = noun_table("revoked_tokens")
            .col(uuid("client_id"))
            .col(uuid("application_id"))
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(revoked).await?;
        manager.create_index(index("revoked_tokens", &["expires_at"], false)).await?;

        let assertions = Table::create()
            .table("used_assertions")
            .col(ColumnDef::new("key").binary().not_null().primary_key())
            .col(big_integer("expires_at"))
            .to_owned();
        manager.create_table(assertions).await?;
        manager.create_index(index("used_assertions", &["expires_at"], false)).await
    }
}
