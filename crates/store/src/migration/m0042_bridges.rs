//! Clients that other authorization servers made for applications, by way of bridges, and what the bridges are to be
//! told of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary_null, json_binary, string, uuid, uuid_null};

use super::{index, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = Table::alter().table("auth_strategies").add_column(binary_null("bridge_key")).to_owned();
        manager.alter_table(key).await?;

        let table = "bridge_clients";
        // However an application goes, its client is still known, and removed where it was made.
        let (gone, held) = (ForeignKeyAction::SetNull, ForeignKeyAction::Restrict);
        let clients = Table::create()
            .table(table)
            .col(uuid("id").primary_key())
            .col(uuid("auth_strategy_id"))
            .col(uuid_null("application_id"))
            .col(string("client_id"))
            .col(big_integer("made_at"))
            .col(big_integer("due_at"))
            .col(big_integer("attempts"))
            .foreign_key(&mut reference(table, "auth_strategy_id", "auth_strategies", held))
            .foreign_key(&mut reference(table, "application_id", "applications", gone))
            .to_owned();
        manager.create_table(clients).await?;
        manager.create_index(index(table, &["application_id"], true)).await?;
        manager.create_index(index(table, &["auth_strategy_id", "client_id"], true)).await?;

        let table = "bridge_notices";
        let notices = Table::create()
            .table(table)
            .col(uuid("id").primary_key())
            .col(uuid("bridge_client_id"))
            .col(json_binary("body"))
            .col(big_integer("due_at"))
            .col(big_integer("attempts"))
            .foreign_key(&mut reference(
                table,
                "bridge_client_id",
                "bridge_clients",
                ForeignKeyAction::Cascade,
            ))
            .to_owned();
        manager.create_table(notices).await?;
        manager.create_index(index(table, &["bridge_client_id"], false)).await
    }
}
