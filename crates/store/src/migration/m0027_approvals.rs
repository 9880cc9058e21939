//! Who has to approve what, and what they said.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, integer, json_binary, string, uuid, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let flows = noun_table("approval_flows")
            .col(string("name"))
            .col(string("name_key"))
            .col(string("description"))
            .col(json_binary("steps"))
            .to_owned();
        manager.create_table(flows).await?;
        manager.create_index(index("approval_flows", &["name_key"], true)).await?;

        // There is one policy: its scope is always the same word, which two cannot have.
        let policies = noun_table("approval_policies")
            .col(string("scope"))
            .col(boolean("for_increase"))
            .col(json_binary("steps"))
            .to_owned();
        manager.create_table(policies).await?;
        manager.create_index(index("approval_policies", &["scope"], true)).await?;

        let approvals = noun_table("approvals")
            .col(uuid("request_id"))
            .col(json_binary("stages"))
            .col(integer("at"))
            .col(string("state"))
            .col(string("comment"))
            .col(uuid_null("link_id"))
            .foreign_key(&mut reference("approvals", "request_id", "requests", ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(approvals).await?;
        manager.create_index(index("approvals", &["request_id"], true)).await?;
        manager.create_index(index("approvals", &["link_id"], true)).await?;
        manager.create_index(index("approvals", &["state"], false)).await
    }
}
