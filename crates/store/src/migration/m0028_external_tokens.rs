//! Tokens that third parties made for developers, and how they were asked for.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, boolean, json_binary, string, uuid, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let cascade = ForeignKeyAction::Cascade;
        let tokens = noun_table("external_tokens")
            .col(uuid("developer_id"))
            .col(string("application_name"))
            .col(string("kind"))
            .col(binary("sealed"))
            .col(string("state"))
            .col(boolean("maybe_duplicate"))
            .foreign_key(&mut reference("external_tokens", "developer_id", "developers", cascade))
            .to_owned();
        manager.create_table(tokens).await?;
        manager.create_index(index("external_tokens", &["developer_id"], false)).await?;

        let forms = noun_table("token_forms")
            .col(uuid("api_version_id"))
            .col(json_binary("fields"))
            .foreign_key(&mut reference("token_forms", "api_version_id", "api_versions", cascade))
            .to_owned();
        manager.create_table(forms).await?;
        manager.create_index(index("token_forms", &["api_version_id"], true)).await?;

        let requests = noun_table("token_requests")
            .col(uuid("developer_id"))
            .col(uuid("api_version_id"))
            .col(string("application_name"))
            .col(json_binary("values"))
            .col(uuid_null("token_id"))
            .foreign_key(&mut reference("token_requests", "developer_id", "developers", cascade))
            .foreign_key(&mut reference("token_requests", "api_version_id", "api_versions", cascade))
            .to_owned();
        manager.create_table(requests).await?;
        manager.create_index(index("token_requests", &["developer_id"], false)).await?;
        manager.create_index(index("token_requests", &["api_version_id"], false)).await?;
        manager.create_index(index("token_requests", &["token_id"], false)).await
    }
}
