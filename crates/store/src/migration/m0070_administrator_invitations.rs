//! Invitations to run this installation.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, string, string_null, uuid_null};

use super::{index, noun_table, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = "administrator_invitations";
        let invitations = noun_table(table)
            .col(string("recipient"))
            .col(string("role"))
            .col(uuid_null("gateway_id"))
            .col(binary("secret_hash"))
            .col(string_null("open_key"))
            .col(string("invited_by_kind"))
            .col(uuid_null("invited_by_id"))
            .col(string("state"))
            .col(big_integer("expires_at"))
            .col(uuid_null("administrator_id"))
            .foreign_key(&mut reference(table, "gateway_id", "gateways", ForeignKeyAction::Cascade))
            .to_owned();
        manager.create_table(invitations).await?;
        manager.create_index(index(table, &["secret_hash"], true)).await?;
        manager.create_index(index(table, &["open_key"], true)).await?;
        manager.create_index(index(table, &["gateway_id"], false)).await?;
        manager.create_index(index(table, &["expires_at"], false)).await
    }
}
